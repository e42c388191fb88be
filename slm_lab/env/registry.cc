#include "slm_lab/env/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "slm_lab/base/near_name.h"
#include "slm_lab/env/atari/makers.h"
#include "slm_lab/env/atari_games.h"
#include "slm_lab/env/box2d/makers.h"
#include "slm_lab/env/classic_control/acrobot.h"
#include "slm_lab/env/classic_control/cartpole.h"
#include "slm_lab/env/classic_control/mountain_car.h"
#include "slm_lab/env/classic_control/mountain_car_continuous.h"
#include "slm_lab/env/classic_control/pendulum.h"
#include "slm_lab/env/gymnasium/makers.h"
#include "slm_lab/env/mujoco/makers.h"
#include "slm_lab/env/mujoco_spaces.h"
#include "slm_lab/env/native_env.h"
#include "slm_lab/env/part_spaces.h"
#include "slm_lab/spec/reader.h"

namespace slm {
namespace {

auto whatever_the_name(EnvKwargs (*read_kwargs)(SpecReader&)) {
  return [read_kwargs](SpecReader& reader, std::string_view) { return read_kwargs(reader); };
}

template <SingleEnv Env>
EnvEntry native(std::string_view name, int max_episode_steps, double reward_threshold,
                EnvKwargs (*read_kwargs)(SpecReader&)) {
  return {name, max_episode_steps, reward_threshold, spaces_of<Env>, whatever_the_name(read_kwargs), makers_of<Env>()};
}

constexpr std::string_view kAtari = "ALE/", kInPython = "gymnasium:";  // rows of families

constexpr std::string_view kNeedsBox2d = "needs Box2D; install it with: ./slm-lab setup box2d";
constexpr std::string_view kNeedsMujoco = "needs MuJoCo; install it with: ./slm-lab setup mujoco";
constexpr std::string_view kNeedsOldMujoco = "needs MuJoCo's tasks of version 4, which are not in this version yet";
constexpr std::string_view kNeedsAle = "needs the Arcade Learning Environment; install it with: ./slm-lab setup ale";

template <class Kwargs>
EnvKwargs read_mujoco_kwargs(SpecReader& reader) {
  Kwargs k;
  read(reader, k);
  if (reader.describing()) return k;
  // Gymnasium's own models are known to be right.
  for (const char* key : {"xml_file", "main_body"}) {
    if (!reader.has(key)) continue;
    if (const std::string problem = mujoco_problem(k); !problem.empty()) reader.problem(key, problem);
    break;
  }
  return k;
}

template <class Kwargs>
Spaces mujoco_spaces_of(const EnvKwargs& kwargs) {
  const auto* own = std::get_if<Kwargs>(&kwargs);
  return mujoco_spaces(own ? *own : Kwargs{});
}

template <class Kwargs>
EnvEntry mujoco(std::string_view name, int max_episode_steps, double reward_threshold) {
  return {name,
          max_episode_steps,
          reward_threshold,
          mujoco_spaces_of<Kwargs>,
          whatever_the_name(read_mujoco_kwargs<Kwargs>),
          mujoco_makers(name),
          "mujoco",
          kNeedsMujoco};
}

/// Actions lie in [-bound_tenths / 10, bound_tenths / 10].
template <int obs_dim, int action_dim, int bound_tenths = 10>
EnvEntry old_mujoco(std::string_view name, int max_episode_steps, double reward_threshold) {
  return {name,
          max_episode_steps,
          reward_threshold,
          old_mujoco_spaces<obs_dim, action_dim, bound_tenths>,
          whatever_the_name(read_no_kwargs),
          {},
          "",
          kNeedsOldMujoco};
}

EnvEntry box2d(std::string_view name, int max_episode_steps, double reward_threshold,
               Spaces (*spaces)(const EnvKwargs&), EnvKwargs (*read_kwargs)(SpecReader&), EnvMakers makers) {
  return {name,   max_episode_steps, reward_threshold, spaces, whatever_the_name(read_kwargs),
          makers, "box2d",           kNeedsBox2d};
}

EnvEntry bipedal_walker(std::string_view name, int max_episode_steps, EnvKwargs (*read_kwargs)(SpecReader&)) {
  EnvEntry entry = box2d(name, max_episode_steps, 300, bipedal_walker_spaces, read_kwargs, bipedal_walker_makers());
  entry.fall_reward = -100;
  return entry;
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<EnvEntry> rows() {
  return {
      // name, max_episode_steps, reward_threshold, reader of its keys
      native<CartPole>("CartPole-v1", 500, 475, read_cartpole_kwargs),
      native<CartPole>("CartPole-v0", 200, 195, read_cartpole_kwargs),
      native<Acrobot>("Acrobot-v1", 500, -100, read_no_kwargs),
      native<MountainCar>("MountainCar-v0", 200, -110, read_mountain_car_kwargs),
      native<MountainCarContinuous>("MountainCarContinuous-v0", 999, 90, read_mountain_car_kwargs),
      native<Pendulum>("Pendulum-v1", 200, kNone, read_pendulum_kwargs),
      box2d("LunarLander-v3", 1000, 200, lunar_lander_spaces, read_lunar_lander_kwargs, lunar_lander_makers()),
      box2d("LunarLanderContinuous-v3", 1000, 200, lunar_lander_spaces, read_lunar_lander_continuous_kwargs,
            lunar_lander_makers()),
      bipedal_walker("BipedalWalker-v3", 1600, read_bipedal_walker_kwargs),
      bipedal_walker("BipedalWalkerHardcore-v3", 2000, read_bipedal_walker_hardcore_kwargs),
      mujoco<HopperKwargs>("Hopper-v5", 1000, 3800),
      mujoco<HalfCheetahKwargs>("HalfCheetah-v5", 1000, 4800),
      mujoco<Walker2dKwargs>("Walker2d-v5", 1000, kNone),
      mujoco<AntKwargs>("Ant-v5", 1000, 6000),
      mujoco<SwimmerKwargs>("Swimmer-v5", 1000, 360),
      mujoco<ReacherKwargs>("Reacher-v5", 50, -3.75),
      mujoco<PusherKwargs>("Pusher-v5", 100, 0),
      mujoco<InvertedPendulumKwargs>("InvertedPendulum-v5", 1000, 950),
      mujoco<InvertedDoublePendulumKwargs>("InvertedDoublePendulum-v5", 1000, 9100),
      mujoco<HumanoidKwargs>("Humanoid-v5", 1000, kNone),
      mujoco<HumanoidStandupKwargs>("HumanoidStandup-v5", 1000, kNone),
      old_mujoco<11, 3>("Hopper-v4", 1000, 3800),
      old_mujoco<17, 6>("HalfCheetah-v4", 1000, 4800),
      old_mujoco<17, 6>("Walker2d-v4", 1000, kNone),
      old_mujoco<27, 8>("Ant-v4", 1000, 6000),
      old_mujoco<8, 2>("Swimmer-v4", 1000, 360),
      old_mujoco<11, 2>("Reacher-v4", 50, -3.75),
      old_mujoco<23, 7, 20>("Pusher-v4", 100, 0),
      old_mujoco<4, 1, 30>("InvertedPendulum-v4", 1000, 950),
      old_mujoco<11, 1>("InvertedDoublePendulum-v4", 1000, 9100),
      old_mujoco<376, 17, 4>("Humanoid-v4", 1000, kNone),
      old_mujoco<376, 17, 4>("HumanoidStandup-v4", 1000, kNone),
      EnvEntry{kAtari, 0, kNone, atari_spaces, read_atari_kwargs, atari_makers(), "ale", kNeedsAle},
      EnvEntry{kInPython, 0, kNone, gymnasium_spaces, read_gymnasium_kwargs, gymnasium_makers()},
  };
}

const std::vector<EnvEntry>& table() {
  static const std::vector<EnvEntry> envs = rows();
  return envs;
}

}  // namespace

std::span<const EnvEntry> env_table() { return table(); }

const EnvEntry* find_env(std::string_view name) {
  if (name == kAtari || name == kInPython) return nullptr;
  const std::string_view row = find_atari_id(name) ? kAtari : name.starts_with(kInPython) ? kInPython : name;
  const auto found = std::ranges::find(table(), row, &EnvEntry::name);
  return found == table().end() ? nullptr : &*found;
}

std::vector<std::string> env_names() {
  std::vector<std::string> names;
  for (const EnvEntry& entry : table())
    if (entry.name != kAtari && entry.name != kInPython) names.emplace_back(entry.name);
  std::ranges::move(atari_ids(), std::back_inserter(names));
  return names;
}

EnvKwargs read_arguments(SpecReader& reader, const EnvEntry& entry, std::string_view name) {
  if (entry.name == kInPython) return entry.read_kwargs(reader, name);  // whose "kwargs" Python reads
  SpecReader kwargs = reader.child_or_empty("kwargs", "arguments of the environment");
  SpecReader either = reader.or_in(kwargs);
  EnvKwargs read = entry.read_kwargs(either, name);
  kwargs.inert("render_mode", "environments are not drawn while training");
  kwargs.done();
  return read;
}

std::string unknown_env(std::string_view name) {
  if (name == kInPython) return "expected the id of an environment of Gymnasium behind it: gymnasium:CartPole-v1, say";
  const auto near = near_name(name, env_names());
  return fmt::format("no such environment{} (slm-lab names env)", near ? "; did you mean " + *near + "?" : "");
}

}  // namespace slm
