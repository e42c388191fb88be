#include "slm_lab/algorithm/q_values.h"

namespace slm {

void pick_values(const ConstMatrixRef& q_values, const ConstMatrixRef& actions, Vector& values) {
  for (Eigen::Index i = 0; i < q_values.rows(); ++i) values[i] = q_values(i, static_cast<Eigen::Index>(actions(i, 0)));
}

void max_values(const ConstMatrixRef& q_values, Vector& values) {
  for (Eigen::Index i = 0; i < q_values.rows(); ++i) values[i] = q_values.row(i).maxCoeff();
}

void values_of_best(const ConstMatrixRef& chooser, const ConstMatrixRef& q_values, Vector& values) {
  for (Eigen::Index i = 0; i < q_values.rows(); ++i) {
    Eigen::Index best;
    chooser.row(i).maxCoeff(&best);
    values[i] = q_values(i, best);
  }
}

void spread_gradient(const Eigen::Ref<const Vector>& d_values, const ConstMatrixRef& actions, Eigen::Index num_actions,
                     Matrix& d_q_values) {
  const Eigen::Index n = d_values.size();
  if (d_q_values.rows() < n) d_q_values.resize(n, num_actions);
  d_q_values.topRows(n).setZero();
  for (Eigen::Index i = 0; i < n; ++i) d_q_values(i, static_cast<Eigen::Index>(actions(i, 0))) = d_values[i];
}

}  // namespace slm
