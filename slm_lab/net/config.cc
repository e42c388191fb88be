#include "slm_lab/net/config.h"

#include <algorithm>
#include <cctype>
#include <variant>

#include "slm_lab/net/init.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const ActivationEntry& entry : kActivations) names.emplace_back(entry.name);
  return names;
}

Activation activation_of(const std::string& name) {
  const auto* entry = std::find_if(std::begin(kActivations), std::end(kActivations),
                                   [&](const ActivationEntry& e) { return name == e.name; });
  return entry->value;
}

void read_hidden_activation_and_init(SpecReader& r, NetConfig& c) {
  std::optional<std::string> activation = "identity";
  r.require("hid_layers_activation", activation, "activation after each hidden layer; null: none",
            one_of(activation_names()));
  c.hid_layers_activation = activation_of(activation.value_or("identity"));
  std::optional<std::string> init_fn;
  r.read("init_fn", init_fn, "initialisation of the weights, by the names of torch.nn.init; null: PyTorch's default",
         one_of(init_names()));
  c.init_fn = init_fn.value_or("");
  if (const std::string problem = init_problem(c.init_fn, c.hid_layers_activation); !problem.empty())
    r.problem("init_fn", problem);
}

void read_out_activation(SpecReader& r, NetConfig& c) {
  std::optional<std::variant<std::string, std::vector<std::string>>> names;
  r.read("out_layer_activation", names, "activation of the output, or one per head; null: none",
         one_of(activation_names()));
  if (!names) return;
  if (const auto* one = std::get_if<std::string>(&*names))
    c.out_layer_activation = {activation_of(*one)};
  else
    for (const std::string& name : std::get<1>(*names)) c.out_layer_activation.push_back(activation_of(name));
}

void read_learning(SpecReader& r, NetConfig& c) {
  r.read("clip_grad_val", c.clip_grad_val, "largest L2 norm of the gradient; null: not clipped", above(0));
  if (auto child = r.child("loss_spec", "the regression loss")) c.loss_spec = read_loss_config(*child);
  if (auto child = r.child("optim_spec", "the optimiser")) c.optim_spec = read_optimizer_config(*child);
  if (auto child = r.child("lr_scheduler_spec", "how the learning rate moves; null: not at all"))
    c.lr_scheduler_spec = read_lr_schedule_config(*child);
}

void read_target_update(SpecReader& r, NetConfig& c) {
  r.read("update_type", c.update_type, "how a target net follows the online net", one_of({"replace", "polyak"}));
  r.read("update_frequency", c.update_frequency, "frames between two replacements of the target net", at_least(1));
  r.read("polyak_coef", c.polyak_coef, "weight of the online net: target = c * online + (1 - c) * target",
         between(0, 1));
}

void read_policy_start(SpecReader& r, NetConfig& c) {
  r.read("log_std_init", c.log_std_init, "start of a log standard deviation that does not depend on the state");
  r.read("actor_init_std", c.actor_init_std, "gain of the orthogonal start of the policy head", above(0));
  r.read("critic_init_std", c.critic_init_std, "gain of the orthogonal start of the value head", above(0));
}

void read_hid_layers(SpecReader& r, NetConfig& c) {
  r.require("hid_layers", c.hid_layers, "widths of the hidden layers", at_least(1));
  if (c.hid_layers.empty() && r.has("hid_layers")) r.problem("hid_layers", "expected at least one hidden layer");
}

void read_mlp(SpecReader& r, NetConfig& c) {
  read_hid_layers(r, c);
  r.inert("normalize", "had no effect in the reference for MLPNet; see env.normalize_obs");
  r.inert("batch_norm", "had no effect in the reference for MLPNet");
  bool layer_norm = false;
  r.read("layer_norm", layer_norm, "normalise the inputs of each hidden activation; not in this version");
  if (layer_norm) r.problem("layer_norm", "layer_norm is not in this version yet; expected false");
}

void read_conv(SpecReader& r, NetConfig& c) {
  r.require("conv_hid_layers", c.conv_hid_layers, "rows of out_channels, kernel, stride, padding, dilation",
            at_least(0));
  for (const std::vector<int>& row : c.conv_hid_layers)
    if (row.size() != 5 || row[0] < 1 || row[1] < 1 || row[2] < 1 || row[4] < 1) {
      r.problem("conv_hid_layers",
                "expected rows of [out_channels, kernel, stride, padding, dilation], of which only "
                "the padding may be 0");
      break;
    }
  r.require("fc_hid_layers", c.fc_hid_layers, "widths of the dense layers after the convolutions", at_least(1));
  r.read("normalize", c.normalize, "divide the input by 255");
  c.batch_norm = c.type == "ConvNet";
  r.read("batch_norm", c.batch_norm, "batch normalisation after each convolution but the first");
}

void read_recurrent(SpecReader& r, NetConfig& c) {
  r.read("cell_type", c.cell_type, "kind of recurrent cell", one_of({"GRU", "RNN", "LSTM"}));
  r.require("fc_hid_layers", c.fc_hid_layers, "widths of the dense layers before the recurrent ones", at_least(1));
  r.require("rnn_hidden_size", c.rnn_hidden_size, "width of the recurrent state", at_least(1));
  r.read("rnn_num_layers", c.rnn_num_layers, "recurrent layers", at_least(1));
  r.read("bidirectional", c.bidirectional, "read the sequence in both directions");
  r.require("seq_len", c.seq_len, "length of the sequence", at_least(1));
}

/// The keys of one net; `r` may be an actor_ or critic_ view.
NetConfig read_one_net(SpecReader& r) {
  NetConfig c;
  r.choose("type", net_type_names(), "kind of network", [&](const std::string& type, SpecReader& rest) {
    c.type = type;
    read_hidden_activation_and_init(rest, c);
    if (type != "DuelingMLPNet" && type != "DuelingConvNet") read_out_activation(rest, c);
    read_learning(rest, c);
    read_target_update(rest, c);
    read_policy_start(rest, c);
    for (const char* key : {"gpu", "cuda_id"}) rest.inert(key, "the device is no part of an experiment's meaning");
    if (type == "MLPNet" || type == "DuelingMLPNet") read_mlp(rest, c);
    if (type == "ConvNet" || type == "DuelingConvNet") read_conv(rest, c);
    if (type == "RecurrentNet") read_recurrent(rest, c);
    if (type == "HydraMLPNet") rest.inert("hid_layers", "HydraMLPNet is not in this version");
  });
  return c;
}

}  // namespace

NetConfig read_net_config(SpecReader& spec) {
  const NetConfig c = read_one_net(spec);
  for (const char* key : {"shared", "use_same_optim"})
    spec.inert(key, "belongs to algorithms with an actor and a critic");
  spec.done();
  return c;
}

ActorCriticNetConfig read_actor_critic_net_config(SpecReader& spec) {
  ActorCriticNetConfig c;
  spec.require("shared", c.shared, "one body for policy and value instead of two nets");
  spec.require("use_same_optim", c.use_same_optim, "the critic takes all settings of the actor");
  SpecReader actor = spec.overridden_by("actor_");
  c.actor = read_one_net(actor);
  SpecReader critic = spec.overridden_by("critic_");
  c.critic = read_one_net(critic);
  if (c.use_same_optim) c.critic = c.actor;
  spec.done();
  return c;
}

}  // namespace slm
