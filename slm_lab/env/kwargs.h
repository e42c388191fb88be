#pragma once

#include <string_view>
#include <variant>

#include "slm_lab/env/atari_kwargs.h"
#include "slm_lab/env/gymnasium_kwargs.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

class SpecReader;

// The environments' own keys, with Gymnasium's names and defaults. In a spec they stand beside the other keys of "env",
// or in "env.kwargs" (registry.h: read_arguments).

struct NoKwargs {};
struct CartPoleKwargs {
  bool sutton_barto_reward = false;
};
struct MountainCarKwargs {
  double goal_velocity = 0;
};
struct PendulumKwargs {
  double g = 10.0;
};
struct LunarLanderKwargs {
  bool continuous = false;
  double gravity = -10.0;
  bool enable_wind = false;
  double wind_power = 15.0;
  double turbulence_power = 1.5;
};
struct BipedalWalkerKwargs {
  bool hardcore = false;
};
using EnvKwargs =
    std::variant<NoKwargs, CartPoleKwargs, MountainCarKwargs, PendulumKwargs, LunarLanderKwargs, BipedalWalkerKwargs,
                 HopperKwargs, HalfCheetahKwargs, Walker2dKwargs, AntKwargs, SwimmerKwargs, ReacherKwargs, PusherKwargs,
                 InvertedPendulumKwargs, InvertedDoublePendulumKwargs, HumanoidKwargs, HumanoidStandupKwargs,
                 AtariKwargs, GymnasiumKwargs>;

// One reader for each kind; none calls done(), since the keys share an object with others.
EnvKwargs read_no_kwargs(SpecReader& reader);
EnvKwargs read_cartpole_kwargs(SpecReader& reader);
EnvKwargs read_mountain_car_kwargs(SpecReader& reader);
EnvKwargs read_pendulum_kwargs(SpecReader& reader);
EnvKwargs read_lunar_lander_kwargs(SpecReader& reader);
EnvKwargs read_lunar_lander_continuous_kwargs(SpecReader& reader);
EnvKwargs read_bipedal_walker_kwargs(SpecReader& reader);
EnvKwargs read_bipedal_walker_hardcore_kwargs(SpecReader& reader);
EnvKwargs read_atari_kwargs(SpecReader& reader, std::string_view name);  ///< whose defaults are those of the id

}  // namespace slm
