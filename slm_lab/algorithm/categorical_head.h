#pragma once

#include "slm_lab/algorithm/q_head.h"
#include "slm_lab/spec/reader.h"

namespace slm {

/// The returns that a distribution is over: `num_atoms` of them, evenly from `v_min` to `v_max`.
struct AtomsConfig {
  int num_atoms = 51;
  float v_min = -10, v_max = 10;

  float step() const { return (v_max - v_min) / static_cast<float>(num_atoms - 1); }
};
AtomsConfig read_atoms_config(SpecReader& algorithm);

/// The distribution of reward + discount * Z brought back onto the atoms (Bellemare et al. 2017, algorithm 1), where Z
/// has `probabilities` (num_atoms): what lies between two atoms is shared by them, what lies beyond one of the bounds
/// is its. Writes `target` (num_atoms).
void project(const AtomsConfig& atoms, float reward, float discount, const Eigen::Ref<const Vector>& probabilities,
             Eigen::Ref<Vector> target);

/// C51: the return of an action has a distribution, whose logits are num_atoms outputs for each action, and whose mean
/// is the action's value. It is fitted to the projected distribution of r + gamma Z(s', a') by the cross-entropy, which
/// also is the size of a row in a prioritised replay.
class CategoricalHead final : public QHead {
 public:
  CategoricalHead(const AtomsConfig& atoms, int num_actions, int batch_size);

  ConstMatrixRef q_values(const ConstMatrixRef& outputs) override;
  void set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing) override;
  Fit fit(const Batch& batch, const ConstMatrixRef& outputs) override;
  ConstMatrixRef d_outputs() const override { return d_outputs_; }
  const Vector& row_errors() const override { return cross_entropies_; }

 private:
  void set_log_probabilities(const ConstMatrixRef& outputs, Eigen::Index row, Eigen::Index action);

  AtomsConfig config_;
  Vector atoms_;                              // (num_atoms)
  Vector log_probabilities_, probabilities_;  // (num_atoms) of one action
  Matrix q_values_;                           // (n, num_actions); may have more rows
  Matrix targets_;                            // (batch_size, num_atoms)
  Matrix d_outputs_;                          // (batch_size, num_actions * num_atoms)
  Vector cross_entropies_;                    // (batch_size)
};

}  // namespace slm
