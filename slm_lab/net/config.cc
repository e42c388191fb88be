#include "slm_lab/net/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <concepts>
#include <variant>

#include "slm_lab/base/error.h"
#include "slm_lab/base/space.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/init.h"

namespace slm {
namespace {

// More than anyone needs, and far from where sizes overflow.
const Range kWidths = between(1, 65536);

/// Above 0, at most `high`.
Range positive(double high) { return {.low = 0, .high = high, .low_open = true, .high_open = false, .names = {}}; }

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
  r.read("precision", c.precision,
         "of the factors in products of layers: float32; bf16, where this processor has AMX; auto: bf16 where it "
         "has AMX and the layers are wide enough to gain",
         one_of({"float32", "bf16", "auto"}));
  if (c.precision == "bf16" && bf16_kernels() == nullptr)
    r.note("precision", fmt::format("{}; float32 is computed", bf16_missing()));
  r.read("clip_grad_val", c.clip_grad_val, "largest L2 norm of the gradient; null: not clipped", positive(1e9));
  if (auto child = r.child("optim_spec", "the optimiser")) c.optim_spec = read_optimizer_config(*child);
  if (auto child = r.child("lr_scheduler_spec", "how the learning rate moves; null: not at all"))
    c.lr_scheduler_spec = read_lr_schedule_config(*child);
}

TargetUpdateConfig read_target_update(SpecReader& r) {
  TargetUpdateConfig c;
  r.read("update_type", c.update_type, "how a target net follows the online net", one_of({"replace", "polyak"}));
  r.read("update_frequency", c.update_frequency, "frames between two replacements of the target net", between(1, 1e12));
  r.read("polyak_coef", c.polyak_coef,
         "weight of the online net: target = c * online + (1 - c) * target; above 0, and required, with polyak",
         between(0, 1));
  if (r.describing()) return c;
  if (c.is_polyak() && c.polyak_coef == 0)
    r.problem("polyak_coef", "update_type polyak needs it: expected a number above 0 and at most 1");
  if (!c.is_polyak()) r.inert("polyak_coef", "update_type replace copies the online net; see polyak");
  if (c.is_polyak() && c.update_frequency != 1)
    r.inert("update_frequency", "update_type polyak moves the target net with every update");
  return c;
}

void read_policy_start(SpecReader& r, NetConfig& c) {
  r.read("log_std_init", c.log_std_init, "start of a log standard deviation that does not depend on the state",
         between(-20, 20));
  r.read("actor_init_std", c.actor_init_std, "gain of the orthogonal start of the policy head", positive(1e3));
}

// The keys of each type alone.

void read_hid_layers(SpecReader& r, std::vector<int>& hid_layers) {
  r.require("hid_layers", hid_layers, "widths of the hidden layers", kWidths);
  if (hid_layers.empty() && r.has("hid_layers")) r.problem("hid_layers", "expected at least one hidden layer");
}

void read_normalisation(SpecReader& r, bool& layer_norm) {
  r.inert("normalize", "had no effect in the reference for MLPNet; see env.normalize_obs");
  r.inert("batch_norm", "had no effect in the reference for MLPNet");
  r.read("layer_norm", layer_norm, "layer normalisation between each hidden layer and its activation");
}

NetTypeConfig read_mlp(SpecReader& r) {
  MlpConfig c;
  read_hid_layers(r, c.hid_layers);
  read_normalisation(r, c.layer_norm);
  return c;
}

NetTypeConfig read_dueling_mlp(SpecReader& r) {
  DuelingMlpConfig c;
  read_hid_layers(r, c.hid_layers);
  read_normalisation(r, c.layer_norm);
  return c;
}

NetTypeConfig read_hydra_mlp(SpecReader& r) {
  r.inert("hid_layers", "HydraMLPNet is not in this version");
  return HydraMlpConfig{};
}

void read_dense_after_convolutions(SpecReader& r, std::vector<int>& fc_hid_layers) {
  r.require("fc_hid_layers", fc_hid_layers, "widths of the dense layers after the convolutions", kWidths);
}

void read_normalize(SpecReader& r, bool& normalize) { r.read("normalize", normalize, "divide the input by 255"); }

void read_convolutions(SpecReader& r, ConvConfig& c) {
  r.require("conv_hid_layers", c.conv_hid_layers, "rows of out_channels, kernel, stride, padding, dilation",
            between(0, *kWidths.high));
  for (const std::vector<int>& row : c.conv_hid_layers)
    if (row.size() != 5 || row[0] < 1 || row[1] < 1 || row[2] < 1 || row[4] < 1) {
      r.problem("conv_hid_layers",
                "expected rows of [out_channels, kernel, stride, padding, dilation], of which only "
                "the padding may be 0");
      break;
    }
  read_dense_after_convolutions(r, c.fc_hid_layers);
  if (c.conv_hid_layers.empty() && r.has("conv_hid_layers"))
    r.problem("conv_hid_layers", "expected at least one convolution");
  read_normalize(r, c.normalize);
  r.read("batch_norm", c.batch_norm, "batch normalisation after each convolution but the first, behind its activation");
}

NetTypeConfig read_conv(SpecReader& r) {
  ConvConfig c;
  c.batch_norm = true;
  read_convolutions(r, c);
  return c;
}

NetTypeConfig read_dueling_conv(SpecReader& r) {
  DuelingConvConfig c;
  read_convolutions(r, c);
  return c;
}

/// Of an ImpalaConfig or a DuelingImpalaConfig.
template <class Config>
NetTypeConfig read_impala(SpecReader& r) {
  Config c;
  r.require("channels", c.channels, "channels of each stage of residual convolutions, say 16, 32, 32", kWidths);
  if (c.channels.empty() && r.has("channels")) r.problem("channels", "expected at least one stage");
  r.inert("conv_hid_layers", "residual convolutions are given by their channels");
  r.inert("batch_norm", "residual convolutions have none");
  read_dense_after_convolutions(r, c.fc_hid_layers);
  read_normalize(r, c.normalize);
  return c;
}

NetTypeConfig read_recurrent(SpecReader& r) {
  RecurrentConfig c;
  r.read("cell_type", c.cell_type, "kind of recurrent cell", one_of({"GRU", "RNN", "LSTM"}));
  r.require("fc_hid_layers", c.fc_hid_layers, "widths of the dense layers before the recurrent ones", kWidths);
  r.require("rnn_hidden_size", c.rnn_hidden_size, "width of the recurrent state", kWidths);
  r.read("rnn_num_layers", c.rnn_num_layers, "recurrent layers", between(1, 64));
  r.read("bidirectional", c.bidirectional, "read the sequence in both directions");
  r.require("seq_len", c.seq_len, "length of the sequence", kWidths);
  return c;
}

/// In the order of NetTypeConfig.
struct NetTypeEntry {
  const char* name;
  NetTypeConfig (*read)(SpecReader&);
  bool has_out_activation;
  bool sees_images;  ///< else rows of numbers
};
constexpr NetTypeEntry kNetTypes[] = {
    {"MLPNet", read_mlp, true, false},
    {"DuelingMLPNet", read_dueling_mlp, false, false},
    {"HydraMLPNet", read_hydra_mlp, true, false},
    {"ConvNet", read_conv, true, true},
    {"DuelingConvNet", read_dueling_conv, false, true},
    {"ImpalaNet", read_impala<ImpalaConfig>, true, true},
    {"DuelingImpalaNet", read_impala<DuelingImpalaConfig>, false, true},
    {"RecurrentNet", read_recurrent, true, false},
};
static_assert(std::size(kNetTypes) == std::variant_size_v<NetTypeConfig>);

/// What keeps a net of this type from computing in bf16; empty: nothing.
template <class Config>
std::string without_bf16(const Config&) {
  return "";
}
template <class Config>
requires requires(const Config& mlp) { mlp.layer_norm; }
std::string without_bf16(const Config& mlp) { return mlp.layer_norm ? "layer_norm" : ""; }
template <std::derived_from<ConvConfig> Config>
std::string without_bf16(const Config& conv) {
  if (conv.batch_norm && conv.conv_hid_layers.size() > 1) return "batch normalisation of images";
  return conv.fc_hid_layers.empty() ? "a net without dense hidden layers" : "";
}
template <std::derived_from<ImpalaConfig> Config>
std::string without_bf16(const Config&) {
  return "residual convolutions";
}

void refuse_bf16(SpecReader& r, const NetConfig& c, std::string_view what) {
  if (c.precision == "bf16" && !what.empty())
    r.problem("precision", fmt::format("there is no bf16 for {}; expected float32, or auto", what));
}

/// The keys of one net; `r` may be an actor_ or critic_ view.
NetConfig read_one_net(SpecReader& r, const NetUse& use) {
  NetConfig c;
  r.choose("type", net_type_names(), "kind of network", [&](const std::string& type, SpecReader& rest) {
    const NetTypeEntry& entry = *std::ranges::find(kNetTypes, type, &NetTypeEntry::name);
    read_hidden_activation_and_init(rest, c);
    if (entry.has_out_activation) read_out_activation(rest, c);
    read_learning(rest, c);
    if (use.loss)
      if (auto child = rest.child("loss_spec", "the regression loss")) c.loss_spec = read_loss_config(*child);
    if (use.target) c.target = read_target_update(rest);
    if (use.policy) read_policy_start(rest, c);
    if (use.value)
      rest.read("critic_init_std", c.critic_init_std, "gain of the orthogonal start of the value head", positive(1e3));
    c.type = entry.read(rest);
    refuse_bf16(rest, c, std::visit([](const auto& config) { return without_bf16(config); }, c.type));
  });
  return c;
}

/// The keys of parts that the algorithm does not have.
void name_unused(SpecReader& r, const NetUse& use) {
  for (const char* key : {"gpu", "cuda_id"})
    r.inert(key, "the device is no part of an experiment's meaning; nets run on the processor");
  if (!use.policy)
    for (const char* key : {"log_std_init", "actor_init_std"}) r.inert(key, "this algorithm has no policy head");
  if (!use.value) r.inert("critic_init_std", "this algorithm has no value head");
  if (!use.loss) r.inert("loss_spec", "this algorithm fits no values");
  if (!use.batch_renorm) r.inert("batch_renorm", "only the critics of CrossQ are normalised over batches");
  if (!use.target)
    for (const char* key : {"update_type", "update_frequency", "polyak_coef"})
      r.inert(key, "this algorithm has no target net");
}

/// The keys that those with a prefix, or without one, leave without effect.
void name_shadowed(SpecReader& r, const ActorCriticNetConfig& c) {
  if (r.object() == nullptr) return;
  const bool critic_reads = !c.shared && !c.use_same_optim;
  for (const JsonMember& member : r.object()->members) {
    const std::string& key = member.key;
    if (key == "actor_init_std" || key == "critic_init_std") continue;
    if (key.starts_with("critic_") && !critic_reads)
      r.inert(key,
              c.shared ? "shared: one net, which reads actor_ keys" : "use_same_optim: the critic is as the actor");
    else if (r.has("actor_" + key) && !critic_reads)
      r.inert(key, "actor_" + key + " stands before it, and the critic is as the actor");
    else if (r.has("actor_" + key) && r.has("critic_" + key))
      r.inert(key, "actor_" + key + " and critic_" + key + " stand before it");
  }
}

}  // namespace

/// What keeps a net from seeing such an image.
template <class Config>
std::string image_problem(const Config&, const Space&) {
  return "";
}
template <std::derived_from<ConvConfig> Config>
std::string image_problem(const Config& conv, const Space& observations) {
  ImageShape image = image_shape(observations);
  for (const ConvLayerShape& layer : conv_layer_shapes(conv)) {
    const ImageShape out = conv_output(layer, image);
    if (out.height < 1 || out.width < 1)
      return fmt::format(
          "a convolution of conv_hid_layers does not fit: [{}, {}, {}, {}, {}] reaches over {} pixels, and its image "
          "is {} x {} with a padding of {}",
          layer.out_channels, layer.kernel, layer.stride, layer.padding, layer.dilation,
          layer.dilation * (layer.kernel - 1) + 1, image.height, image.width, layer.padding);
    image = out;
  }
  return "";
}

std::vector<std::string> net_type_names() {
  std::vector<std::string> names;
  for (const NetTypeEntry& entry : kNetTypes) names.emplace_back(entry.name);
  return names;
}

std::string net_type_name(const NetTypeConfig& type) { return kNetTypes[type.index()].name; }

std::vector<ConvLayerShape> conv_layer_shapes(const ConvConfig& conv) {
  std::vector<ConvLayerShape> layers;
  for (const std::vector<int>& row : conv.conv_hid_layers)
    layers.push_back({row.at(0), row.at(1), row.at(2), row.at(3), row.at(4)});
  return layers;
}

ImageShape image_shape(const Space& observations) {
  const std::vector<std::int64_t>& shape = observations.shape;
  const auto axis = [&](std::size_t from_end) { return static_cast<int>(shape[shape.size() - from_end]); };
  return {shape.size() == 3 ? axis(3) : 1, axis(2), axis(1)};
}

std::string observations_problem(const NetTypeConfig& type, const Space& observations) {
  const NetTypeEntry& entry = kNetTypes[type.index()];
  if (entry.sees_images && observations.is_image() && observations.shape.size() > 3)
    return fmt::format("convolutions see images of two or three axes, and the observations are {}",
                       fmt::join(observations.shape, " x "));
  if (entry.sees_images == observations.is_image())
    return std::visit([&](const auto& config) { return image_problem(config, observations); }, type);
  if (entry.sees_images)
    return fmt::format(
        "{} sees images, and the observations are rows of {} number{}; expected MLPNet, or DuelingMLPNet", entry.name,
        observations.size(), observations.size() == 1 ? "" : "s");
  return fmt::format(
      "{} sees rows of numbers, and the observations are images of {}; expected ConvNet, DuelingConvNet, ImpalaNet or "
      "DuelingImpalaNet",
      entry.name, fmt::join(observations.shape, " x "));
}

NetConfig read_net_config(SpecReader& spec, const NetUse& use) {
  const NetConfig c = read_one_net(spec, use);
  name_unused(spec, use);
  for (const char* key : {"shared", "use_same_optim"})
    spec.inert(key, "belongs to algorithms with an actor and a critic");
  spec.done();
  return c;
}

ActorCriticNetConfig read_batch_renorm_net_config(SpecReader& spec) {
  ActorCriticNetConfig c;
  SpecReader actor = spec.overridden_by("actor_");
  c.actor = read_one_net(actor, {.policy = true});
  SpecReader critic = spec.overridden_by("critic_");
  c.critic = read_one_net(critic, {.value = true, .loss = true});
  c.critic.batch_renorm = BatchRenormConfig{};
  refuse_bf16(critic, c.critic, "batch_renorm");
  if (auto child = spec.child("batch_renorm",
                              "batch renormalisation between each hidden layer of the critics and its "
                              "activation; absent: with the defaults"))
    c.critic.batch_renorm = read_batch_renorm_config(*child);
  if (const auto* mlp = std::get_if<MlpConfig>(&c.critic.type); mlp && mlp->layer_norm)
    critic.problem("layer_norm", "the critics have batch renormalisation; expected actor_layer_norm");
  if (!spec.describing() && critic.has("type") && !std::holds_alternative<MlpConfig>(c.critic.type) &&
      !std::holds_alternative<ConvConfig>(c.critic.type))
    critic.problem("type", "critics with batch renormalisation are of type MLPNet or ConvNet");
  name_unused(spec, {.policy = true, .value = true, .loss = true, .batch_renorm = true});
  for (const char* key : {"shared", "use_same_optim"})
    spec.inert(key,
               "actor and critics are nets of their own here; give keys of one of them as actor_... or critic_...");
  name_shadowed(spec, c);
  spec.done();
  return c;
}

ActorCriticNetConfig read_actor_critic_net_config(SpecReader& spec, const NetUse& use) {
  ActorCriticNetConfig c;
  spec.require("shared", c.shared, "one body for policy and value instead of two nets");
  spec.require("use_same_optim", c.use_same_optim, "the critic takes all settings of the actor");
  const bool apart = !c.shared && !c.use_same_optim;
  SpecReader actor = spec.overridden_by("actor_");
  c.actor = read_one_net(actor, apart ? NetUse{.policy = use.policy, .target = use.target} : use);
  SpecReader critic = spec.overridden_by("critic_");
  c.critic = read_one_net(critic, {.value = use.value, .loss = use.loss, .target = use.target});
  if (c.use_same_optim) c.critic = c.actor;
  name_unused(spec, use);
  name_shadowed(spec, c);
  spec.done();
  return c;
}

}  // namespace slm
