#include "slm_lab/algorithm/q_values.h"

namespace slm {

void pick_values(const ConstMatrixRef& q_values, const ConstMatrixRef& actions, Vector& values) {
  for (Eigen::Index i = 0; i < q_values.rows(); ++i) values[i] = q_values(i, static_cast<Eigen::Index>(actions(i, 0)));
}

void values_of_best(const ConstMatrixRef& chooser, const ConstMatrixRef& q_values, Vector& values) {
  for (Eigen::Index i = 0; i < q_values.rows(); ++i) {
    Eigen::Index best;
    chooser.row(i).maxCoeff(&best);
    values[i] = q_values(i, best);
  }
}

double QLoss::operator()(const ConstMatrixRef& q_values, const ConstMatrixRef& actions,
                         const Eigen::Ref<const Vector>& targets, const Eigen::Ref<const Vector>& weights) {
  n_ = q_values.rows();
  if (values_.size() < n_) {
    values_.resize(n_);
    d_values_.resize(n_);
  }
  pick_values(q_values, actions, values_);
  mean_value_ = values_.head(n_).mean();
  mean_error_ = (targets - values_.head(n_)).cwiseAbs().mean();
  const double loss = mean_loss(loss_, values_.head(n_), targets, weights, d_values_.head(n_));
  MatrixRef d_q_values = grown(d_q_values_, n_, q_values.cols());
  d_q_values.setZero();
  for (Eigen::Index i = 0; i < n_; ++i) d_q_values(i, static_cast<Eigen::Index>(actions(i, 0))) = d_values_[i];
  return loss;
}

}  // namespace slm
