#include "slm_lab/algorithm/sac_loss.h"

#include <cmath>

#include "slm_lab/net/kernel.h"

namespace slm {

void join(const Matrix& obs, const Matrix& actions, Matrix& joined) {
  joined.resize(obs.rows(), obs.cols() + actions.cols());
  joined.leftCols(obs.cols()) = obs;
  joined.rightCols(actions.cols()) = actions;
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

void DiscreteSoftPolicy::values(const ConstMatrixRef& logits, const ConstMatrixRef& q_values, float alpha,
                                Vector& values) {
  softmax(logits);
  values = (probs_.array() * (q_values.array() - alpha * log_probs_.array())).rowwise().sum();
}

// With g = alpha log p - q:  d J / d z_b = p_b (g_b - sum_a p_a g_a) / n.
double DiscreteSoftPolicy::loss(const ConstMatrixRef& logits, const ConstMatrixRef& q_values, float alpha) {
  const auto n = static_cast<float>(logits.rows());
  softmax(logits);
  entropy_ = -probs_.cwiseProduct(log_probs_).sum() / n;
  d_logits_.resize(logits.rows(), logits.cols());
  double loss = 0;
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    d_logits_.row(i) = alpha * log_probs_.row(i) - q_values.row(i);  // g
    const float mean = probs_.row(i).dot(d_logits_.row(i));          // sum_a p_a g_a
    d_logits_.row(i).array() = (d_logits_.row(i).array() - mean) * probs_.row(i).array() / n;
    loss += static_cast<double>(mean);
  }
  return loss / static_cast<double>(n);
}

void ContinuousSoftPolicy::values(const ConstMatrixRef& outputs, const Matrix& obs, const Critics& critics, float alpha,
                                  Rng& rng, Vector& values) {
  policy_.sample(outputs, rng);
  join(obs, policy_.actions(), inputs_);
  values = critics[0]->infer(inputs_).col(0).cwiseMin(critics[1]->infer(inputs_).col(0)) - alpha * policy_.log_probs();
}

double ContinuousSoftPolicy::loss(const ConstMatrixRef& outputs, const Matrix& obs, const Critics& critics, float alpha,
                                  Rng& rng) {
  const auto n = static_cast<float>(outputs.rows());
  policy_.sample(outputs, rng);
  const Matrix& actions = policy_.actions();
  join(obs, actions, inputs_);
  for (std::size_t i = 0; i < 2; ++i) q_[i] = critics[i]->forward(inputs_).col(0);

  // The gradient goes through the critic that is the smaller one in each row.
  d_actions_.setZero(actions.rows(), actions.cols());
  d_q_.resize(actions.rows(), 1);
  for (std::size_t i = 0; i < 2; ++i) {
    for (Eigen::Index row = 0; row < actions.rows(); ++row) {
      const float own = q_[i][row], other = q_[1 - i][row];
      d_q_(row, 0) = own < other || (own == other && i == 0) ? -1 / n : 0;
    }
    d_actions_ += critics[i]->backward_input(d_q_).rightCols(actions.cols());
  }
  policy_.gradient(alpha / n, d_actions_, d_outputs_);
  entropy_ = -policy_.log_probs().mean();
  return -alpha * entropy_ - q_[0].cwiseMin(q_[1]).mean();
}

}  // namespace slm
