#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/parameters.h"

namespace slm {

// A batch goes through a net in pieces of a fixed number of rows, over threads where that pays. What a piece comes to
// does not depend on who takes it.

/// Multiplications and additions of one pass of a batch from which on threads share it: some 10 us of one core, where
/// to hand work over takes 5 (bench/net_bench.cc).
inline constexpr std::int64_t kWorthSharing = 500'000;

struct Piece {
  int first, n;  // rows
};

/// Images of a batch whose gradients are added up in one buffer.
inline constexpr int kImagesOfSum = 16;

inline int num_pieces(int n, int size) { return (n + size - 1) / size; }

/// Threads of `pool` (none: nullptr) that share n rows in pieces of `size`, at `row_work` multiplications and additions
/// a row.
inline int num_sharing(const ThreadPool* pool, int n, int size, std::int64_t row_work) {
  if (pool == nullptr || n * row_work < kWorthSharing) return 1;
  return std::clamp(num_pieces(n, size), 1, pool->size());
}

/// Calls task(index of the piece, the piece, thread from 0 to num_threads - 1) for every piece.
template <class Task>
void for_each_piece(ThreadPool* pool, int num_threads, int n, int size, const Task& task) {
  const int pieces = num_pieces(n, size);
  const auto run = [&](int thread) {
    for (int index = thread; index < pieces; index += num_threads) {
      const int first = index * size;
      task(index, Piece{first, std::min(size, n - first)}, thread);
    }
  };
  if (num_threads == 1)
    run(0);
  else
    pool->run(num_threads, run);
}

/// The sum of what each piece of a batch comes to, say a gradient: each is computed in a buffer of its own, and they
/// are added in their order, so that the bits are the same with any number of threads.
class PieceSums {
 public:
  /// Calls task(the piece, what it overwrites, thread) for every piece, as for_each_piece does; `sum` is their sum.
  template <class Task>
  void run(ThreadPool* pool, int num_threads, int n, int size, std::span<float> sum, const Task& task) {
    const int pieces = num_pieces(n, size);
    const bool shared = num_threads > 1;  // else one buffer serves all pieces but the first
    make_room(shared ? pieces - 1 : std::min(pieces - 1, 1), sum.size());
    for_each_piece(pool, num_threads, n, size, [&](int index, Piece piece, int thread) {
      float* const to = index == 0 ? sum.data() : of_others_[shared ? static_cast<std::size_t>(index - 1) : 0].data();
      task(piece, to, thread);
      if (!shared && index > 0) add_to(sum, to);
    });
    if (shared) add_in_order(*pool, pieces - 1, sum);
  }

 private:
  static void add_to(std::span<float> sum, const float* term);
  void make_room(int buffers, std::size_t size);
  void add_in_order(ThreadPool& pool, int num_others, std::span<float> sum);

  std::vector<AlignedBuffer> of_others_;  // of all pieces but the first
};

}  // namespace slm
