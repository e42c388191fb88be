#pragma once

#include <span>

#include "slm_lab/base/matrix.h"

namespace slm {

/// What happened, step by step; every matrix is (num_steps, num_envs), flags are 0 or 1.
struct StepSequence {
  ConstMatrixRef rewards;
  ConstMatrixRef not_terminated;  ///< 0: the task ended here, nothing comes after
  ConstMatrixRef not_ended;       ///< 0: the episode ended here (task or clock), the next row is another episode
};

/// Discounted returns: R_t = r_t + gamma R_{t+1} within an episode; where the clock ended it and after the last step,
/// R_t = r_t + gamma V(next_obs); where the task ended, R_t = r_t. With `next_values` 0 the plain Monte-Carlo sum, with
/// a critic's values the n-step return, n the distance to the end of the rollout. All (num_steps, num_envs), `returns`
/// too.
void discounted_returns(const StepSequence& steps, const ConstMatrixRef& next_values, float gamma, MatrixRef returns);

/// Generalised advantage estimation (Schulman et al. 2016, eq. 16). `advantages` and `targets` = advantages + values
/// are written, (num_steps, num_envs). Truncation bootstraps with the value of the final observation and cuts the sum.
void estimate_gae(const StepSequence& steps, const ConstMatrixRef& values, const ConstMatrixRef& next_values,
                  float gamma, float lam, MatrixRef advantages, MatrixRef targets);

/// 1 - Var(targets - values) / Var(targets): how much of what the targets differ by the values foretell; 1: all of it,
/// 0: as much as a constant. NaN where the targets do not differ. Both (n).
double explained_variance(std::span<const float> values, std::span<const float> targets);

/// x <- (x - mean) / (std + 1e-8), std with n - 1; fewer than two numbers stay as they are.
void standardize(Eigen::Ref<Vector> x);

}  // namespace slm
