#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/batch_renorm.h"
#include "slm_lab/net/loss.h"
#include "slm_lab/net/lr_schedule.h"
#include "slm_lab/net/net_type_config.h"
#include "slm_lab/net/optimizer.h"
#include "slm_lab/spec/reader.h"

namespace slm {

/// How a target net follows its online net.
struct TargetUpdateConfig {
  std::string update_type = "replace";  ///< replace or polyak
  std::int64_t update_frequency = 1;    ///< frames between two replacements
  double polyak_coef = 0;               ///< weight of the online net

  bool is_polyak() const { return update_type == "polyak"; }
};

/// `agent.net` of a spec: one network and how it learns.
struct NetConfig {
  NetTypeConfig type;  ///< of the kind that `agent.net.type` names
  Activation hid_layers_activation = Activation::relu;
  std::vector<Activation> out_layer_activation;  ///< empty: none; one: every head; else one per head
  std::string init_fn;                           ///< empty: PyTorch's defaults
  std::optional<double> clip_grad_val;           ///< largest L2 norm of the gradient
  OptimizerConfig optim_spec;
  LrScheduleConfig lr_scheduler_spec;
  LossConfig loss_spec;

  TargetUpdateConfig target;

  std::optional<double> log_std_init;     ///< a log-std parameter that no state moves, starting here
  std::optional<double> actor_init_std;   ///< gain of the policy head
  std::optional<double> critic_init_std;  ///< gain of the value head

  /// Of the factors in the products of layers: float32, bf16, or auto, which is bf16 where that gains.
  std::string precision = "float32";

  std::optional<BatchRenormConfig> batch_renorm;  ///< of the input of each hidden activation
};

/// What an algorithm makes of its nets. A key of `agent.net` that belongs to a part it does not have is named as inert.
struct NetUse {
  bool policy = false;        ///< a policy head: actor_init_std, log_std_init
  bool value = false;         ///< a value head or critic: critic_init_std
  bool loss = false;          ///< regression on targets: loss_spec
  bool target = false;        ///< a slow copy: update_type, update_frequency, polyak_coef
  bool batch_renorm = false;  ///< critics that are normalised over batches: batch_renorm
};
inline constexpr NetUse kEveryNetUse{true, true, true, true};

/// `agent.net` of an algorithm with an actor and a critic: any key may be given apart as actor_<key> or critic_<key>. A
/// key that the ones before leave without effect is named as inert.
struct ActorCriticNetConfig {
  bool shared = false;          ///< one body with policy and value heads; then `critic` is unused
  bool use_same_optim = false;  ///< `critic` is a copy of `actor`
  NetConfig actor, critic;
};

/// What keeps out_layer_activation from being that of so many heads; empty where nothing does.
std::string out_activation_problem(const NetConfig& config, int num_heads);

/// Both read the whole object and end it with done(). Of an actor and a critic in nets of their own, `use` is parted
/// between them: the policy is the actor's, value and loss are the critic's.
NetConfig read_net_config(SpecReader& spec, const NetUse& use);
/// Of an actor and critics that are nets of their own whatever the spec says, the critics with batch renormalisation.
ActorCriticNetConfig read_batch_renorm_net_config(SpecReader& spec);
ActorCriticNetConfig read_actor_critic_net_config(SpecReader& spec, const NetUse& use);

}  // namespace slm
