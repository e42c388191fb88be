#include "slm_lab/algorithm/memory_checks.h"

#include <fmt/format.h>

#include "slm_lab/base/memory_limit.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/memory/replay.h"

namespace slm {

void check_on_policy_memory(const MemoryConfig& memory, const EnvInfo& info, AgentReader& agent) {
  if (memory.is_replay())
    agent.memory.problem("name",
                         fmt::format("{} is on-policy: expected OnPolicyBatchReplay or OnPolicyReplay", agent.name));
  const bool keeps_episodes = memory.name == "OnPolicyReplay" || memory.name == "OnPolicyCrossEntropy";
  if (keeps_episodes && info.num_envs > 1)
    agent.memory.problem("name", fmt::format("{} keeps the episodes of one environment; either set env.num_envs = 1 or "
                                             "use OnPolicyBatchReplay, whose training_frequency counts steps",
                                             memory.name));
}

void check_on_policy_batch_memory(const MemoryConfig& memory, AgentReader& agent) {
  if (memory.name != "OnPolicyBatchReplay")
    agent.memory.problem("name", fmt::format("{} trains on OnPolicyBatchReplay", agent.name));
}

void check_replay_memory(const MemoryConfig& memory, std::int64_t bytes, const EnvInfo& info, AgentReader& agent) {
  if (!memory.is_replay()) {
    agent.memory.problem("name", fmt::format("{} is off-policy: expected Replay or PrioritizedReplay", agent.name));
    return;
  }
  if (const std::int64_t most = largest_replay(memory.replay, info); memory.replay.max_size > most)
    agent.memory.problem("max_size",
                         fmt::format("so many last observations of episodes cannot be numbered; expected at "
                                     "most {}; nearest legal value: {}",
                                     most, most));
  if (memory.replay.max_size < info.num_envs)
    agent.memory.problem("max_size", fmt::format("expected at least num_envs = {}", info.num_envs));
  check_replay_size(memory.replay, bytes, agent);
}

// Refused before training instead of dying hours later, when the ring has filled.
void check_replay_size(const ReplayConfig& replay, std::int64_t bytes, AgentReader& agent) {
  if (replay.batch_size > replay.max_size)
    agent.memory.problem("batch_size", fmt::format("expected no more than max_size = {}", replay.max_size));
  const auto needed = static_cast<double>(bytes), present = static_cast<double>(memory_limit());
  if (needed > present)
    agent.memory.problem(
        "max_size",
        fmt::format("so many transitions take {}, and this machine has {}; the largest that fits is about {:.0f}",
                    gib_text(needed), gib_text(present), static_cast<double>(replay.max_size) * present / needed));
}

}  // namespace slm
