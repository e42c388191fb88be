#include "slm_lab/env/config.h"

#include <cmath>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/reader.h"

namespace slm {
namespace {

// More would not be a wish but a slip, and some sizes are made before a whole run can be weighed.
constexpr int kMaxEnvs = 1 << 17, kMaxFrames = 1024;
const Range kClip{.low = 0, .high = 1e9, .low_open = true, .high_open = false, .names = {}};

void read_wrapper_keys(SpecReader& reader, EnvConfig& c) {
  reader.read("normalize_obs", c.normalize_obs,
              "observations less their running mean, over their running standard deviation");
  reader.read("clip_obs", c.clip_obs, "normalised observations are clipped to this absolute value", kClip);
  reader.read("normalize_reward", c.normalize_reward,
              "rewards over the running standard deviation of the discounted return; logged returns stay raw");
  reader.read("reward_scale", c.reward_scale, "factor on the rewards that the learner sees, or \"sign\"",
              one_of({"sign"}));
  reader.read("clip_reward", c.clip_reward, "rewards that the learner sees are clipped to this absolute value", kClip);
  reader.read("frame_op", c.frame_op,
              "join the last frame_op_len observations: along the first axis, or along a new one",
              one_of({"concat", "stack"}));
  reader.read("frame_op_len", c.frame_op_len, "observations joined by frame_op", between(2, kMaxFrames));
  reader.read(
      "rescale_action", c.rescale_action,
      "the policy acts in [-1, 1], which is mapped to the bounds; without it actions are clipped to the bounds");

  if (const double* scale = c.reward_scale ? std::get_if<double>(&*c.reward_scale) : nullptr)
    if (*scale == 0 || !(std::abs(*scale) <= 1e9))
      reader.problem("reward_scale", "expected a factor other than 0, at most 1e9 in size, or \"sign\"");
  if (!reader.describing() && c.clip_obs && !c.normalize_obs)
    reader.problem("clip_obs", "needs normalize_obs: true; raw observations are not clipped");
  if (!reader.describing() && reader.has("frame_op_len") && !c.frame_op)
    reader.problem("frame_op_len", "needs frame_op: \"concat\" or \"stack\"");
}

/// Only where falls are marked, or where the name is to be described, filled in or corrected.
void read_fall_reward(SpecReader& reader, const EnvEntry* entry, EnvConfig& c) {
  if (entry == nullptr || entry->fall_reward)
    reader.read("fall_reward", c.fall_reward,
                "BipedalWalker: what the learner sees of the -100 for a fall; logged returns stay raw",
                between(-1e9, 1e9));
}

/// Keys that the reference had and dropped, or that mean nothing here.
void read_other_keys(SpecReader& reader) {
  std::optional<std::int64_t> max_t;
  reader.read("max_t", max_t,
              "the reference's step limit, which it never enforced; episodes end when the environment says so");
  if (max_t) reader.note("max_t", "has no effect: episodes end at the environment's own limit, as in the reference");
  reader.inert("render_mode", "environments are not drawn while training");
  reader.inert("device", "environments run on the processor");
  for (const char* key : {"normalize_state", "image_downsize"}) {
    if (!reader.has(key)) continue;
    reader.inert(key, "removed");
    reader.problem(key, key == std::string_view("normalize_state")
                            ? "removed from the format; use normalize_obs: true"
                            : "removed from the format; Atari screens are always 84 x 84");
  }
}

}  // namespace

EnvConfig read_env_config(SpecReader& reader) {
  EnvConfig c;
  reader.require("name", c.name, "Gymnasium id of the environment (slm-lab names env)");
  if (find_env(c.name) == nullptr) reader.problem("name", unknown_env(c.name));
  reader.read("num_envs", c.num_envs, "environments stepped together; frames advance by as many", between(1, kMaxEnvs));
  reader.require("max_frame", c.max_frame, "frames (steps over all environments) after which the session ends",
                 between(1, 1e15));
  read_wrapper_keys(reader, c);
  const EnvEntry* entry = find_env(c.name);
  read_fall_reward(reader, entry, c);
  if (entry != nullptr) {
    c.kwargs = read_arguments(reader, *entry, c.name);
    if (c.normalize_obs && entry->spaces(c.kwargs).obs.of_bytes)
      reader.problem("normalize_obs", "the observations are bytes, which nets scale themselves; expected false");
  } else {  // the name is to be described, filled in or corrected: any environment's keys may be right
    for (const EnvEntry& any : env_table()) any.read_kwargs(reader, any.name);
  }
  read_other_keys(reader);
  reader.done();
  return c;
}

}  // namespace slm
