#pragma once

#include <cstdint>
#include <memory>

#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/net/config.h"

namespace slm {

/// The plan of an `Agent` that trains its nets on a replay. `Config` has its own settings, and in `loop` those of an
/// OffPolicyLoop; `Agent` is made from (Config, ReplayConfig, Nets, EnvInfo, Streams).
template <class Agent, class Config, class Nets = NetConfig>
class OffPolicyPlan : public AlgorithmPlan {
 public:
  /// Reads the settings of the memory; `config` and `nets` are what the keys of `agent.algorithm` and `agent.net` say.
  OffPolicyPlan(const Config& config, const Nets& nets, AgentReader& agent, bool keeps_last_of_task = false)
      : config_(config), memory_(read_memory_config(agent.memory, agent.max_frame)), nets_(nets) {
    memory_.replay.keeps_last_of_task = keeps_last_of_task;
  }

  double gamma() const final { return config_.loop.gamma; }
  TrainingRate training_rate(int num_envs) const override { return batch_rate(config_.loop, memory_.replay, num_envs); }
  std::int64_t replay_bytes(const EnvInfo& info) const final { return slm::replay_bytes(memory_.replay, info); }
  void check(const EnvInfo& info, AgentReader& agent) const final {
    check_replay_memory(memory_, replay_bytes(info), info, agent);
    check_settings(info, agent);
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const final {
    return std::make_unique<Agent>(config_, memory_.replay, nets_, info, streams);
  }

 protected:
  const Config& config() const { return config_; }
  const Nets& nets() const { return nets_; }

 private:
  /// What check() has to say of the settings of this algorithm and of its nets.
  virtual void check_settings(const EnvInfo& info, AgentReader& agent) const = 0;

  Config config_;
  MemoryConfig memory_;
  Nets nets_;
};

}  // namespace slm
