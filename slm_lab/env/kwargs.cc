#include "slm_lab/env/kwargs.h"

#include "slm_lab/spec/reader.h"

namespace slm {
namespace {

EnvKwargs read_lunar_lander(SpecReader& reader, bool continuous) {
  LunarLanderKwargs k{.continuous = continuous};
  reader.read("continuous", k.continuous, "LunarLander: two throttles in [-1, 1] instead of four discrete actions");
  reader.read("gravity", k.gravity, "LunarLander: gravity",
              {.low = -12, .high = 0, .low_open = true, .high_open = true, .names = {}});
  reader.read("enable_wind", k.enable_wind, "LunarLander: wind pushes and turns the lander");
  reader.read("wind_power", k.wind_power, "LunarLander: largest linear wind", between(0, 20));
  reader.read("turbulence_power", k.turbulence_power, "LunarLander: largest turning wind", between(0, 2));
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

EnvKwargs read_atari_kwargs(SpecReader& reader) {
  AtariKwargs k;
  reader.read("frameskip", k.frameskip, "Atari: emulator frames per step", between(1, 1000));
  reader.read("repeat_action_probability", k.repeat_action_probability,
              "Atari: sticky actions, the chance that the emulator repeats the last one", between(0, 1));
  reader.read("full_action_space", k.full_action_space, "Atari: all 18 actions instead of those the game uses");
  reader.read("max_num_frames_per_episode", k.max_num_frames_per_episode,
              "Atari: emulator frames after which an episode is truncated", between(1, 1e9));
  reader.read("stack_num", k.stack_num, "Atari: screens in one observation", between(1, 64));
  reader.read("noop_max", k.noop_max, "Atari: most no-op steps at the start of an episode", between(0, 10000));
  reader.read("use_fire_reset", k.use_fire_reset, "Atari: press FIRE at the start where the game has it");
  reader.read("episodic_life", k.episodic_life, "Atari: losing a life ends the episode");
  reader.read("life_loss_info", k.life_loss_info, "Atari: losing a life counts as termination, but the game goes on");
  reader.read("reward_clipping", k.reward_clipping,
              "Atari: rewards clipped to [-1, 1] for the learner; returns are logged unclipped");
  reader.read("maxpool", k.maxpool, "Atari: pixelwise maximum of the last two frames of a step");
  return k;
}

}  // namespace slm
