#include "slm_lab/algorithm/soft_policy.h"

#include <cmath>

#include "slm_lab/net/kernel.h"

namespace slm {

std::unique_ptr<SoftPolicy> make_soft_policy(const ActionConfig& config, const EnvInfo& info) {
  if (info.action_space.is_discrete()) return std::make_unique<DiscreteSoftPolicy>(config, info);
  return std::make_unique<ContinuousSoftPolicy>(info);
}

// ---- discrete

DiscreteSoftPolicy::DiscreteSoftPolicy(const ActionConfig& config, const EnvInfo& info)
    : obs_space_(info.obs_space), action_space_(info.action_space), exploration_(config, info.action_space) {}

void DiscreteSoftPolicy::act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng,
                             Matrix& actions) {
  exploration_.act(outputs, mode, frame, rng, actions);
}

void DiscreteSoftPolicy::act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) {
  actions.resize(n, 1);
  sample_space(action_space_, rng, actions);
}

void DiscreteSoftPolicy::softmax(const ConstMatrixRef& logits) {
  probs_.resize(logits.rows(), logits.cols());
  log_probs_.resize(logits.rows(), logits.cols());
  for (Eigen::Index i = 0; i < logits.rows(); ++i)
    log_probs_.row(i).array() = logits.row(i).array() - logits.row(i).maxCoeff();
  const auto size = static_cast<std::size_t>(log_probs_.size());
  vexp({log_probs_.data(), size}, {probs_.data(), size});
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    const float sum = probs_.row(i).sum();
    probs_.row(i) /= sum;
    log_probs_.row(i).array() -= std::log(sum);
  }
}

ObservationsView DiscreteSoftPolicy::look_ahead(const ConstMatrixRef& outputs, const ObservationsView& obs, Rng&) {
  softmax(outputs);
  return obs;
}

// V(s) = sum_a p_a (min_i q_ia - alpha log p_a), eq. 10.
void DiscreteSoftPolicy::values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, float alpha, Vector& values) {
  min_q_ = q1.cwiseMin(q2);
  values = (probs_.array() * (min_q_.array() - alpha * log_probs_.array())).rowwise().sum();
}

// J = mean of sum_a p_a g_a with g = alpha log p - min q, eq. 12:  d J / d z_b = p_b (g_b - sum_a p_a g_a) / n.
double DiscreteSoftPolicy::loss(const SoftLossInputs& of, Rng&) {
  const auto n = static_cast<float>(of.outputs.rows());
  softmax(of.outputs);
  entropy_ = -probs_.cwiseProduct(log_probs_).sum() / n;
  d_outputs_.resize(of.outputs.rows(), of.outputs.cols());
  double loss = 0;
  for (Eigen::Index i = 0; i < of.outputs.rows(); ++i) {
    d_outputs_.row(i) = of.alpha * log_probs_.row(i) - of.min_q.row(i);  // g
    const float mean = probs_.row(i).dot(d_outputs_.row(i));             // sum_a p_a g_a
    d_outputs_.row(i).array() = (d_outputs_.row(i).array() - mean) * probs_.row(i).array() / n;
    loss += static_cast<double>(mean);
  }
  return loss / static_cast<double>(n);
}

// ---- continuous

ContinuousSoftPolicy::ContinuousSoftPolicy(const EnvInfo& info)
    : action_dim_(info.action_space.size()),
      critic_space_(slm::critic_space(info)),
      unit_space_(unit_box(action_dim_)),
      acting_(action_dim_),
      policy_(action_dim_) {}

void ContinuousSoftPolicy::act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t, Rng& rng, Matrix& actions) {
  if (mode == ActMode::greedy) return acting_.mode(outputs, actions);
  acting_.sample(outputs, rng);
  actions = acting_.actions();
}

void ContinuousSoftPolicy::act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) {
  actions.resize(n, action_dim_);
  sample_space(unit_space_, rng, actions);
}

ObservationsView ContinuousSoftPolicy::critic_inputs(const ObservationsView& obs, const Matrix& actions) {
  join(obs, actions, inputs_);
  return inputs_;
}

ConstMatrixRef ContinuousSoftPolicy::critic_columns(const Matrix& actions) {
  first_output_.setZero(actions.rows(), 1);
  return first_output_;
}

ObservationsView ContinuousSoftPolicy::look_ahead(const ConstMatrixRef& outputs, const ObservationsView& obs,
                                                  Rng& rng) {
  policy_.sample(outputs, rng);
  return critic_inputs(obs, policy_.actions());
}

// V(s) = min_i Q_i(s, a) - alpha log pi(a|s) for an action drawn for each row, eq. 3.
void ContinuousSoftPolicy::values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, float alpha, Vector& values) {
  values = q1.col(0).cwiseMin(q2.col(0)) - alpha * policy_.log_probs();
}

// J = mean of alpha log pi(a|s) - min_i Q_i(s, a) for actions drawn anew, eq. 7.
double ContinuousSoftPolicy::loss(const SoftLossInputs& of, Rng& rng) {
  policy_.sample(of.outputs, rng);
  const Matrix& actions = policy_.actions();
  join(of.obs, actions, inputs_);
  const Eigen::Index n = actions.rows();
  of.critics.for_both(n, [&](std::size_t i) { q_[i] = of.critics.learner(i).forward(inputs_).col(0); });

  // The gradient goes through the critic that is the smaller one in each row.
  of.critics.for_both(n, [&](std::size_t i) {
    d_q_[i].resize(n, 1);
    for (Eigen::Index row = 0; row < n; ++row) {
      const float own = q_[i][row], other = q_[1 - i][row];
      d_q_[i](row, 0) = own < other || (own == other && i == 0) ? -1 / static_cast<float>(n) : 0;
    }
    d_actions_of_[i] = of.critics.learner(i).backward_input(d_q_[i]).rightCols(actions.cols());
  });
  d_actions_ = d_actions_of_[0] + d_actions_of_[1];
  policy_.gradient(of.alpha / static_cast<float>(n), d_actions_, d_outputs_);
  entropy_ = -policy_.log_probs().mean();
  return -of.alpha * entropy_ - q_[0].cwiseMin(q_[1]).mean();
}

}  // namespace slm
