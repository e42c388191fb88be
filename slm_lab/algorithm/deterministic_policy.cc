#include "slm_lab/algorithm/deterministic_policy.h"

#include "slm_lab/algorithm/twin_critics.h"
#include "slm_lab/net/kernel.h"

namespace slm {

void DeterministicPolicy::act(const ConstMatrixRef& outputs, Matrix& actions) const {
  actions = outputs;
  const std::span<float> all(actions.data(), static_cast<std::size_t>(actions.size()));
  vtanh(all, all);
}

// With a = tanh(u):  d J / d u = -(1 - a^2) d Q / d a / n.
double DeterministicPolicy::loss(const ConstMatrixRef& outputs, const ObservationsView& obs, Trainer& critic) {
  act(outputs, actions_);
  join(obs, actions_, inputs_);
  const double mean_q = critic.forward(inputs_).col(0).mean();
  d_q_.setConstant(outputs.rows(), 1, -1 / static_cast<float>(outputs.rows()));
  d_outputs_ = critic.backward_input(d_q_).rightCols(action_dim_).array() * (1 - actions_.array().square());
  return -mean_q;
}

}  // namespace slm
