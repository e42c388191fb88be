#include <algorithm>
#include <cmath>
#include <limits>

#include "slm_lab/base/rng.h"
#include "slm_lab/search/parzen.h"
#include "slm_lab/search/samplers.h"

namespace slm {
namespace {

constexpr std::size_t kStartupTrials = 10;  // drawn at random
constexpr int kCandidates = 24;
constexpr std::size_t kMostGood = 25;

/// What the trials that have a value tried, those of the best tenth apart, each in the order of the trials.
struct Tried {
  std::vector<SearchPoint> good, others;
};

Tried split(const std::vector<const PastTrial*>& trials) {
  const auto num_good = std::min<std::size_t>((trials.size() + 9) / 10, kMostGood);
  std::vector<std::size_t> order(trials.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return trials[i]->value; });
  std::vector<bool> is_good(trials.size());
  for (std::size_t i = 0; i < num_good; ++i) is_good[order[i]] = true;
  Tried out;
  for (std::size_t i = 0; i < trials.size(); ++i) (is_good[i] ? out.good : out.others).push_back(trials[i]->parameters);
  return out;
}

/// Of kCandidates draws from where good trials are dense the one with the largest ratio of the densities, which is the
/// one of largest expected improvement (Bergstra et al. 2011, eq. 1 and section 4).
SearchPoint best_candidate(std::span<const SearchDimension> space, const Tried& tried, Bandwidth bandwidth, Rng& rng) {
  const ParzenEstimator good(space, tried.good, bandwidth), others(space, tried.others, bandwidth);
  SearchPoint best;
  double largest = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < kCandidates; ++i) {
    SearchPoint candidate = good.sample(rng);
    const double ratio = good.log_density(candidate) - others.log_density(candidate);
    if (best.empty() || ratio > largest) {
      largest = ratio;
      best = std::move(candidate);
    }
  }
  return best;
}

Tried column(const Tried& tried, std::size_t d) {
  Tried out;
  for (const SearchPoint& parameters : tried.good) out.good.push_back({parameters[d]});
  for (const SearchPoint& parameters : tried.others) out.others.push_back({parameters[d]});
  return out;
}

/// The tree-structured Parzen estimator (Bergstra et al. 2011) with the settings of Optuna's TPESampler, which Ray Tune
/// and so SLM-Lab use: each dimension by itself, or all together.
class TpeSampler final : public Sampler {
 public:
  TpeSampler(std::vector<SearchDimension> space, std::uint64_t seed, bool multivariate)
      : space_(std::move(space)), seed_(seed), multivariate_(multivariate) {}

  std::optional<SearchPoint> sample(int trial, int attempt, std::span<const PastTrial> past) const override {
    std::vector<const PastTrial*> trials;
    for (const PastTrial& one : past)
      if (one.state == TrialState::complete && !std::isnan(one.value)) trials.push_back(&one);
    if (trials.size() < kStartupTrials) return random_parameters(space_, seed_, trial, attempt);
    const Tried tried = split(trials);
    Rng rng = sampler_stream(seed_, trial, attempt);
    if (multivariate_) return best_candidate(space_, tried, Bandwidth::shared, rng);
    SearchPoint out;
    for (std::size_t d = 0; d < space_.size(); ++d)
      out.push_back(best_candidate({&space_[d], 1}, column(tried, d), Bandwidth::neighbours, rng)[0]);
    return out;
  }

 private:
  std::vector<SearchDimension> space_;
  std::uint64_t seed_;
  bool multivariate_;
};

}  // namespace

std::unique_ptr<Sampler> make_tpe_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed) {
  return std::make_unique<TpeSampler>(space, seed, false);
}

std::unique_ptr<Sampler> make_multivariate_tpe_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed) {
  return std::make_unique<TpeSampler>(space, seed, true);
}

}  // namespace slm
