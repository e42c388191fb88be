#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/played_env.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/env/rollout_row.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

const EnvEntry& entry_of(const std::string& name) {
  const EnvEntry* entry = find_env(name);
  ensure(entry != nullptr, "the environment's name was checked when the spec was read");
  return *entry;
}

EnvInfo raw_info(const std::string& name, const EnvKwargs& kwargs, int num_envs) {
  const EnvEntry& entry = entry_of(name);
  Spaces spaces = entry.spaces(kwargs);
  const int limit = std::max(entry.max_episode_steps, spaces.max_episode_steps);
  return {name, std::move(spaces.obs), std::move(spaces.action),      num_envs, limit,
          {},   spaces.num_frames,     std::move(spaces.model_sha256)};
}

FrameOp frame_op(const EnvConfig& config) { return *config.frame_op == "stack" ? FrameOp::stack : FrameOp::concat; }

/// What the wrappers outside of KeepRaw make of a row; those inside have done their part.
Scaling scaling(const EnvConfig& config, const EnvStatistics& statistics) {
  std::optional<ObsScaling> obs;
  if (config.normalize_obs) obs.emplace(statistics.obs, config.clip_obs);
  RewardScaling rewards;
  if (config.normalize_reward) rewards.discounted_return = &statistics.discounted_return;
  if (config.reward_scale) {
    const double* factor = std::get_if<double>(&*config.reward_scale);
    rewards.sign = factor == nullptr;
    if (factor) rewards.factor = *factor;
  }
  if (config.clip_reward) rewards.clip = static_cast<float>(*config.clip_reward);
  return Scaling(std::move(obs), rewards);
}

/// From the inside out, in the order in which each works on what the one before gives.
std::unique_ptr<VecEnv> wrap(std::unique_ptr<VecEnv> env, const EnvConfig& config, double gamma,
                             EnvStatistics& statistics, EnvUse use) {
  if (!env->info().action_space.is_discrete()) {
    if (config.rescale_action)
      env = std::make_unique<RescaleAction>(std::move(env));
    else
      env = std::make_unique<ClipAction>(std::move(env));
  }
  if (config.fall_reward) {
    const EnvEntry& entry = entry_of(config.name);
    ensure(entry.fall_reward.has_value(), "only environments with falls are given another reward for one");
    env = std::make_unique<FallReward>(std::move(env), *entry.fall_reward, *config.fall_reward);
  }
  if (config.frame_op) env = std::make_unique<FrameStack>(std::move(env), frame_op(config), config.frame_op_len);
  if (use == EnvUse::train && (config.normalize_obs || config.normalize_reward))
    env = std::make_unique<KeepRaw>(std::move(env), scaling(config, statistics));
  if (config.normalize_obs) env = std::make_unique<NormalizeObs>(std::move(env), statistics.obs, use, config.clip_obs);
  if (config.normalize_reward)
    env = std::make_unique<NormalizeReward>(std::move(env), statistics.discounted_return, gamma, use);
  if (config.reward_scale) {
    if (const double* scale = std::get_if<double>(&*config.reward_scale))
      env = std::make_unique<ScaleReward>(std::move(env), *scale);
    else
      env = std::make_unique<SignReward>(std::move(env));
  }
  if (config.clip_reward) env = std::make_unique<ClipReward>(std::move(env), *config.clip_reward);
  return env;
}

/// JSON, or else a string. A list or an object is no string that anyone means.
JsonNode value_of(const std::string& assignment, std::size_t equals) {
  const std::string text = assignment.substr(equals + 1), key = assignment.substr(0, equals);
  if (!text.starts_with('{') && !text.starts_with('[')) return parse_value(text);
  return parse_json(text, "--kwarg " + key);
}

/// {"key": value} of "key=value", and {"a": {"b": value}} of "a.b=value", for the same reader that specs go through.
JsonNode object_of(std::span<const std::string> assignments) {
  JsonNode object;
  object.kind = JsonNode::Kind::object;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw SpecError(fmt::format("--kwarg {}: expected KEY=VALUE", assignment));
    set_at_path(object, assignment.substr(0, equals), value_of(assignment, equals), "--kwarg");
  }
  return object;
}

std::unique_ptr<RolloutEnv> make_bare(const std::string& name, EnvKwargs kwargs, std::uint64_t seed, Drawn drawn) {
  if (auto* python = std::get_if<GymnasiumKwargs>(&kwargs)) python->drawn = drawn == Drawn::yes;  // ours always can be
  return entry_of(name).makers.make_rollout(raw_info(name, kwargs, 1), kwargs, seed);
}

}  // namespace

void require_env(const std::string& name) {
  const EnvEntry& entry = entry_of(name);
  if (entry.available()) return;
  const std::string text = fmt::format("{}: {} (slm-lab names env lists what runs here)", name, entry.why);
  if (entry.part.empty()) throw Error(ExitCode::missing, text);
  throw MissingPart(text, std::string(entry.part));
}

EnvInfo env_info(const EnvConfig& config, int num_envs) {
  EnvInfo info = raw_info(config.name, config.kwargs, num_envs);
  if (config.rescale_action && !info.action_space.is_discrete()) {
    info.action_space.low.assign(info.action_space.low.size(), -1);
    info.action_space.high.assign(info.action_space.high.size(), 1);
  }
  if (config.frame_op) info = stacked_info(std::move(info), frame_op(config), config.frame_op_len);
  if (config.normalize_obs) info.obs_space = normalized_space(std::move(info.obs_space), config.clip_obs);
  return info;
}

std::unique_ptr<VecEnv> make_env(const EnvConfig& config, int num_envs, double gamma, const Streams& streams,
                                 EnvStatistics& statistics, EnvUse use, ThreadPool* threads, int first_row) {
  const EnvEntry& entry = entry_of(config.name);
  require_env(config.name);
  std::vector<Rng> rngs;
  for (int i = 0; i < num_envs; ++i)
    rngs.push_back(
        streams.stream(use == EnvUse::train ? "env" : "eval_env", static_cast<std::uint64_t>(first_row + i)));
  auto env = entry.makers.make(raw_info(config.name, config.kwargs, num_envs), config.kwargs, std::move(rngs), threads);
  return wrap(std::move(env), config, gamma, statistics, use);
}

PlayedEnv::PlayedEnv(const EnvConfig& config, double gamma, EnvStatistics& statistics, std::uint64_t seed,
                     Drawn drawn) {
  require_env(config.name);
  bare_ = make_bare(config.name, config.kwargs, seed, drawn);
  wrapped_ = wrap(std::make_unique<RolloutRow>(*bare_, last_), config, gamma, statistics, EnvUse::evaluate);
}

std::unique_ptr<RolloutEnv> make_rollout_env(const std::string& name, std::span<const std::string> kwargs,
                                             std::uint64_t seed, Drawn drawn) {
  if (find_env(name) == nullptr) throw SpecError(fmt::format("{}: {}", name, unknown_env(name)));
  const EnvEntry& entry = entry_of(name);
  // The reader that specs go through finds unknown keys, and the nearest legal ones.
  const JsonNode object = object_of(kwargs);
  SpecReport report(name);
  SpecReader reader(&object, "", report);
  EnvKwargs read = read_arguments(reader, entry, name);
  reader.done();
  report.throw_if_problems();
  require_env(name);
  return make_bare(name, std::move(read), seed, drawn);
}

}  // namespace slm
