#include "slm_lab/search/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slm_lab/search/forest.h"
#include "slm_lab/search/scale.h"

namespace slm {
namespace {

constexpr int kTrees = 64;

double size_of(const Leaf& leaf) {
  double product = 1;
  for (const Extent& extent : leaf.extents) product *= extent.size();
  return product;
}

/// The variance of the mean prediction at each choice, the other dimensions averaged out.
double choice_variance(std::span<const Leaf> leaves, std::size_t d, double mean) {
  std::vector<double> prediction(leaves[0].extents[d].choices.size());
  for (const Leaf& leaf : leaves) {
    const double share = leaf.value * size_of(leaf) / leaf.extents[d].size();
    for (std::size_t choice = 0; choice < prediction.size(); ++choice)
      if (leaf.extents[d].choices[choice]) prediction[choice] += share;
  }
  double variance = 0;
  for (const double at : prediction) variance += (at - mean) * (at - mean) / static_cast<double>(prediction.size());
  return variance;
}

/// The same along a number: the mean prediction changes only at the ends of leaves.
double number_variance(std::span<const Leaf> leaves, std::size_t d, double mean) {
  std::vector<std::pair<double, double>> changes;  // where, and by how much
  for (const Leaf& leaf : leaves) {
    const double share = leaf.value * size_of(leaf) / leaf.extents[d].size();
    changes.emplace_back(leaf.extents[d].low, share);
    changes.emplace_back(leaf.extents[d].high, -share);
  }
  std::ranges::sort(changes);
  double variance = 0, prediction = 0;
  for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
    prediction += changes[i].second;
    variance += (changes[i + 1].first - changes[i].first) * (prediction - mean) * (prediction - mean);
  }
  return variance;
}

double share_at(const SearchDimension& dimension, double number) {
  return dimension.distribution == SearchDistribution::choice ? number : scale_of(dimension).share_of(number);
}

}  // namespace

std::vector<double> main_effects(std::span<const Leaf> leaves) {
  double mean = 0, variance = 0;
  for (const Leaf& leaf : leaves) mean += leaf.value * size_of(leaf);
  for (const Leaf& leaf : leaves) variance += (leaf.value - mean) * (leaf.value - mean) * size_of(leaf);
  std::vector<double> shares(leaves[0].extents.size());
  if (!(variance > 0)) return shares;
  for (std::size_t d = 0; d < shares.size(); ++d) {
    const bool is_choice = !leaves[0].extents[d].choices.empty();
    shares[d] = (is_choice ? choice_variance(leaves, d, mean) : number_variance(leaves, d, mean)) / variance;
  }
  return shares;
}

std::vector<double> parameter_importance(std::span<const SearchDimension> space, std::span<const PastTrial> trials,
                                         std::uint64_t seed) {
  std::vector<int> num_choices;
  for (const SearchDimension& dimension : space) num_choices.push_back(static_cast<int>(dimension.choices.size()));
  std::vector<Observation> observations;
  for (const PastTrial& trial : trials) {
    if (trial.state != TrialState::complete || !std::isfinite(trial.value)) continue;
    Observation& observation = observations.emplace_back(Observation{{}, trial.value});
    for (std::size_t d = 0; d < space.size(); ++d) observation.at.push_back(share_at(space[d], trial.parameters[d]));
  }
  std::vector<double> sums(space.size());
  if (observations.empty()) return sums;
  for (int tree = 0; tree < kTrees; ++tree) {
    Rng rng = Streams(seed, 0, 0).stream("search_importance", static_cast<std::uint64_t>(tree));
    const std::vector<double> effects = main_effects(grow_tree(observations, num_choices, rng));
    for (std::size_t d = 0; d < sums.size(); ++d) sums[d] += effects[d];
  }
  const double all = std::accumulate(sums.begin(), sums.end(), 0.0);
  if (all > 0)
    for (double& sum : sums) sum /= all;
  return sums;
}

}  // namespace slm
