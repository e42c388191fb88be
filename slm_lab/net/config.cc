#include "slm_lab/net/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/init.h"

namespace slm {
namespace {

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
         "of the factors in products of layers: float32; bf16, where this processor gains by it (AMX, or AVX-512 of "
         "AMD); auto: the same, where the layers are wide enough to gain",
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

void refuse_bf16(SpecReader& r, const NetConfig& c, const std::string& what) {
  if (c.precision == "bf16" && !what.empty())
    r.problem("precision", fmt::format("there is no bf16 for {}; expected float32, or auto", what));
}

/// The keys of one net; `r` may be an actor_ or critic_ view.
NetConfig read_one_net(SpecReader& r, const NetUse& use) {
  NetConfig c;
  r.choose("type", net_type_names(), "kind of network", [&](const std::string& type, SpecReader& rest) {
    read_hidden_activation_and_init(rest, c);
    if (has_out_activation(type)) read_out_activation(rest, c);
    read_learning(rest, c);
    if (use.loss)
      if (auto child = rest.child("loss_spec", "the regression loss")) c.loss_spec = read_loss_config(*child);
    if (use.target) c.target = read_target_update(rest);
    if (use.policy) read_policy_start(rest, c);
    if (use.value)
      rest.read("critic_init_std", c.critic_init_std, "gain of the orthogonal start of the value head", positive(1e3));
    c.type = read_net_type(type, rest);
    refuse_bf16(rest, c, without_bf16(c.type));
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

std::string out_activation_problem(const NetConfig& config, int num_heads) {
  const std::size_t given = config.out_layer_activation.size();
  if (given <= 1 || given == static_cast<std::size_t>(num_heads)) return "";
  return fmt::format("{} activations for {} head{}; expected one, or one per head", given, num_heads,
                     num_heads == 1 ? "" : "s");
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
  if (const auto* conv = std::get_if<ConvConfig>(&c.critic.type);
      conv && conv->fc_hid_layers.empty() && critic.has("fc_hid_layers"))
    critic.problem("fc_hid_layers",
                   "the critics have batch renormalisation in their dense layers; expected at least one");
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
