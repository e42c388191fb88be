#pragma once

#include <memory>
#include <utility>

#include "slm_lab/env/registry.h"
#include "slm_lab/env/rollout_env.h"
#include "slm_lab/env/sync_vec_env.h"

namespace slm {

// What a row of the table is made of, given the type of the environment (env_step.h).

template <SingleEnv Env>
Spaces spaces_of(const EnvKwargs& kwargs) {
  const auto* own = std::get_if<typename Env::Kwargs>(&kwargs);
  const typename Env::Kwargs options = own ? *own : typename Env::Kwargs{};
  return {Env::obs_space(options), Env::action_space(options)};
}

template <SingleEnv Env>
std::unique_ptr<VecEnv> make_sync(EnvInfo info, const EnvKwargs& kwargs, std::vector<Rng> rngs, ThreadPool* threads) {
  return std::make_unique<SyncVecEnv<Env>>(std::move(info), std::get<typename Env::Kwargs>(kwargs), std::move(rngs),
                                           threads);
}

template <SingleEnv Env>
std::unique_ptr<RolloutEnv> make_native(EnvInfo info, const EnvKwargs& kwargs, std::uint64_t seed) {
  return std::make_unique<NativeRolloutEnv<Env>>(std::move(info), std::get<typename Env::Kwargs>(kwargs), Rng(seed));
}

template <SingleEnv Env>
constexpr EnvMakers makers_of() {
  return {make_sync<Env>, make_native<Env>};
}

}  // namespace slm
