#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/batch_renorm.h"
#include "slm_lab/net/conv_shape.h"
#include "slm_lab/net/loss.h"
#include "slm_lab/net/lr_schedule.h"
#include "slm_lab/net/optimizer.h"
#include "slm_lab/spec/reader.h"

namespace slm {

struct Space;

// What each net type reads for itself.

struct MlpConfig {
  std::vector<int> hid_layers;  ///< widths
  bool layer_norm = false;      ///< normalise the input of each hidden activation over its row
};
struct DuelingMlpConfig {
  std::vector<int> hid_layers;  ///< widths of the body that value and advantages share
  bool layer_norm = false;      ///< as of an MLP
};
struct HydraMlpConfig {};
struct ConvConfig {
  std::vector<std::vector<int>> conv_hid_layers;  ///< rows: out_channels, kernel, stride, padding, dilation
  std::vector<int> fc_hid_layers = {};            ///< widths of the dense layers that follow
  bool normalize = false;                         ///< divide the input by 255
  bool batch_norm = false;                        ///< after each convolution but the first
};
struct DuelingConvConfig : ConvConfig {};
struct ImpalaConfig {
  std::vector<int> channels;       ///< of each stage of residual convolutions
  std::vector<int> fc_hid_layers;  ///< widths of the dense layers that follow
  bool normalize = false;          ///< divide the input by 255
};
struct DuelingImpalaConfig : ImpalaConfig {};
struct RecurrentConfig {
  std::vector<int> fc_hid_layers;  ///< widths of the dense layers before the recurrent ones
  std::string cell_type = "GRU";
  int rnn_hidden_size = 1;
  int rnn_num_layers = 1;
  bool bidirectional = false;
  int seq_len = 1;
};
using NetTypeConfig = std::variant<MlpConfig, DuelingMlpConfig, HydraMlpConfig, ConvConfig, DuelingConvConfig,
                                   ImpalaConfig, DuelingImpalaConfig, RecurrentConfig>;

/// The net types that a spec may name, those not in this version included.
std::vector<std::string> net_type_names();
std::string net_type_name(const NetTypeConfig& type);
std::vector<ConvLayerShape> conv_layer_shapes(const ConvConfig& conv);
/// Of an image (channels, height, width), or (height, width) of one channel.
ImageShape image_shape(const Space& observations);
/// What keeps a net of the type from seeing these observations, and what would see them; empty where nothing does.
std::string observations_problem(const NetTypeConfig& type, const Space& observations);

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

/// Both read the whole object and end it with done(). Of an actor and a critic in nets of their own, `use` is parted
/// between them: the policy is the actor's, value and loss are the critic's.
NetConfig read_net_config(SpecReader& spec, const NetUse& use);
/// Of an actor and critics that are nets of their own whatever the spec says, the critics with batch renormalisation.
ActorCriticNetConfig read_batch_renorm_net_config(SpecReader& spec);
ActorCriticNetConfig read_actor_critic_net_config(SpecReader& spec, const NetUse& use);

}  // namespace slm
