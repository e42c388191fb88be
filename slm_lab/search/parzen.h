#pragma once

#include <span>
#include <variant>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/search/scale.h"
#include "slm_lab/search/search_point.h"

namespace slm {

/// How wide the kernels of numbers are.
enum class Bandwidth {
  neighbours,  ///< as far as the further of the two neighbours (Bergstra et al. 2011)
  shared,      ///< all alike, by Scott's rule: narrower with more trials, wider with more dimensions
};

/// The probability of one number: a truncated normal distribution around each observation, on the dimension's line, and
/// as prior one over the whole line (of a normal dimension: itself). Quantised numbers have the mass of their cell.
class NumberKernels {
 public:
  /// `num_dimensions`: of the whole space, for Scott's rule.
  NumberKernels(const SearchDimension& dimension, std::span<const double> observed, Bandwidth bandwidth,
                int num_dimensions);
  double sample(std::size_t kernel, Rng& rng) const;
  double log_density(std::size_t kernel, double number) const;
  const std::vector<double>& sigmas() const { return sigma_; }

 private:
  Scale scale_;
  std::vector<double> mu_, sigma_;     // (observations + 1): the prior last
  std::vector<double> below_, share_;  // of each kernel's whole bell: left of the line, on the line
};

/// The probability of one choice: each observation favours its own.
class ChoiceKernels {
 public:
  ChoiceKernels(const SearchDimension& dimension, std::span<const double> observed);
  double sample(std::size_t kernel, Rng& rng) const;
  double log_density(std::size_t kernel, double number) const;

 private:
  std::size_t num_choices_;
  std::vector<double> observed_;
};

/// A density over parameters, made of observed ones: a mixture with one kernel per observation, those before the newest
/// 25 with less weight, and a prior.
class ParzenEstimator {
 public:
  /// `observed` in the order of their trials.
  ParzenEstimator(std::span<const SearchDimension> space, std::span<const SearchPoint> observed, Bandwidth bandwidth);
  SearchPoint sample(Rng& rng) const;
  double log_density(const SearchPoint& parameters) const;

 private:
  std::vector<double> log_weights_, weights_until_;  // of the kernels; the latter summed up to each
  std::vector<std::variant<NumberKernels, ChoiceKernels>> dimensions_;
};

}  // namespace slm
