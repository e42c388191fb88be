#pragma once

// The quantities of the papers, each from its definition, in double precision.

#include <numbers>

#include "tests/support/noise_env.h"

namespace slm {

/// V(next_obs) of each transition, 0 after the end of the task.
inline VectorD next_values_of(const Transitions& seen, const std::function<VectorD(const MatrixD&)>& critic) {
  VectorD values = critic(matrix_of(seen.next_obs));
  for (int i = 0; i < seen.size(); ++i) values[i] *= seen.goes_on(i);
  return values;
}

/// A_t = sum_l (gamma lam)^l delta_{t+l}, to the end of the episode or of what was seen.
inline VectorD gae_in_double(const Transitions& seen, const VectorD& values, const VectorD& next_values, double gamma,
                             double lam) {
  VectorD advantages = VectorD::Zero(seen.size());
  for (int i = 0; i < seen.size(); ++i) {
    double factor = 1;
    for (int j = i; j < seen.size(); j += seen.num_envs, factor *= gamma * lam) {
      advantages[i] += factor * (seen.reward(j) + gamma * next_values[j] - values[j]);
      if (seen.ended(j)) break;
    }
  }
  return advantages;
}

/// R_t = sum_l gamma^l r_{t+l} + gamma^(l+1) V(next_obs): the value where at most `num_steps` steps, the episode or
/// what was seen ends.
inline VectorD returns_in_double(const Transitions& seen, const VectorD& next_values, double gamma,
                                 int num_steps = std::numeric_limits<int>::max()) {
  VectorD returns = VectorD::Zero(seen.size());
  for (int i = 0; i < seen.size(); ++i) {
    double factor = 1;
    for (int j = i, k = 1;; j += seen.num_envs, ++k) {
      returns[i] += factor * seen.reward(j);
      factor *= gamma;
      if (k < num_steps && !seen.ended(j) && j + seen.num_envs < seen.size()) continue;
      returns[i] += factor * next_values[j];
      break;
    }
  }
  return returns;
}

/// Two continuous actions without bounds, or between bounds that a Normal of standard deviation 1 often leaves.
inline Space two_actions(bool bounded) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  return bounded ? Space::box({-1, 0}, {0.5f, 2}) : Space::box({-kInf, -kInf}, {kInf, kInf});
}
inline const std::string kBoundedKeys = R"(, "tanh_mean": true, "clamp_actions": true)";

/// What clamp_actions promises of what the agent stores.
inline bool some_on_the_bounds_and_none_beyond(const Transitions& seen, const Space& space) {
  int on_bounds = 0;
  for (const std::vector<double>& row : seen.actions)
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double low = space.low[j], high = space.high[j];
      if (row[j] < low || row[j] > high) return false;
      on_bounds += row[j] == low || row[j] == high ? 1 : 0;
    }
  return on_bounds > 0;
}

inline VectorD standardized(VectorD x) {
  x.array() -= x.mean();
  return x / (std::sqrt(x.squaredNorm() / static_cast<double>(x.size() - 1)) + 1e-8);
}

/// The derivative of log Gamma, of which central differences with this step leave out 1e-9.
inline double digamma_in_double(double x) { return (std::lgamma(x + 1e-4) - std::lgamma(x - 1e-4)) / 2e-4; }

/// log pi(a|s) and H(pi(.|s)) of each row, from outputs that are logits, or means beside log standard deviations; with
/// `bounds` the means are tanh of the outputs, -1 the lower bound and 1 the upper one, or with `beta` the outputs are
/// those of Beta distributions between them.
struct PolicyD {
  VectorD log_probs, entropy;
};
inline PolicyD policy_in_double(bool discrete, const MatrixD& outputs, const MatrixD& actions,
                                const std::optional<Space>& bounds = {}, bool beta = false) {
  PolicyD policy{VectorD::Zero(outputs.rows()), VectorD::Zero(outputs.rows())};
  constexpr double kLog2Pi = 1.8378770664093453;
  for (Eigen::Index i = 0; i < outputs.rows(); ++i) {
    if (discrete) {
      const double log_sum = std::log(outputs.row(i).array().exp().sum());
      policy.log_probs[i] = outputs(i, static_cast<Eigen::Index>(actions(i, 0))) - log_sum;
      for (Eigen::Index a = 0; a < outputs.cols(); ++a)
        policy.entropy[i] -= std::exp(outputs(i, a) - log_sum) * (outputs(i, a) - log_sum);
      continue;
    }
    const Eigen::Index dim = outputs.cols() / 2;
    for (Eigen::Index j = 0; j < dim; ++j) {
      double mean = outputs(i, j);
      if (bounds) {
        const auto at = static_cast<std::size_t>(j);
        const double share = (std::tanh(mean) + 1) / 2, low = bounds->low[at], high = bounds->high[at];
        mean = (1 - share) * low + share * high;
        if (beta) {
          const double a = 1 + std::log(1 + std::exp(outputs(i, j))),
                       b = 1 + std::log(1 + std::exp(outputs(i, dim + j)));
          const double x = (actions(i, j) - low) / (high - low),
                       log_b = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
          policy.log_probs[i] += (a - 1) * std::log(x) + (b - 1) * std::log(1 - x) - log_b - std::log(high - low);
          policy.entropy[i] += log_b - (a - 1) * digamma_in_double(a) - (b - 1) * digamma_in_double(b) +
                               (a + b - 2) * digamma_in_double(a + b) + std::log(high - low);
          continue;
        }
      }
      const double std = std::exp(outputs(i, dim + j)), z = (actions(i, j) - mean) / std;
      policy.log_probs[i] += -z * z / 2 - std::log(std) - kLog2Pi / 2;
      policy.entropy[i] += std::log(std) + (1 + kLog2Pi) / 2;
    }
  }
  return policy;
}

}  // namespace slm
