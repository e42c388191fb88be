#include "slm_lab/env/gymnasium/gymnasium_rollout_env.h"

#include <algorithm>

namespace slm {
namespace {

ObsNumber number_of(const GymnasiumFacts& facts) {
  if (facts.obs.of_bytes) return ObsNumber::bytes;
  return facts.obs_is_float64 ? ObsNumber::float64 : ObsNumber::float32;
}

}  // namespace

GymnasiumRolloutEnv::GymnasiumRolloutEnv(EnvInfo info, const GymnasiumKwargs& kwargs, std::uint64_t seed)
    : info_(std::move(info)),
      number_(number_of(kwargs.facts.value())),
      seed_(seed),
      worker_(kwargs, /*first_row=*/0, /*num_rows=*/1, number_) {
  worker_.wait();
}

void GymnasiumRolloutEnv::reset(std::vector<double>& obs) {
  const SharedRows& rows = worker_.rows();
  rows.seed(0) = seed_;
  rows.generator_is_known(0) = 0;
  rows.chosen(0) = 1;
  worker_.ask(started_ ? GymnasiumWorker::Command::reset_chosen : GymnasiumWorker::Command::seed);
  started_ = true;
  read(rows.obs(0), obs);
}

RolloutEnv::Step GymnasiumRolloutEnv::step(std::span<const double> action, std::vector<double>& obs) {
  check_action(info_, action);
  const SharedRows& rows = worker_.rows();
  std::ranges::transform(action, rows.action(0), [](double number) { return static_cast<float>(number); });
  rows.chosen(0) = 1;
  worker_.ask(GymnasiumWorker::Command::step_chosen);
  read(rows.next_obs(0), obs);
  return {rows.reward(0), rows.terminated(0) != 0, rows.truncated(0) != 0};
}

void GymnasiumRolloutEnv::read(const std::byte* shared, std::vector<double>& obs) const {
  const auto size = static_cast<std::size_t>(info_.obs_space.size());
  const auto copy = [&](const auto* numbers) { obs.assign(numbers, numbers + size); };
  switch (number_) {
    case ObsNumber::bytes:
      return copy(reinterpret_cast<const std::uint8_t*>(shared));
    case ObsNumber::float32:
      return copy(reinterpret_cast<const float*>(shared));
    case ObsNumber::float64:
      return copy(reinterpret_cast<const double*>(shared));
  }
}

}  // namespace slm
