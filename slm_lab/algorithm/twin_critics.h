#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/target_net.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// [obs, actions] side by side: what a critic of continuous actions sees. Bytes become what dense layers make of them.
void join(const ObservationsView& obs, const Matrix& actions, Matrix& joined);

/// Two critics that learn the same values from different starts, and their targets; the smaller of the two counts,
/// which holds back overestimation (Fujimoto et al. 2018).
class TwinCritics {
 public:
  using Learners = std::array<Trainer*, 2>;
  using Targets = std::array<TargetNet*, 2>;

  /// Nets of `inputs` and `outputs` values; initialised from the streams "init" 1 and 2. `algorithm`: its name,
  /// for errors.
  TwinCritics(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
              const Streams& streams);
  Learners online() { return {&critics_[0].online, &critics_[1].online}; }
  Targets targets() { return {&critics_[0].target, &critics_[1].target}; }

  struct Fit {
    double loss = 0, grad_norm = 0;    ///< sums over the two
    double q_value = 0, td_error = 0;  ///< means over rows and both: Q(s, a) and |target - Q(s, a)|
  };
  /// One step of each critic on the mean over n rows of weight * loss(Q_i, target). `inputs` (n, inputs); `columns` (n,
  /// 1): which output is the row's Q; `targets` and `weights` (n).
  Fit fit(const ObservationsView& inputs, const ConstMatrixRef& columns, const Vector& targets, const Vector& weights);
  // Of the values before the last fit():
  const Vector& td_errors() const { return td_errors_; }  // (n)  target - min_i Q_i of the row's column
  const Matrix& min_q() const { return min_q_; }          // (n, outputs)  min_i Q_i

  /// A polyak step of the targets; nothing where they are replaced.
  void follow();
  /// Moves the learning rates to `frame`, and replaces the targets where it is time to.
  void advance(std::int64_t frame, bool trained, int num_envs);

  double lr() const;  ///< mean
  std::int64_t opt_step() const { return critics_[0].online.opt_step() + critics_[1].online.opt_step(); }
  void append_nets(std::vector<NamedNet>& nets);
  void serialize(Archive& archive);

 private:
  struct Critic {
    Critic(const NetConfig& config, const Space& inputs, int outputs, Rng init);
    Trainer online;
    TargetNet target;
  };

  std::string_view algorithm_;
  std::array<Critic, 2> critics_;
  QLoss loss_;
  Vector td_errors_;
  Matrix min_q_;
};

}  // namespace slm
