#include "slm_lab/env/atari/makers.h"

#include <span>
#include <vector>

#include "slm_lab/base/seed_sequence.h"
#include "slm_lab/env/atari/atari_env.h"
#include "slm_lab/env/native_env.h"

namespace slm {
namespace {

std::unique_ptr<VecEnv> make_games(EnvInfo info, const EnvKwargs& kwargs, std::vector<Rng> rngs, ThreadPool* threads) {
  auto games = make_sync<AtariEnv>(std::move(info), kwargs, std::move(rngs), threads);
  if (!std::get<AtariKwargs>(kwargs).reward_clipping) return games;
  return std::make_unique<SignReward>(std::move(games));
}

/// Gymnasium's reset(seed) gives one word of the seed's sequence to the environment and one to the emulator.
std::unique_ptr<RolloutEnv> make_game(EnvInfo info, const EnvKwargs& kwargs, std::uint64_t seed) {
  const std::vector<std::uint32_t> words = SeedSequence(std::span(&seed, 1)).generate_state(2);
  AtariKwargs own = std::get<AtariKwargs>(kwargs);
  own.sticky_seed = words[1];
  return make_native<AtariEnv>(std::move(info), own, words[0]);
}

}  // namespace

EnvMakers atari_makers() {
  if (!AleFiles::installed().are_there()) return {};
  return {make_games, make_game};
}

}  // namespace slm
