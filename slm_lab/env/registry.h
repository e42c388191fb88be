#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/config.h"
#include "slm_lab/env/rollout_env.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/env/wrappers.h"

namespace slm {

class ThreadPool;

struct Spaces {
  Space obs, action;
  int max_episode_steps = 0;      ///< where the table doesn't know
  int num_frames = 1;             ///< as in EnvInfo
  std::string model_sha256 = {};  ///< as in EnvInfo
};

/// How copies of an environment are made; nullptr in both where the part that it needs is not there.
struct EnvMakers {
  std::unique_ptr<VecEnv> (*make)(EnvInfo, const EnvKwargs&, std::vector<Rng>, ThreadPool*) = nullptr;
  std::unique_ptr<RolloutEnv> (*make_rollout)(EnvInfo, const EnvKwargs&, std::uint64_t seed) = nullptr;
};

/// One row of the table of environments. An environment is added by its type (env_step.h), its kwargs and a row.
struct EnvEntry {
  std::string_view name;    ///< Gymnasium id; "ALE/" stands for every id of the Arcade Learning Environment,
                            ///< "gymnasium:" for every environment that Gymnasium makes in Python
  int max_episode_steps;    ///< 0: the environment knows
  double reward_threshold;  ///< Gymnasium's mark of "solved"; NaN where it has none
  Spaces (*spaces)(const EnvKwargs&);
  std::function<EnvKwargs(SpecReader&, std::string_view name)> read_kwargs;  ///< defaults may be those of the id
  EnvMakers makers = {};
  std::string_view part = "";  ///< the optional part that it needs (setup/parts.txt)
  std::string_view why =
      "";  ///< "needs ...": why it does not run here, if it does not; its spec can be checked all the same
  std::optional<double> fall_reward = {};  ///< of the step that ends an episode by a fall, and of no other last step

  bool available() const { return makers.make != nullptr; }
};

std::span<const EnvEntry> env_table();
const EnvEntry* find_env(std::string_view name);  ///< nullptr when unknown
std::vector<std::string> env_names();  ///< every name that find_env() knows, Atari's one by one, but Python's

/// The environment's own arguments, each beside the other keys of the object or in its "kwargs".
EnvKwargs read_arguments(SpecReader& reader, const EnvEntry& entry, std::string_view name);

std::string unknown_env(std::string_view name);  ///< "no such environment; did you mean ...?"

/// Throws MissingPart, or Error(missing) for one that a later version brings, where an environment of the table cannot
/// run here.
void require_env(const std::string& name);

/// What an agent of this spec sees, wrappers included; makes nothing, so it works for every row of the table.
EnvInfo env_info(const EnvConfig& config, int num_envs);

/// The environment with its wrappers. Row i draws from the stream ("env", first_row + i), when evaluating from
/// ("eval_env", first_row + i). Throws as require_env(). `statistics` and `threads` must outlive the result.
std::unique_ptr<VecEnv> make_env(const EnvConfig& config, int num_envs, double gamma, const Streams& streams,
                                 EnvStatistics& statistics, EnvUse use, ThreadPool* threads = nullptr,
                                 int first_row = 0);

/// A bare environment as gymnasium.make(name, **kwargs), whose first reset uses `seed`. `kwargs` are "key=value", the
/// value JSON or else a string. Throws SpecError for an unknown name or key, and as make_env().
std::unique_ptr<RolloutEnv> make_rollout_env(const std::string& name, std::span<const std::string> kwargs,
                                             std::uint64_t seed, Drawn drawn = Drawn::no);

}  // namespace slm
