#include "slm_lab/algorithm/registry.h"

#include "slm_lab/algorithm/actor_critic.h"
#include "slm_lab/algorithm/crossq.h"
#include "slm_lab/algorithm/dqn.h"
#include "slm_lab/algorithm/ppo.h"
#include "slm_lab/algorithm/random.h"
#include "slm_lab/algorithm/reinforce.h"
#include "slm_lab/algorithm/sac.h"
#include "slm_lab/algorithm/sarsa.h"
#include "slm_lab/algorithm/sil.h"
#include "slm_lab/algorithm/td3.h"
#include "slm_lab/base/space.h"

namespace slm {

const std::vector<AlgorithmEntry>& algorithm_table() {
  using enum AlgorithmEntry::ActionKind;
  static const std::vector<AlgorithmEntry> table{
      {"Random", read_random, any, {}},
      {"Reinforce", read_reinforce, any, {"entropy_coef", "entropy"}},
      {"SARSA", read_sarsa, discrete, {"explore_var"}},
      {"VanillaDQN", read_dqn, discrete, {"explore_var"}},
      {"DQNBase", read_dqn, discrete, {"explore_var"}},
      {"DQN", read_dqn, discrete, {"explore_var"}},
      {"DoubleDQN", read_dqn, discrete, {"explore_var"}},
      {"C51", read_dqn, discrete, {"explore_var"}},
      {"ActorCritic", read_actor_critic, any, {"entropy_coef", "entropy"}},
      {"PPO", read_ppo, any, {"clip_eps", "entropy"}},
      {"SoftActorCritic", read_sac, any, {"alpha"}},
      {"CrossQ", read_crossq, any, {"alpha"}},
      {"TD3", read_td3, continuous, {"explore_var"}},
      {"SIL", read_sil, any, {"entropy_coef", "entropy"}},
      {"PPOSIL", read_ppo_sil, any, {"clip_eps", "entropy"}},
  };
  return table;
}

bool AlgorithmEntry::takes(const Space& action_space) const {
  return actions == ActionKind::any || (actions == ActionKind::discrete) == action_space.is_discrete();
}

const AlgorithmEntry* find_algorithm(std::string_view name) {
  for (const AlgorithmEntry& entry : algorithm_table())
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace slm
