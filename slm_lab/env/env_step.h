#pragma once

#include <concepts>
#include <span>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/space.h"

namespace slm {

class Archive;

/// What one step of one environment gives besides its new state.
struct EnvStep {
  double reward;
  bool terminated;
};

/// A single environment: a small value that knows neither time limits nor statistics nor other copies of itself.
/// SyncVecEnv and RolloutEnv add what is common. Arithmetic follows Gymnasium's operation by operation, so that states
/// agree to the last bit.
template <class Env>
concept SingleEnv = requires(Env env, const Env& fixed, Rng& rng, float* obs, Archive& archive) {
  typename Env::Kwargs;  // the constructor's arguments, with Gymnasium's names
  Env(typename Env::Kwargs{});
  { Env::obs_space() } -> std::same_as<Space>;
  { Env::action_space() } -> std::same_as<Space>;
  { Env::kStepNanoseconds } -> std::convertible_to<int>;  // rough cost of a step, to decide whether threads pay
  env.reset(rng);                                         // draws what Gymnasium's reset draws, in its order
  fixed.observe(obs);                                     // obs_space().size() floats
  env.serialize(archive);
}
&&(
    requires(Env env, int action) {
      { env.step(action) } -> std::same_as<EnvStep>;
    } ||
    requires(Env env, std::span<const float> action) {
      { env.step(action) } -> std::same_as<EnvStep>;
    });

/// Whether an environment takes the index of an action rather than a vector.
template <class Env>
inline constexpr bool kTakesIndex = requires(Env env, int action) {
  env.step(action);
};

}  // namespace slm
