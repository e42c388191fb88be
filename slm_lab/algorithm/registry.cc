#include "slm_lab/algorithm/registry.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/random.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Nets = AlgorithmEntry::NetKind;
using Memory = AlgorithmEntry::MemoryKind;
using Actions = AlgorithmEntry::ActionKind;

AlgorithmConfig read_random(SpecReader& reader, const std::string&) {
  reader.inert("training_frequency", "Random does not train");
  return RandomConfig{};
}
AlgorithmConfig read_reinforce(SpecReader& reader, const std::string&) { return read_reinforce_config(reader); }
AlgorithmConfig read_sarsa(SpecReader& reader, const std::string&) { return read_sarsa_config(reader); }
AlgorithmConfig read_dqn(SpecReader& reader, const std::string& name) { return read_dqn_config(reader, name); }
AlgorithmConfig read_actor_critic(SpecReader& reader, const std::string&) { return read_actor_critic_config(reader); }
AlgorithmConfig read_ppo(SpecReader& reader, const std::string&) { return read_ppo_config(reader); }
AlgorithmConfig read_sac(SpecReader& reader, const std::string&) { return read_sac_config(reader); }
AlgorithmConfig read_sil(SpecReader& reader, const std::string&) { return read_sil_config(reader); }
AlgorithmConfig read_ppo_sil(SpecReader& reader, const std::string&) { return read_ppo_sil_config(reader); }

std::unique_ptr<Algorithm> make_random(const AgentConfig&, const EnvInfo& info, const Streams&) {
  return std::make_unique<Random>(info);
}
std::unique_ptr<Algorithm> make_reinforce(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<Reinforce>(std::get<ReinforceConfig>(c.algorithm), c.memory, std::get<NetConfig>(c.net), info,
                                     streams);
}
std::unique_ptr<Algorithm> make_actor_critic(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<ActorCritic>(std::get<ActorCriticConfig>(c.algorithm), c.memory,
                                       std::get<ActorCriticNetConfig>(c.net), info, streams);
}
std::unique_ptr<Algorithm> make_ppo(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<Ppo>(std::get<PpoConfig>(c.algorithm), std::get<ActorCriticNetConfig>(c.net), info, streams);
}

std::unique_ptr<Algorithm> make_sarsa(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<Sarsa>(std::get<SarsaConfig>(c.algorithm), c.memory, std::get<NetConfig>(c.net), info,
                                 streams);
}
std::unique_ptr<Algorithm> make_dqn(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<Dqn>(std::get<DqnConfig>(c.algorithm), c.memory.replay, std::get<NetConfig>(c.net), info,
                               streams);
}
std::unique_ptr<Algorithm> make_sac(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  return std::make_unique<Sac>(std::get<SacConfig>(c.algorithm), c.memory.replay, std::get<NetConfig>(c.net), info,
                               streams);
}
std::unique_ptr<Algorithm> make_sil(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  const auto& config = std::get<SilConfig>(c.algorithm);
  auto base =
      std::make_unique<ActorCritic>(config.base, c.memory, std::get<ActorCriticNetConfig>(c.net), info, streams);
  const PolicyAccess access = base->access();
  return std::make_unique<SelfImitation>(std::move(base), access, config.imitation, config.base.gamma, c.memory.replay,
                                         info);
}
std::unique_ptr<Algorithm> make_ppo_sil(const AgentConfig& c, const EnvInfo& info, const Streams& streams) {
  const auto& config = std::get<PpoSilConfig>(c.algorithm);
  auto base = std::make_unique<Ppo>(config.base, std::get<ActorCriticNetConfig>(c.net), info, streams);
  const PolicyAccess access = base->access();
  return std::make_unique<SelfImitation>(std::move(base), access, config.imitation, config.base.gamma, c.memory.replay,
                                         info);
}

}  // namespace

const std::vector<AlgorithmEntry>& algorithm_table() {
  using Columns = std::vector<std::string>;
  const Columns value_based{"explore_var"}, reinforce{"entropy_coef", "entropy"}, a2c{"entropy_coef", "entropy"};
  const Columns ppo{"clip_eps", "entropy"}, sac{"alpha"};
  static const std::vector<AlgorithmEntry> table{
      {"Random", read_random, Nets::none, Memory::any, Actions::any, false, {}, make_random},
      {"Reinforce", read_reinforce, Nets::single, Memory::on_policy, Actions::any, true, reinforce, make_reinforce},
      {"SARSA", read_sarsa, Nets::single, Memory::on_policy, Actions::discrete, false, value_based, make_sarsa},
      {"VanillaDQN", read_dqn, Nets::single, Memory::replay, Actions::discrete, false, value_based, make_dqn},
      {"DQNBase", read_dqn, Nets::single, Memory::replay, Actions::discrete, false, value_based, make_dqn},
      {"DQN", read_dqn, Nets::single, Memory::replay, Actions::discrete, false, value_based, make_dqn},
      {"DoubleDQN", read_dqn, Nets::single, Memory::replay, Actions::discrete, false, value_based, make_dqn},
      {"ActorCritic", read_actor_critic, Nets::actor_critic, Memory::on_policy, Actions::any, true, a2c,
       make_actor_critic},
      {"PPO", read_ppo, Nets::actor_critic, Memory::on_policy_batch, Actions::any, true, ppo, make_ppo},
      {"SoftActorCritic", read_sac, Nets::single, Memory::replay, Actions::any, true, sac, make_sac},
      {"SIL", read_sil, Nets::actor_critic, Memory::on_policy, Actions::any, true, a2c, make_sil},
      {"PPOSIL", read_ppo_sil, Nets::actor_critic, Memory::on_policy_batch, Actions::any, true, ppo, make_ppo_sil},
  };
  return table;
}

const AlgorithmEntry* find_algorithm(std::string_view name) {
  for (const AlgorithmEntry& entry : algorithm_table())
    if (entry.name == name) return &entry;
  return nullptr;
}

std::unique_ptr<Algorithm> make_algorithm(const AgentConfig& config, const EnvInfo& info, const Streams& streams) {
  const AlgorithmEntry* entry = find_algorithm(config.algorithm_name);
  ensure(entry != nullptr, "the algorithm's name was checked when the spec was read");
  if (!entry->available())
    throw Error(ExitCode::missing,
                fmt::format("agent.algorithm.name: {} comes with a later version of slm-lab", entry->name));
  return entry->make(config, info, streams);
}

}  // namespace slm
