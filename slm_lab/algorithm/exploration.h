#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/distribution.h"
#include "slm_lab/algorithm/schedule.h"
#include "slm_lab/algorithm/state_dependent_normal.h"

namespace slm {

/// Writes one uniform draw from `space` per row, as Gymnasium's Space.sample(): unbounded sides draw from a normal or
/// an exponential distribution.
void sample_space(const Space& space, Rng& rng, MatrixRef actions);

/// How actions are chosen: the keys `action_pdtype`, `action_policy`, `explore_var_spec`, ...
struct ActionConfig {
  std::string action_pdtype = "default";
  std::string action_policy = "default";          ///< default, random, epsilon_greedy, boltzmann
  std::optional<Schedule> explore_var_spec = {};  ///< epsilon or tau
  // of a policy that is learnt by its log-probabilities, with continuous actions
  bool tanh_mean = false;             ///< the mean is tanh of the net's output, stretched to the bounds
  std::optional<SdeConfig> sde = {};  ///< noise that depends on the state and lasts
  bool clamp_actions = false;         ///< what was drawn is brought into the bounds before anything else sees it
};
ActionConfig read_action_config(SpecReader& reader);
/// The same with `tanh_mean`, `clamp_actions` and `sde`.
ActionConfig read_policy_action_config(SpecReader& reader);
/// What is wrong with it for the actions of this environment, reported at the keys of `algorithm`. `needs_gradient`:
/// log-probabilities are differentiated.
void check_action_config(const ActionConfig& config, const EnvInfo& info, bool needs_gradient, SpecReader& algorithm);

/// The same for an algorithm whose net gives values of discrete actions.
void check_value_based_actions(const ActionConfig& config, const EnvInfo& info, SpecReader& algorithm);

/// The same for an algorithm, of this name, whose continuous actions live between bounds.
void check_bounded_actions(const EnvInfo& info, std::string_view name, SpecReader& algorithm);

/// Chooses actions from the outputs of a net: the distribution itself, or an exploration policy around it.
class Exploration {
 public:
  Exploration(const ActionConfig& config, const Space& action_space);
  /// One action per row of `outputs` (n, num_distribution_outputs) into `actions` (n, action_dim), not clipped to
  /// bounds but with `clamp_actions`.
  void choose(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, MatrixRef actions);
  /// The same into a matrix of any size, which becomes (n, action_dim).
  void act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions);
  double explore_var(std::int64_t frame) const;  ///< NaN without a schedule
  Distribution& distribution() { return *distribution_; }
  const Distribution& distribution() const { return *distribution_; }
  void serialize(Archive& archive);

 private:
  // Into a Matrix or a MatrixRef: what draws takes a MatrixRef by value, and to make that of another one costs more
  // than to make it of a Matrix.
  template <class Actions>
  void draw(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Actions& actions);
  template <class Actions>
  void clamp(Actions& actions) const;
  void epsilon_greedy(const ConstMatrixRef& outputs, double epsilon, Rng& rng, MatrixRef actions);
  void boltzmann(const ConstMatrixRef& outputs, double tau, Rng& rng, MatrixRef actions);

  ActionConfig config_;
  Space action_space_;
  Eigen::RowVectorXf low_, high_;  // (action_dim) with clamp_actions, else empty
  std::unique_ptr<Distribution> distribution_;
  StateDependentNormal* sde_ = nullptr;  // distribution_, where noise lasts
  std::vector<float> scaled_;            // (n, num_distribution_outputs)
};

}  // namespace slm
