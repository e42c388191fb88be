#include "slm_lab/algorithm/categorical_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slm {

AtomsConfig read_atoms_config(SpecReader& algorithm) {
  AtomsConfig c;
  algorithm.read("num_atoms", c.num_atoms, "returns that the distribution of an action is over", between(2, 1024));
  algorithm.read("v_min", c.v_min, "the lowest of them; what is less counts as it", between(-1e6, 1e6));
  algorithm.read("v_max", c.v_max, "the highest of them; what is more counts as it", between(-1e6, 1e6));
  if (c.v_min >= c.v_max) algorithm.problem("v_max", fmt::format("expected more than v_min = {}", c.v_min));
  return c;
}

void project(const AtomsConfig& atoms, float reward, float discount, const Eigen::Ref<const Vector>& probabilities,
             Eigen::Ref<Vector> target) {
  if (std::isnan(reward)) {  // has no place among the atoms; the loss reports it
    target.setConstant(reward);
    return;
  }
  target.setZero();
  for (int j = 0; j < atoms.num_atoms; ++j) {
    const float next = atoms.v_min + static_cast<float>(j) * atoms.step();
    const float place = (std::clamp(reward + discount * next, atoms.v_min, atoms.v_max) - atoms.v_min) / atoms.step();
    const int below = std::min(static_cast<int>(place), atoms.num_atoms - 2);
    const float share = place - static_cast<float>(below);  // of the atom above; 1 on the last one
    target[below] += probabilities[j] * (1 - share);
    target[below + 1] += probabilities[j] * share;
  }
}

CategoricalHead::CategoricalHead(const AtomsConfig& atoms, int num_actions, int batch_size)
    : config_(atoms),
      atoms_(Vector::LinSpaced(atoms.num_atoms, atoms.v_min, atoms.v_max)),
      log_probabilities_(atoms.num_atoms),
      probabilities_(atoms.num_atoms),
      q_values_(batch_size, num_actions),
      targets_(batch_size, atoms.num_atoms),
      d_outputs_(batch_size, num_actions * atoms.num_atoms),
      cross_entropies_(batch_size) {}

// p = softmax of the action's outputs.
void CategoricalHead::set_log_probabilities(const ConstMatrixRef& outputs, Eigen::Index row, Eigen::Index action) {
  const Eigen::Index width = config_.num_atoms;
  const Eigen::Ref<const Vector> logits = outputs.row(row).segment(action * width, width).transpose();
  log_probabilities_ = logits.array() - logits.maxCoeff();
  probabilities_ = log_probabilities_.array().exp();
  const float sum = probabilities_.sum();
  log_probabilities_.array() -= std::log(sum);
  probabilities_ /= sum;
}

// Q(s, a) = sum_i z_i p_i(s, a)
ConstMatrixRef CategoricalHead::q_values(const ConstMatrixRef& outputs) {
  MatrixRef values = grown(q_values_, outputs.rows(), q_values_.cols());
  for (Eigen::Index i = 0; i < values.rows(); ++i)
    for (Eigen::Index a = 0; a < values.cols(); ++a) {
      set_log_probabilities(outputs, i, a);
      values(i, a) = atoms_.dot(probabilities_);
    }
  return values;
}

void CategoricalHead::set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing) {
  const ConstMatrixRef next_values = q_values(choosing);
  for (Eigen::Index i = 0; i < next_values.rows(); ++i) {
    Eigen::Index best;
    next_values.row(i).maxCoeff(&best);
    set_log_probabilities(valuing, i, best);
    project(config_, batch.rewards[i], batch.discounts[i], probabilities_, targets_.row(i).transpose());
  }
}

// Of each row -sum_i m_i log p_i(s, a), whose gradient by the logits of a is p - m; those of other actions have none.
QHead::Fit CategoricalHead::fit(const Batch& batch, const ConstMatrixRef& outputs) {
  d_outputs_.setZero();
  const Eigen::Index n = targets_.rows(), width = config_.num_atoms;
  double loss = 0, value = 0, error = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto action = static_cast<Eigen::Index>(batch.actions(i, 0));
    const Eigen::Ref<const Vector> target = targets_.row(i).transpose();
    const float weight = batch.draw.weights[i];
    set_log_probabilities(outputs, i, action);
    cross_entropies_[i] = -target.dot(log_probabilities_);
    d_outputs_.row(i).segment(action * width, width) =
        weight / static_cast<float>(n) * (probabilities_ - target).transpose();
    const float expected = atoms_.dot(probabilities_);
    loss += static_cast<double>(weight * cross_entropies_[i]);
    value += static_cast<double>(expected);
    error += static_cast<double>(std::abs(atoms_.dot(target) - expected));
  }
  const auto rows = static_cast<double>(n);
  return {loss / rows, value / rows, error / rows};
}

}  // namespace slm
