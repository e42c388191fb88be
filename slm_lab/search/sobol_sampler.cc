#include "slm_lab/base/rng.h"
#include "slm_lab/search/samplers.h"
#include "slm_lab/search/scale.h"
#include "slm_lab/search/sobol.h"

namespace slm {
namespace {

/// The trials fill the space evenly: the points of the Sobol sequence, shifted by random bits of the seed (a digital
/// shift keeps what makes them even). A point that is not legal is replaced by a random one; dimensions beyond
/// kSobolDimensions are random.
class SobolSampler final : public Sampler {
 public:
  SobolSampler(std::vector<SearchDimension> space, std::uint64_t seed) : space_(std::move(space)), seed_(seed) {}

  std::optional<SearchPoint> sample(int trial, int attempt, std::span<const PastTrial>) const override {
    SearchPoint drawn = random_parameters(space_, seed_, trial, attempt);
    if (attempt > 0) return drawn;
    Rng shift = Streams(seed_, 0, 0).stream("sobol_shift");
    for (std::size_t d = 0; d < space_.size() && d < kSobolDimensions; ++d) {
      const auto shifted = sobol_bits(static_cast<std::uint32_t>(trial), static_cast<int>(d)) ^
                           static_cast<std::uint32_t>(shift.next() >> 32);
      drawn[d] = number_at(space_[d], (shifted + 0.5) * 0x1p-32);
    }
    return drawn;
  }
  bool reads_past() const override { return false; }

 private:
  std::vector<SearchDimension> space_;
  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<Sampler> make_sobol_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed) {
  return std::make_unique<SobolSampler>(space, seed);
}

}  // namespace slm
