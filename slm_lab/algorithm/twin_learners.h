#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// Two critics that learn the same values from different starts; the smaller of the two counts, which holds back
/// overestimation (Fujimoto et al. 2018).
class TwinLearners {
 public:
  using Pointers = std::array<Trainer*, 2>;

  /// Nets of `inputs` and `outputs` values; initialised from the streams "init" 1 and 2. `algorithm`: its name,
  /// for errors.
  TwinLearners(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
               const Streams& streams);
  Pointers pointers() { return {&learners_[0], &learners_[1]}; }

  /// Both critics' values of `inputs` (n, inputs), for step(); in training (net.h) they see them as a batch.
  void forward(const ObservationsView& inputs);
  void forward_in_training(const ObservationsView& inputs);
  const Matrix& q_values(std::size_t i) const { return q_values_[i]; }  // (n, outputs)

  struct Fit {
    double loss = 0, grad_norm = 0;    ///< sums over the two
    double q_value = 0, td_error = 0;  ///< means over rows and both: Q(s, a) and |target - Q(s, a)|
  };
  /// One step of each critic on the mean of weight * loss(Q_i, target) over the first rows of what forward() saw, as
  /// many as there are targets; the others have no gradient. `columns` (n, 1): which output is the row's Q; `targets`
  /// and `weights` (n).
  Fit step(const ConstMatrixRef& columns, const Vector& targets, const Vector& weights);
  // Of the values before the last step():
  const Vector& td_errors() const { return td_errors_; }  // (n)  target - min_i Q_i of the row's column
  const Matrix& min_q() const { return min_q_; }          // (n, outputs)  min_i Q_i

  void advance(std::int64_t frame, bool trained);  ///< moves the learning rates to `frame`
  double lr() const;                               ///< mean
  std::int64_t opt_step() const { return learners_[0].opt_step() + learners_[1].opt_step(); }
  void append_nets(std::vector<NamedNet>& nets);
  void serialize(Archive& archive);

 private:
  void backward(std::size_t i, Eigen::Index rows);

  std::string_view algorithm_;
  std::array<Trainer, 2> learners_;
  QLoss loss_;
  std::array<Matrix, 2> q_values_;
  Vector td_errors_;
  Matrix min_q_, d_q_values_;
};

}  // namespace slm
