#pragma once

#include "slm_lab/algorithm/distribution.h"

namespace slm {

struct PolicyGradientLoss {
  float policy;   ///< -policy_coef * mean(log pi(a|s) * weight)
  float entropy;  ///< mean entropy of the policy, nats
};

/// The loss of REINFORCE and A2C, policy - entropy_coef * entropy, over n rows: `weights` (n) are returns or advantages
/// and count as constants. Overwrites `d_outputs` (n, num_outputs) with its gradient with respect to `outputs`;
/// `d_log_probs` is a workspace that grows to the most rows so far.
PolicyGradientLoss policy_gradient_loss(Distribution& distribution, const ConstMatrixRef& outputs,
                                        const ConstMatrixRef& actions, const Eigen::Ref<const Vector>& weights,
                                        float policy_coef, float entropy_coef, Vector& d_log_probs,
                                        MatrixRef d_outputs);

}  // namespace slm
