#pragma once

#include <cstdint>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/memory/config.h"

namespace slm {

/// An algorithm that trains on a rollout; problems go to the keys of `agent.memory`.
void check_on_policy_memory(const MemoryConfig& memory, const EnvInfo& info, AgentReader& agent);
/// One that trains on rollouts of a fixed number of steps.
void check_on_policy_batch_memory(const MemoryConfig& memory, AgentReader& agent);
/// One that trains on a replay of `bytes` when full.
void check_replay_memory(const MemoryConfig& memory, std::int64_t bytes, const EnvInfo& info, AgentReader& agent);
/// The replay itself, also where it stands beside an on-policy memory.
void check_replay_size(const ReplayConfig& replay, std::int64_t bytes, AgentReader& agent);

}  // namespace slm
