#include "slm_lab/algorithm/off_policy_loop.h"

#include "slm_lab/base/archive.h"

namespace slm {

OffPolicyConfig read_off_policy_config(SpecReader& algorithm, const char* until_start) {
  OffPolicyConfig c;
  algorithm.require("gamma", c.gamma, "discount factor", between(0, 1));
  algorithm.require("training_frequency", c.training_frequency, "train every so many frames", at_least(1));
  algorithm.read("training_start_step", c.training_start_step, until_start, at_least(0));
  algorithm.read("num_step_returns", c.num_step_returns, "rewards summed before the bootstrap", at_least(1));
  return c;
}

namespace {

TrainingSchedule schedule_of(const OffPolicyConfig& config, const ReplayConfig& replay, int num_envs) {
  return {config.training_frequency, config.training_start_step.value_or(replay.batch_size), num_envs};
}

}  // namespace

OffPolicyLoop::OffPolicyLoop(const OffPolicyConfig& config, const ReplayConfig& replay, const EnvInfo& info)
    : config_(config), schedule_(schedule_of(config, replay, info.num_envs)), replay_(replay, info) {}

void OffPolicyLoop::draw(Rng& rng, std::int64_t frame) {
  replay_.sample(rng, static_cast<float>(config_.gamma), config_.num_step_returns, replay_.beta(frame), batch_);
}

TrainingRate round_rate(const OffPolicyConfig& config, const ReplayConfig& replay, int num_envs) {
  const TrainingSchedule schedule = schedule_of(config, replay, num_envs);
  return {schedule.rounds_per_frame(), TrainingRate::Unit::frame, schedule.first()};
}

}  // namespace slm
