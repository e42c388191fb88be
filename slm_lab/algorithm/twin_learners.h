#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/pieces.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// Two critics that learn the same values from different starts; the smaller of the two counts, which holds back
/// overestimation (Fujimoto et al. 2018).
class TwinLearners {
 public:
  /// Nets of `inputs` and `outputs` values; initialised from the streams "init" 1 and 2. `algorithm`: its name,
  /// for errors.
  TwinLearners(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
               const Streams& streams);
  Trainer& learner(std::size_t i) { return learners_[i]; }

  /// Two or three threads are best kept apart, each with a critic of its own in its caches; more share each critic.
  void share_work(ThreadPool& threads);
  bool apart() const { return threads_ != nullptr; }
  /// Calls task(0) and task(1), of each critic and n rows: at the same time, where there are threads and it pays.
  template <class Task>
  void for_both(Eigen::Index n, const Task& task) {
    if (threads_ == nullptr ||
        n * static_cast<std::int64_t>(learners_[0].net().parameters().values.size()) < kWorthSharing) {
      task(std::size_t{0});
      task(std::size_t{1});
    } else {
      threads_->run(2, [&](int i) { task(static_cast<std::size_t>(i)); });
    }
  }

  /// Both critics' values of `inputs` (n, inputs), for step().
  void forward_in_training(const ObservationsView& inputs);
  const Matrix& q_values(std::size_t i) const { return q_values_[i]; }  // (n, outputs)

  struct Fit {
    double loss = 0, grad_norm = 0;    ///< sums over the two
    double q_value = 0, td_error = 0;  ///< means over rows and both: Q(s, a) and |target - Q(s, a)|
  };
  /// One step of each critic on the mean of weight * loss(Q_i, target) over the first rows of what
  /// forward_in_training() saw, as many as there are targets; the others have no gradient. `columns` (n, 1): which
  /// output is the row's Q; `targets` and `weights` (n).
  Fit step(const ConstMatrixRef& columns, const Vector& targets, const Vector& weights);
  // Of the values before the last step():
  const Vector& td_errors() const { return td_errors_; }  // (n)  mean over i of |target - Q_i|, of the row's column
  const Matrix& min_q() const { return min_q_; }          // (n, outputs)  min_i Q_i

  void advance(std::int64_t frame, bool trained);  ///< moves the learning rates to `frame`
  double lr() const;                               ///< mean
  std::int64_t opt_step() const { return learners_[0].opt_step() + learners_[1].opt_step(); }
  void append_nets(std::vector<NamedNet>& nets);
  void serialize(Archive& archive);

 private:
  void backward(std::size_t i, Eigen::Index rows);

  struct Step {
    double loss;
    float grad_norm;
  };

  std::string_view algorithm_;
  std::array<Trainer, 2> learners_;
  std::array<QLoss, 2> losses_;
  std::array<Matrix, 2> q_values_, d_q_values_;
  Vector td_errors_;
  Matrix min_q_;
  ThreadPool* threads_ = nullptr;
};

}  // namespace slm
