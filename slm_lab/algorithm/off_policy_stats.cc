#include "slm_lab/algorithm/off_policy_stats.h"

namespace slm {

void OffPolicyStats::add_critics(const TwinLearners::Fit& fit) {
  ++critic_updates_;
  sum_.loss += fit.loss;
  sum_.q_value += fit.q_value;
  sum_.td_error += fit.td_error;
  sum_.grad_norm += fit.grad_norm;
}

void OffPolicyStats::add_actor(double loss, float grad_norm) {
  ++actor_updates_;
  policy_loss_ += loss;
  sum_.grad_norm += static_cast<double>(grad_norm);
}

TrainStats OffPolicyStats::means() const {
  const double n = critic_updates_;
  TrainStats stats{.loss = sum_.loss / n, .value_loss = sum_.loss / n};
  if (actor_updates_ > 0) {
    stats.policy_loss = policy_loss_ / actor_updates_;
    stats.loss += stats.policy_loss;
  }
  stats.q_value = sum_.q_value / n;
  stats.td_error = sum_.td_error / n;
  stats.grad_norm = sum_.grad_norm / (2 * n + actor_updates_);  // each update of the critics steps two nets
  return stats;
}

}  // namespace slm
