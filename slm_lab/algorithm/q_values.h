#pragma once

#include "slm_lab/base/matrix.h"

namespace slm {

/// values[i] = q_values(i, actions[i]); `actions` (n, 1), into the first n of `values`.
void pick_values(const ConstMatrixRef& q_values, const ConstMatrixRef& actions, Vector& values);
/// values[i] = max_a q_values(i, a).
void max_values(const ConstMatrixRef& q_values, Vector& values);
/// values[i] = q_values(i, argmax_a chooser(i, a)): double Q-learning.
void values_of_best(const ConstMatrixRef& chooser, const ConstMatrixRef& q_values, Vector& values);
/// The backward of pick_values: the first n rows of `d_q_values` are 0 but for the actions, which get `d_values` (n).
/// `d_q_values` grows where it is shorter.
void spread_gradient(const Eigen::Ref<const Vector>& d_values, const ConstMatrixRef& actions, Eigen::Index num_actions,
                     Matrix& d_q_values);

}  // namespace slm
