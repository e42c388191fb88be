#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/loss.h"
#include "slm_lab/net/lr_schedule.h"
#include "slm_lab/net/optimizer.h"
#include "slm_lab/spec/reader.h"

namespace slm {

/// `agent.net` of a spec: one network and how it learns.
struct NetConfig {
  std::string type = "MLPNet";
  std::vector<int> hid_layers;  ///< widths; MLPNet, DuelingMLPNet
  Activation hid_layers_activation = Activation::relu;
  std::vector<Activation> out_layer_activation;  ///< empty: none; one: every head; else one per head
  std::string init_fn;                           ///< empty: PyTorch's defaults
  std::optional<double> clip_grad_val;           ///< largest L2 norm of the gradient
  LossConfig loss_spec;
  OptimizerConfig optim_spec;
  LrScheduleConfig lr_scheduler_spec;

  std::string update_type = "replace";  ///< of a target net: replace or polyak
  std::int64_t update_frequency = 1;    ///< frames between two replacements
  double polyak_coef = 0;               ///< weight of the online net

  std::optional<double> log_std_init;     ///< a log-std parameter that no state moves, starting here
  std::optional<double> actor_init_std;   ///< gain of the policy head
  std::optional<double> critic_init_std;  ///< gain of the value head

  // ConvNet, DuelingConvNet
  std::vector<std::vector<int>> conv_hid_layers;  ///< rows: out_channels, kernel, stride, padding, dilation
  std::vector<int> fc_hid_layers;                 ///< also RecurrentNet
  bool normalize = false;                         ///< divide the input by 255
  bool batch_norm = false;
  // RecurrentNet
  std::string cell_type = "GRU";
  int rnn_hidden_size = 1;
  int rnn_num_layers = 1;
  bool bidirectional = false;
  int seq_len = 1;
};

/// `agent.net` of an algorithm with an actor and a critic: any key may be given apart as actor_<key> or critic_<key>.
struct ActorCriticNetConfig {
  bool shared = false;          ///< one body with policy and value heads; then `critic` is unused
  bool use_same_optim = false;  ///< `critic` is a copy of `actor`
  NetConfig actor, critic;
};

/// Both read the whole object and end it with done().
NetConfig read_net_config(SpecReader& spec);
ActorCriticNetConfig read_actor_critic_net_config(SpecReader& spec);

}  // namespace slm
