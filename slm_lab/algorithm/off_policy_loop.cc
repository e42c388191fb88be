#include "slm_lab/algorithm/off_policy_loop.h"

#include "slm_lab/base/archive.h"

namespace slm {

OffPolicyConfig read_off_policy_config(SpecReader& algorithm, const OffPolicyWords& words) {
  OffPolicyConfig c;
  algorithm.require("gamma", c.gamma, "discount factor", between(0, 1));
  algorithm.require("training_frequency", c.training_frequency, "train every so many frames", at_least(1));
  algorithm.read("training_start_step", c.training_start_step, words.until_start, at_least(0));
  algorithm.read("num_step_returns", c.num_step_returns, "rewards summed before the bootstrap", at_least(1));
  if (words.requires_training_iter) {
    int training_iter = 1;
    algorithm.require("training_iter", training_iter, "batches drawn each time", at_least(1));
    c.training_iter = training_iter;
  } else {
    algorithm.read("training_iter", c.training_iter, "batches drawn each time; default: num_envs", at_least(1));
  }
  return c;
}

namespace {

TrainingSchedule schedule_of(const OffPolicyConfig& config, const ReplayConfig& replay, int num_envs) {
  return {config.training_frequency, config.training_start_step.value_or(replay.batch_size), num_envs};
}

}  // namespace

OffPolicyLoop::OffPolicyLoop(const OffPolicyConfig& config, const ReplayConfig& replay, const EnvInfo& info)
    : config_(config),
      schedule_(schedule_of(config, replay, info.num_envs)),
      num_batches_(config.training_iter.value_or(info.num_envs)),
      replay_(replay, info) {}

void OffPolicyLoop::draw(Rng& rng, std::int64_t frame) {
  replay_.sample(rng, static_cast<float>(config_.gamma), config_.num_step_returns, replay_.beta(frame), batch_);
}

TrainingRate batch_rate(const OffPolicyConfig& config, const ReplayConfig& replay, int num_envs) {
  const TrainingSchedule schedule = schedule_of(config, replay, num_envs);
  return {schedule.rounds_per_frame() * config.training_iter.value_or(num_envs), TrainingRate::Unit::frame,
          schedule.first()};
}

}  // namespace slm
