#include "slm_lab/algorithm/policy_gradient.h"

namespace slm {

PolicyGradientLoss policy_gradient_loss(Distribution& distribution, const ConstMatrixRef& outputs,
                                        const ConstMatrixRef& actions, const Eigen::Ref<const Vector>& weights,
                                        float policy_coef, float entropy_coef, Vector& d_log_probs,
                                        MatrixRef d_outputs) {
  const Eigen::Index n = outputs.rows();
  const float share = 1 / static_cast<float>(n);
  distribution.evaluate(outputs, actions);
  if (d_log_probs.size() < n) d_log_probs.resize(n);
  d_log_probs.head(n) = -policy_coef * share * weights;
  distribution.gradient({d_log_probs.data(), n}, -entropy_coef * share, d_outputs);
  return {-policy_coef * share * distribution.log_probs().dot(weights), distribution.entropy().mean()};
}

}  // namespace slm
