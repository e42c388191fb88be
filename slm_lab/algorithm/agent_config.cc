// Reads the `agent` object of a spec and checks what its parts and the environment must agree on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/memory/imitation_replay.h"
#include "slm_lab/memory/replay.h"

namespace slm {
namespace {

constexpr double kDefaultGamma = 0.99;  // the reference's, for reward normalisation

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const AlgorithmEntry& entry : algorithm_table()) names.emplace_back(entry.name);
  return names;
}

void read_algorithm(SpecReader& agent, AgentConfig& c) {
  SpecReader reader = agent.require_child("algorithm", "how it learns");
  reader.choose("name", algorithm_names(), "the learning algorithm", [&](const std::string& name, SpecReader& rest) {
    c.algorithm_name = name;
    c.algorithm = find_algorithm(name)->read(rest, name);
  });
  reader.done();
}

void read_net(SpecReader& agent, AgentConfig& c) {
  SpecReader reader = agent.require_child("net", "its neural networks");
  if (reader.describing()) {  // both forms
    read_net_config(reader);
    read_actor_critic_net_config(reader);
    return;
  }
  const AlgorithmEntry* entry = find_algorithm(c.algorithm_name);
  if (!entry || entry->net == AlgorithmEntry::NetKind::none) return;  // nothing in it is used
  if (entry->net == AlgorithmEntry::NetKind::single) {
    c.net = read_net_config(reader);
    if (c.algorithm_name == "VanillaDQN" || c.algorithm_name == "DQNBase")
      for (const char* key : {"update_type", "update_frequency", "polyak_coef"})
        if (reader.has(key)) reader.problem(key, fmt::format("{} has no target net; use DQN", c.algorithm_name));
  } else {
    c.net = read_actor_critic_net_config(reader);
  }
}

/// Has a replay of finished episodes beside its on-policy memory.
bool imitates(const AgentConfig& c) {
  return !c.memory.is_replay() && (c.algorithm_name == "SIL" || c.algorithm_name == "PPOSIL");
}

// Refused before training instead of dying hours later, when the ring has filled.
void check_replay_size(const ReplayConfig& replay, std::int64_t bytes, SpecReader& memory) {
  const auto needed = static_cast<double>(bytes), present = static_cast<double>(memory_limit());
  if (needed > present)
    memory.problem(
        "max_size",
        fmt::format("so many transitions take {}, and this machine has {}; the largest that fits is about {:.0f}",
                    gib_text(needed), gib_text(present), static_cast<double>(replay.max_size) * present / needed));
}

void check_memory(const AgentConfig& c, const AlgorithmEntry& entry, const EnvInfo& info, SpecReader& memory) {
  using Memory = AlgorithmEntry::MemoryKind;
  const std::string& name = c.memory.name;
  if (entry.memory == Memory::on_policy_batch && name != "OnPolicyBatchReplay")
    memory.problem("name", fmt::format("{} trains on OnPolicyBatchReplay", entry.name));
  if (entry.memory == Memory::on_policy && c.memory.is_replay())
    memory.problem("name", fmt::format("{} is on-policy: expected OnPolicyBatchReplay or OnPolicyReplay", entry.name));
  if (entry.memory == Memory::replay && !c.memory.is_replay())
    memory.problem("name", fmt::format("{} is off-policy: expected Replay or PrioritizedReplay", entry.name));
  if (imitates(c) && c.memory.sil_replay_name.empty())
    memory.problem("sil_replay_name", fmt::format("{} needs it: Replay", entry.name));
  if (c.memory.is_replay() && c.memory.replay.max_size < info.num_envs)
    memory.problem("max_size", fmt::format("expected at least num_envs = {}", info.num_envs));
  if (c.memory.is_replay() || imitates(c)) {
    if (c.memory.replay.batch_size > c.memory.replay.max_size)
      memory.problem("batch_size", fmt::format("expected no more than max_size = {}", c.memory.replay.max_size));
    check_replay_size(c.memory.replay, replay_bytes(c, info), memory);
  }
}

void check_minibatch(const PpoConfig& ppo, int num_envs, SpecReader& algorithm) {
  const PpoSizes sizes = ppo_sizes(ppo, num_envs);
  const std::int64_t rollout = static_cast<std::int64_t>(sizes.time_horizon) * num_envs;
  if (sizes.minibatch_size > rollout)
    algorithm.problem("minibatch_size",
                      fmt::format("larger than the rollout: expected at most time_horizon x num_envs = {} x {} = {}",
                                  sizes.time_horizon, num_envs, rollout));
  if (sizes.time_horizon != ppo.time_horizon)
    algorithm.note("time_horizon", fmt::format("rounded up to {}, a multiple of num_envs", sizes.time_horizon));
  if (sizes.minibatch_size != ppo.minibatch_size)
    algorithm.note("minibatch_size", fmt::format("rounded up to {}, a multiple of num_envs", sizes.minibatch_size));
}

const ActionConfig* action_config(const AlgorithmConfig& algorithm) {
  return std::visit(
      [](const auto& c) -> const ActionConfig* {
        if constexpr (requires { c.action; })
          return &c.action;
        else if constexpr (requires { c.base.action; })
          return &c.base.action;
        else
          return nullptr;
      },
      algorithm);
}

const PpoConfig* ppo_config(const AlgorithmConfig& algorithm) {
  if (const auto* ppo = std::get_if<PpoConfig>(&algorithm)) return ppo;
  if (const auto* ppo_sil = std::get_if<PpoSilConfig>(&algorithm)) return &ppo_sil->base;
  return nullptr;
}

}  // namespace

double AgentConfig::gamma() const {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.gamma; })
          return c.gamma;
        else if constexpr (requires { c.base.gamma; })
          return c.base.gamma;
        else
          return kDefaultGamma;
      },
      algorithm);
}

std::int64_t replay_bytes(const AgentConfig& config, const EnvInfo& info) {
  if (config.memory.is_replay()) return replay_bytes(config.memory.replay, info);
  return imitates(config) ? imitation_replay_bytes(config.memory.replay, info) : 0;
}

AgentConfig read_agent_config(SpecReader& reader) {
  AgentConfig c;
  reader.require("name", c.name, "a label for people; nothing depends on it");
  read_algorithm(reader, c);
  SpecReader memory = reader.require_child("memory", "where experience is kept");
  c.memory = read_memory_config(memory);
  read_net(reader, c);
  reader.done();
  return c;
}

void use_budget(AgentConfig& config, std::int64_t max_frame) {
  if (config.memory.replay.beta_end_step == 0) config.memory.replay.beta_end_step = max_frame;
}

void check_agent(const AgentConfig& config, const EnvInfo& info, SpecReader& agent) {
  const AlgorithmEntry* entry = find_algorithm(config.algorithm_name);
  if (!entry || agent.describing() || !agent.has("algorithm") || !agent.has("memory")) return;
  SpecReader algorithm = agent.require_child("algorithm", ""), memory = agent.require_child("memory", "");

  check_memory(config, *entry, info, memory);
  const bool keeps_episodes = config.memory.name == "OnPolicyReplay" || config.memory.name == "OnPolicyCrossEntropy";
  if (entry->memory == AlgorithmEntry::MemoryKind::on_policy && keeps_episodes && info.num_envs > 1)
    memory.problem("name", fmt::format("{} keeps the episodes of one environment; either set env.num_envs = 1 or use "
                                       "OnPolicyBatchReplay, whose training_frequency counts steps",
                                       config.memory.name));
  if (entry->actions == AlgorithmEntry::ActionKind::discrete && !info.action_space.is_discrete()) {
    algorithm.problem("name", fmt::format("{} needs discrete actions, and those of {} are continuous; for it use PPO, "
                                          "ActorCritic, Reinforce or SoftActorCritic",
                                          entry->name, info.name));
  } else if (const ActionConfig* action = action_config(config.algorithm)) {
    check_action_config(*action, info, entry->needs_gradient, algorithm);
  }
  if (std::holds_alternative<SacConfig>(config.algorithm) && !info.action_space.is_discrete() &&
      !std::ranges::all_of(info.action_space.low, [](float x) { return std::isfinite(x); }))
    algorithm.problem("name",
                      fmt::format("SoftActorCritic needs bounded actions; those of {} have no bounds", info.name));
  if (const PpoConfig* ppo = ppo_config(config.algorithm)) check_minibatch(*ppo, info.num_envs, algorithm);
}

}  // namespace slm
