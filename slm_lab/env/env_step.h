#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/base/space.h"

namespace slm {

class Archive;

/// What one step of one environment gives besides its new state.
struct EnvStep {
  double reward;
  bool terminated;         ///< the task ended
  bool truncated = false;  ///< the environment itself cuts the episode here; time limits are not its business
  bool life_lost = false;  ///< for learning the end of the task, though the episode goes on
  bool diverged = false;   ///< the physics gave no numbers any more; the state is a sound one again, but not the same

  /// Nothing is known of the reward, and nothing good may come after.
  static EnvStep of_divergence() { return {.reward = 0, .terminated = true, .diverged = true}; }
};

/// Whether steps take this kind of action: alone, or, where they draw too, with the generator.
template <class Env, class Action>
concept StepsAlone = requires(Env env, Action action) {
  { env.step(action) } -> std::same_as<EnvStep>;
};
template <class Env, class Action>
concept StepsWith = StepsAlone<Env, Action> || requires(Env env, Action action, Rng& rng) {
  { env.step(action, rng) } -> std::same_as<EnvStep>;
};

/// Whether observations are written as these numbers.
template <class Env, class Number>
concept Observes = requires(const Env env, Number* obs) {
  env.observe(obs);
};

/// A single environment: a small value that knows neither time limits nor statistics nor other copies of itself.
/// SyncVecEnv and RolloutEnv add what is common. Arithmetic follows Gymnasium's operation by operation, so that states
/// agree to the last bit.
///
/// What the rows of one environment share and never change (a compiled physics model) is a `Model`, made once by
/// make_model(kwargs) and given to every constructor: Env(kwargs, std::shared_ptr<const Model>).
template <class Env>
concept SingleEnv = requires(Env env, const typename Env::Kwargs& kwargs, Rng& rng, Archive& archive) {
  typename Env::Kwargs;  // the constructor's arguments, with Gymnasium's names
  { Env::obs_space(kwargs) } -> std::same_as<Space>;
  { Env::action_space(kwargs) } -> std::same_as<Space>;
  { Env::kStepNanoseconds } -> std::convertible_to<int>;  // rough cost of a step, to decide whether threads pay
  env.reset(rng);                                         // draws what Gymnasium's reset draws, in its order
  env.serialize(archive);
  requires Observes<Env, float> || Observes<Env, std::uint8_t>;  // obs_space().size() of them
}
&&(StepsWith<Env, int> || StepsWith<Env, std::span<const float>>);

/// Whether an environment says what it looks like; not all can.
template <class Env>
concept CanBeDrawn = requires(const Env env) {
  { env.scene() } -> std::same_as<Scene>;
};

template <class Env>
concept HasModel = requires {
  typename Env::Model;
};

/// Environments of one type and options, which share what they have in common.
template <class Env>
class EnvMaker {
 public:
  explicit EnvMaker(const typename Env::Kwargs& kwargs) : kwargs_(kwargs) {
    if constexpr (HasModel<Env>) model_ = Env::make_model(kwargs);
  }
  Env operator()() const {
    if constexpr (HasModel<Env>)
      return Env(kwargs_, model_);
    else
      return Env(kwargs_);
  }

 private:
  struct NoModel {};
  template <class E>
  static auto model_of() {
    if constexpr (HasModel<E>)
      return std::shared_ptr<const typename E::Model>();
    else
      return NoModel{};
  }

  typename Env::Kwargs kwargs_;
  decltype(model_of<Env>()) model_;
};

/// Whether an environment takes the index of an action rather than a vector.
template <class Env>
inline constexpr bool kTakesIndex = StepsWith<Env, int>;

template <class Env, class Action>
EnvStep step_env(Env& env, Action action, Rng& rng) {
  if constexpr (StepsAlone<Env, Action>)
    return env.step(action);
  else
    return env.step(action, rng);
}

/// What agents see: floats, or the bytes of a space of bytes.
template <class Env>
using ObservedNumber = std::conditional_t<Observes<Env, float>, float, std::uint8_t>;

/// Whether Gymnasium's observations are float64; agents see floats all the same.
template <class Env>
inline constexpr bool kObservesDoubles = Observes<Env, double>;

}  // namespace slm
