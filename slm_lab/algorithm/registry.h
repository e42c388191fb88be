#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slm_lab/algorithm/actor_critic.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/dqn.h"
#include "slm_lab/algorithm/ppo.h"
#include "slm_lab/algorithm/reinforce.h"
#include "slm_lab/algorithm/sac.h"
#include "slm_lab/algorithm/sarsa.h"
#include "slm_lab/algorithm/sil.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/net/config.h"

namespace slm {

struct RandomConfig {};

using AlgorithmConfig = std::variant<RandomConfig, ReinforceConfig, SarsaConfig, DqnConfig, ActorCriticConfig,
                                     PpoConfig, SacConfig, SilConfig, PpoSilConfig>;
using AgentNetConfig = std::variant<std::monostate, NetConfig, ActorCriticNetConfig>;

/// The `agent` object of a spec.
struct AgentConfig {
  std::string name;            ///< a label
  std::string algorithm_name;  ///< of a row of algorithm_table()
  AlgorithmConfig algorithm;
  MemoryConfig memory;
  AgentNetConfig net;  ///< of the kind that the algorithm needs

  double gamma() const;  ///< the algorithm's discount factor; 0.99 where it has none
};

/// One algorithm that a spec may name.
struct AlgorithmEntry {
  enum class NetKind { none, single, actor_critic };
  enum class MemoryKind { any, on_policy, on_policy_batch, replay };
  enum class ActionKind { any, discrete };

  std::string_view name;
  AlgorithmConfig (*read)(SpecReader& reader, const std::string& name);
  NetKind net;
  MemoryKind memory;
  ActionKind actions;
  bool needs_gradient;  ///< of log-probabilities of actions
  std::vector<std::string>
      columns;  ///< its own columns of session_df, in order: explore_var, entropy_coef, clip_eps, ...
  std::unique_ptr<Algorithm> (*make)(const AgentConfig&, const EnvInfo&, const Streams&);  ///< null: in a later version

  bool available() const { return make != nullptr; }
};

const std::vector<AlgorithmEntry>& algorithm_table();
const AlgorithmEntry* find_algorithm(std::string_view name);  ///< nullptr when unknown

AgentConfig read_agent_config(SpecReader& reader);
/// Bytes of its replay when full; 0 without one.
std::int64_t replay_bytes(const AgentConfig& config, const EnvInfo& info);
/// Puts env.max_frame where a schedule that the spec leaves out lasts as long as the session.
void use_budget(AgentConfig& config, std::int64_t max_frame);
/// What the agent and its environment must agree on; problems are reported at the keys of `agent`.
void check_agent(const AgentConfig& config, const EnvInfo& info, SpecReader& agent);

/// Throws Error(missing) for an algorithm of a later version.
std::unique_ptr<Algorithm> make_algorithm(const AgentConfig& config, const EnvInfo& info, const Streams& streams);

}  // namespace slm
