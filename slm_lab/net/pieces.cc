#include "slm_lab/net/pieces.h"

namespace slm {

void PieceSums::add_to(std::span<float> sum, const float* term) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += term[i];
}

void PieceSums::make_room(int buffers, std::size_t size) {
  while (of_others_.size() < static_cast<std::size_t>(buffers)) of_others_.emplace_back(size);
}

/// Each thread adds up all pieces, in their order, in a part of the sum.
void PieceSums::add_in_order(ThreadPool& pool, int num_others, std::span<float> sum) {
  const auto parts = static_cast<std::size_t>(pool.size());
  const std::size_t part = (sum.size() + parts - 1) / parts;
  pool.run(pool.size(), [&](int thread) {
    const std::size_t first = std::min(static_cast<std::size_t>(thread) * part, sum.size());
    const std::size_t size = std::min(part, sum.size() - first);
    for (std::size_t other = 0; other < static_cast<std::size_t>(num_others); ++other)
      add_to(sum.subspan(first, size), of_others_[other].data() + first);
  });
}

}  // namespace slm
