#pragma once

#include "slm_lab/env/box2d/bipedal_walker.h"
#include "slm_lab/env/box2d/lunar_lander.h"
#include "slm_lab/env/part_spaces.h"
#include "slm_lab/env/replayed_env.h"

namespace slm {

// Box2D's tasks as rows of the vectoriser, with the measured cost of a step (bench/box2d_bench.cc).
using DiscreteLunarLanderEnv = ReplayedEnv<DiscreteLunarLander, lunar_lander_spaces, 12'000>;
using ContinuousLunarLanderEnv = ReplayedEnv<ContinuousLunarLander, lunar_lander_spaces, 12'000>;
using BipedalWalkerEnv = ReplayedEnv<BipedalWalker, bipedal_walker_spaces, 40'000>;
using LastingBipedalWalkerEnv = ReplayedEnv<LastingBipedalWalker, bipedal_walker_spaces, 40'000>;

}  // namespace slm
