#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "slm_lab/base/scene.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/vec_env.h"

namespace slm {

/// Whether scene() will be asked for: Python's environments must be made for it.
enum class Drawn { no, yes };

/// One environment as gymnasium.make() gives it, for looking at: no wrappers, no automatic restart, actions not
/// clipped, rewards in double precision.
class RolloutEnv {
 public:
  struct Step {
    double reward;
    bool terminated, truncated;
    bool diverged = false;  ///< terminated because the physics gave no numbers any more
  };
  virtual ~RolloutEnv() = default;
  virtual const EnvInfo& info() const = 0;
  virtual bool obs_is_float64() const = 0;  ///< how many digits restore an observation; else float32 or bytes
  /// Starts an episode: the first with the seed, the later ones go on with the same generator.
  virtual void reset(std::vector<double>& obs) = 0;
  /// Throws as check_action().
  virtual Step step(std::span<const double> action, std::vector<double>& obs) = 0;
  /// How it looks now; nothing of an environment that cannot be drawn.
  virtual std::optional<Scene> scene() const { return std::nullopt; }
};

/// An action of the wrong size, an index that is none and what is no number throw Error(usage).
void check_action(const EnvInfo& info, std::span<const double> action);

template <SingleEnv Env>
class NativeRolloutEnv final : public RolloutEnv {
 public:
  NativeRolloutEnv(EnvInfo info, const typename Env::Kwargs& kwargs, Rng rng)
      : info_(std::move(info)),
        env_(EnvMaker<Env>(kwargs)()),
        rng_(std::move(rng)),
        obs_(static_cast<std::size_t>(info_.obs_space.size())),
        action_(static_cast<std::size_t>(info_.action_space.size())) {}

  const EnvInfo& info() const override { return info_; }
  bool obs_is_float64() const override { return std::is_same_v<Number, double>; }

  void reset(std::vector<double>& obs) override {
    env_.reset(rng_);
    num_steps_ = 0;
    observe(obs);
  }

  Step step(std::span<const double> action, std::vector<double>& obs) override {
    const EnvStep step = act(action);
    ++num_steps_;
    observe(obs);
    const bool time_is_up = info_.max_episode_steps > 0 && num_steps_ >= info_.max_episode_steps;
    return {step.reward, step.terminated, step.truncated || time_is_up, step.diverged};
  }

  std::optional<Scene> scene() const override {
    if constexpr (CanBeDrawn<Env>)
      return env_.scene();
    else
      return std::nullopt;
  }

 private:
  /// What Gymnasium's observation is made of.
  using Number = std::conditional_t<kObservesDoubles<Env>, double, ObservedNumber<Env>>;

  void observe(std::vector<double>& obs) {
    env_.observe(obs_.data());
    obs.assign(obs_.begin(), obs_.end());
  }

  EnvStep act(std::span<const double> action) {
    check_action(info_, action);
    if constexpr (kTakesIndex<Env>) {
      return step_env(env_, static_cast<int>(action[0]), rng_);
    } else {
      std::transform(action.begin(), action.end(), action_.begin(), [](double x) { return static_cast<float>(x); });
      return step_env(env_, std::span<const float>(action_), rng_);
    }
  }

  EnvInfo info_;
  Env env_;
  Rng rng_;
  int num_steps_ = 0;
  std::vector<Number> obs_;
  std::vector<float> action_;
};

}  // namespace slm
