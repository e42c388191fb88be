#include "slm_lab/env/box2d/makers.h"

#include "slm_lab/env/box2d/envs.h"
#include "slm_lab/env/native_env.h"

namespace slm {
namespace {

bool is_continuous(const EnvKwargs& kwargs) { return std::get<LunarLanderKwargs>(kwargs).continuous; }

std::unique_ptr<VecEnv> make_lander(EnvInfo info, const EnvKwargs& kwargs, std::vector<Rng> rngs, ThreadPool* threads) {
  return (is_continuous(kwargs) ? make_sync<ContinuousLunarLanderEnv>
                                : make_sync<DiscreteLunarLanderEnv>)(std::move(info), kwargs, std::move(rngs), threads);
}
std::unique_ptr<RolloutEnv> make_rollout_lander(EnvInfo info, const EnvKwargs& kwargs, std::uint64_t seed) {
  return (is_continuous(kwargs) ? make_native<ContinuousLunarLanderEnv>
                                : make_native<DiscreteLunarLanderEnv>)(std::move(info), kwargs, seed);
}

}  // namespace

EnvMakers lunar_lander_makers() { return {make_lander, make_rollout_lander}; }
EnvMakers bipedal_walker_makers() { return {make_sync<BipedalWalkerEnv>, make_native<LastingBipedalWalkerEnv>}; }

}  // namespace slm
