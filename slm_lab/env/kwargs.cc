#include "slm_lab/env/kwargs.h"

#include <fmt/format.h>

#include "slm_lab/spec/reader.h"

namespace slm {
namespace {

/// Gymnasium warns beyond what it recommends.
void read_wind(SpecReader& reader, std::string_view key, double& power, std::string_view doc, double recommended) {
  reader.read(key, power, doc, between(-1e9, 1e9));
  if (power < 0 || power > recommended)
    reader.note(key, fmt::format("Gymnasium recommends a number in [0, {}]", recommended));
}

EnvKwargs read_lunar_lander(SpecReader& reader, bool continuous) {
  LunarLanderKwargs k{.continuous = continuous};
  reader.read("continuous", k.continuous, "LunarLander: two throttles in [-1, 1] instead of four discrete actions");
  reader.read("gravity", k.gravity, "LunarLander: gravity",
              {.low = -12, .high = 0, .low_open = true, .high_open = true, .names = {}});
  reader.read("enable_wind", k.enable_wind, "LunarLander: wind pushes and turns the lander");
  read_wind(reader, "wind_power", k.wind_power, "LunarLander: largest linear wind; Gymnasium recommends 0 to 20", 20);
  read_wind(reader, "turbulence_power", k.turbulence_power,
            "LunarLander: largest turning wind; Gymnasium recommends 0 to 2", 2);
  return k;
}

EnvKwargs read_bipedal_walker(SpecReader& reader, bool hardcore) {
  BipedalWalkerKwargs k{.hardcore = hardcore};
  reader.read("hardcore", k.hardcore, "BipedalWalker: ladders, stumps and pits in the way");
  return k;
}

}  // namespace

EnvKwargs read_no_kwargs(SpecReader&) { return NoKwargs{}; }

EnvKwargs read_cartpole_kwargs(SpecReader& reader) {
  CartPoleKwargs k;
  reader.read("sutton_barto_reward", k.sutton_barto_reward,
              "CartPole: reward 0 while the pole stands and -1 when it falls");
  return k;
}

EnvKwargs read_mountain_car_kwargs(SpecReader& reader) {
  MountainCarKwargs k;
  reader.read("goal_velocity", k.goal_velocity, "MountainCar: least velocity at the flag that counts as arriving",
              between(-0.07, 0.07));
  return k;
}

EnvKwargs read_pendulum_kwargs(SpecReader& reader) {
  PendulumKwargs k;
  reader.read("g", k.g, "Pendulum: gravity, m/s^2", between(-100, 100));
  return k;
}

EnvKwargs read_lunar_lander_kwargs(SpecReader& reader) { return read_lunar_lander(reader, false); }
EnvKwargs read_lunar_lander_continuous_kwargs(SpecReader& reader) { return read_lunar_lander(reader, true); }

EnvKwargs read_bipedal_walker_kwargs(SpecReader& reader) { return read_bipedal_walker(reader, false); }
EnvKwargs read_bipedal_walker_hardcore_kwargs(SpecReader& reader) { return read_bipedal_walker(reader, true); }

}  // namespace slm
