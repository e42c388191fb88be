#include "slm_lab/base/rng.h"
#include "slm_lab/search/samplers.h"
#include "slm_lab/search/scale.h"

namespace slm {
namespace {

class RandomSampler final : public Sampler {
 public:
  RandomSampler(std::vector<SearchDimension> space, std::uint64_t seed) : space_(std::move(space)), seed_(seed) {}
  std::optional<SearchPoint> sample(int trial, int attempt, std::span<const PastTrial>) const override {
    return random_parameters(space_, seed_, trial, attempt);
  }
  bool reads_past() const override { return false; }

 private:
  std::vector<SearchDimension> space_;
  std::uint64_t seed_;
};

}  // namespace

Rng sampler_stream(std::uint64_t seed, int trial, int attempt) {
  return Streams(seed, static_cast<std::uint64_t>(trial), 0)
      .stream("search_sampler", static_cast<std::uint64_t>(attempt));
}

SearchPoint random_parameters(const std::vector<SearchDimension>& space, std::uint64_t seed, int trial, int attempt) {
  Rng rng = sampler_stream(seed, trial, attempt);
  SearchPoint drawn;
  for (const SearchDimension& dimension : space)
    drawn.push_back(number_at(dimension, rng.random() + 0x1p-54));  // in the middle of what random() may be: never 0
  return drawn;
}

std::unique_ptr<Sampler> make_random_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed) {
  return std::make_unique<RandomSampler>(space, seed);
}

}  // namespace slm
