#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/twin_learners.h"
#include "slm_lab/net/target_net.h"

namespace slm {

/// [obs, actions] side by side: what a critic of continuous actions sees. Bytes become what dense layers make of them.
void join(const ObservationsView& obs, const Matrix& actions, Matrix& joined);

/// What critics see: observations, with continuous actions behind them.
Space critic_space(const EnvInfo& info);
/// A net that cannot be a critic is reported at its keys.
void check_critic_net(const NetConfig& config, const EnvInfo& info, SpecReader& net);

/// Two critics and a slow copy of each, from which targets are computed.
class TwinCritics {
 public:
  /// As TwinLearners, with targets as config.target says.
  TwinCritics(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
              const Streams& streams);
  TwinLearners& online() { return learners_; }
  void share_work(ThreadPool& threads);  ///< as of TwinLearners
  /// Both targets' values of `inputs` (n, inputs): (n, outputs), until the next call.
  const std::array<Matrix, 2>& target_values(const ObservationsView& inputs);

  /// A step of each critic on `inputs` (n, inputs); the rest as TwinLearners::step().
  TwinLearners::Fit fit(const ObservationsView& inputs, const ConstMatrixRef& columns, const Vector& targets,
                        const Vector& weights);
  /// Of the values before the last fit(), as of TwinLearners.
  const Vector& td_errors() const { return learners_.td_errors(); }

  /// A polyak step of the targets; nothing where they are replaced.
  void follow();
  /// Moves the learning rates to `frame`, and replaces the targets where it is time to.
  void advance(std::int64_t frame, bool trained, int num_envs);

  double lr() const { return learners_.lr(); }
  std::int64_t opt_step() const { return learners_.opt_step(); }
  void append_nets(std::vector<NamedNet>& nets);
  void serialize(Archive& archive);

 private:
  TwinLearners learners_;
  std::array<TargetNet, 2> targets_;
  std::array<Matrix, 2> target_values_;
};

}  // namespace slm
