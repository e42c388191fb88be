// Every key of the format, for every algorithm: another value changes the weights, or is refused, or the spec's check
// says that it means nothing there (and then it changes nothing). Nothing is ignored in silence.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/error.h"
#include "slm_lab/spec/format.h"
#include "tests/support/agent_spec.h"
#include "tests/support/noise_env.h"

namespace slm::every_key_test {
namespace {

using Json = nlohmann::json;

/// Two specs that differ in the key alone: both are the algorithm's own, patched.
struct KeyChange {
  std::string from, to;  // JSON of `algorithm`, `memory` or `net` (merge patches)
};

// A new key belongs here: two legal values of it, with what must be set for it to matter.
const std::map<std::string, KeyChange>& changes() {
  static const std::map<std::string, KeyChange> table{
      {"algorithm.gamma", {R"({})", R"({"gamma": 0.5})"}},
      {"algorithm.lam", {R"({})", R"({"lam": 0.3})"}},
      {"algorithm.num_step_returns", {R"({"lam": null})", R"({"lam": null, "num_step_returns": 4})"}},
      {"algorithm.training_frequency", {R"({})", R"({"training_frequency": 12})"}},
      {"algorithm.training_iter", {R"({})", R"({"training_iter": 3})"}},
      {"algorithm.training_batch_iter", {R"({})", R"({"training_batch_iter": 3})"}},
      {"algorithm.training_start_step", {R"({})", R"({"training_start_step": 60})"}},
      {"algorithm.training_epoch", {R"({})", R"({"training_epoch": 4})"}},
      {"algorithm.time_horizon", {R"({})", R"({"time_horizon": 12})"}},
      {"algorithm.minibatch_size", {R"({})", R"({"minibatch_size": 4})"}},
      {"algorithm.policy_loss_coef", {R"({})", R"({"policy_loss_coef": 0.3})"}},
      {"algorithm.val_loss_coef", {R"({})", R"({"val_loss_coef": 0.3})"}},
      {"algorithm.normalize_v_targets", {R"({})", R"({"normalize_v_targets": true})"}},
      {"algorithm.normalize_advantages",
       {R"({"normalize_advantages": "none"})", R"({"normalize_advantages": "standardize"})"}},
      {"algorithm.symlog", {R"({})", R"({"symlog": true})"}},
      {"algorithm.center_return", {R"({})", R"({"center_return": true})"}},
      {"algorithm.recompute_advantages", {R"({})", R"({"recompute_advantages": true})"}},
      {"algorithm.target_kl", {R"({})", R"({"target_kl": 1e-7})"}},
      {"algorithm.clip_vloss", {R"({})", R"({"clip_vloss": true})"}},
      {"algorithm.clip_eps_spec",
       {R"({})", R"({"clip_eps_spec": {"name": "linear_decay", "start_val": 0.2, "end_val": 0, "end_step": 60}})"}},
      {"algorithm.entropy_coef_spec",
       {R"({})", R"({"entropy_coef_spec": {"name": "linear_decay", "start_val": 0.3, "end_val": 0, "end_step": 60}})"}},
      {"algorithm.explore_var_spec",
       {R"({})", R"({"explore_var_spec": {"name": "linear_decay", "start_val": 0.5, "end_val": 0, "end_step": 60}})"}},
      {"algorithm.action_pdtype", {R"({})", R"({"action_pdtype": "Argmax"})"}},
      {"algorithm.action_policy", {R"({})", R"({"action_policy": "random"})"}},
      {"algorithm.tanh_mean", {R"({})", R"({"tanh_mean": true})"}},
      {"algorithm.clamp_actions", {R"({})", R"({"clamp_actions": true})"}},
      {"algorithm.sde", {R"({})", R"({"sde": {"sample_freq": 3}})"}},
      {"algorithm.policy_delay", {R"({"policy_delay": 1})", R"({"policy_delay": 2})"}},
      {"algorithm.policy_noise", {R"({})", R"({"policy_noise": 0.5})"}},
      {"algorithm.noise_clip", {R"({})", R"({"noise_clip": 0.1})"}},
      {"algorithm.target_entropy", {R"({})", R"({"target_entropy": 0.2})"}},
      {"algorithm.fixed_alpha", {R"({})", R"({"fixed_alpha": 0.3})"}},
      {"algorithm.alpha_lr", {R"({})", R"({"alpha_lr": 0.3})"}},
      {"algorithm.log_alpha_min", {R"({"alpha_lr": 0.3})", R"({"alpha_lr": 0.3, "log_alpha_min": 0.5})"}},
      {"algorithm.log_alpha_max", {R"({"alpha_lr": 0.3})", R"({"alpha_lr": 0.3, "log_alpha_max": -0.5})"}},
      {"algorithm.sil_policy_loss_coef", {R"({})", R"({"sil_policy_loss_coef": 0.3})"}},
      {"algorithm.sil_val_loss_coef", {R"({})", R"({"sil_val_loss_coef": 0.3})"}},
      {"algorithm.num_atoms", {R"({})", R"({"num_atoms": 11})"}},
      {"algorithm.v_min", {R"({})", R"({"v_min": -2})"}},
      {"algorithm.v_max", {R"({})", R"({"v_max": 2})"}},
      {"algorithm.double", {R"({"training_iter": 10})", R"({"training_iter": 10, "double": true})"}},

      {"memory.batch_size", {R"({})", R"({"batch_size": 6})"}},
      {"memory.max_size", {R"({})", R"({"max_size": 30})"}},
      {"memory.use_cer", {R"({})", R"({"use_cer": true})"}},
      {"memory.sil_replay_name",
       {R"({})", R"({"sil_replay_name": "PrioritizedReplay", "alpha": 0.6, "epsilon": 0.01})"}},
      {"memory.alpha", {R"({})", R"({"alpha": 0.2})"}},
      {"memory.epsilon", {R"({})", R"({"epsilon": 0.5})"}},
      {"memory.importance_weights", {R"({})", R"({"importance_weights": false})"}},
      {"memory.beta", {R"({})", R"({"beta": 0.9})"}},
      {"memory.beta_end_step", {R"({})", R"({"beta_end_step": 50})"}},
      {"memory.stratified", {R"({})", R"({"stratified": true})"}},

      {"net.hid_layers", {R"({})", R"({"hid_layers": [6]})"}},
      {"net.hid_layers_activation", {R"({})", R"({"hid_layers_activation": "relu"})"}},
      {"net.out_layer_activation", {R"({})", R"({"out_layer_activation": "tanh"})"}},
      {"net.init_fn", {R"({})", R"({"init_fn": "xavier_uniform_"})"}},
      {"net.clip_grad_val", {R"({})", R"({"clip_grad_val": 0.05})"}},
      {"net.loss_spec", {R"({})", R"({"loss_spec": {"name": "SmoothL1Loss", "beta": 0.1}})"}},
      {"net.optim_spec", {R"({})", R"({"optim_spec": {"name": "RMSprop", "lr": 0.02}})"}},
      {"net.lr_scheduler_spec", {R"({})", R"({"lr_scheduler_spec": {"name": "LinearToZero", "frame": 200}})"}},
      {"net.update_type",
       {R"({"update_frequency": 4})", R"({"update_type": "polyak", "polyak_coef": 0.3, "update_frequency": null})"}},
      {"net.update_frequency", {R"({"update_frequency": 2})", R"({"update_frequency": 20})"}},
      {"net.polyak_coef",
       {R"({"update_type": "polyak", "polyak_coef": 0.3, "update_frequency": null})",
        R"({"update_type": "polyak", "polyak_coef": 0.1, "update_frequency": null})"}},
      {"net.log_std_init", {R"({})", R"({"log_std_init": -0.5})"}},
      {"net.actor_init_std", {R"({})", R"({"actor_init_std": 0.3})"}},
      {"net.critic_init_std", {R"({})", R"({"critic_init_std": 0.3})"}},
      {"net.shared", {R"({})", R"({"shared": true})"}},
      {"net.use_same_optim",
       {R"({"critic_optim_spec": {"name": "Adam", "lr": 0.1}})",
        R"({"critic_optim_spec": {"name": "Adam", "lr": 0.1}, "use_same_optim": true})"}},
      {"net.precision", {R"({})", R"({"precision": "bf16"})"}},
      {"net.layer_norm", {R"({})", R"({"layer_norm": true})"}},
      {"net.batch_renorm", {R"({})", R"({"batch_renorm": {"momentum": 0.5}})"}},
  };
  return table;
}

/// A key that others leave without effect.
struct SwitchedOff {
  std::string key;       // "algorithm.lam"
  std::string switches;  // JSON of what switches it off, a merge patch
  std::string value;     // JSON: what the key asks for in vain
};

// A key that has an effect only beside certain others belongs here too. Where nothing is lost it need not stand in
// the spec, and where it does the user thinks that it counts.
const std::vector<SwitchedOff> kSwitchedOff{
    {"algorithm.num_step_returns", R"({"lam": 0.8})", "4"},
    {"algorithm.training_frequency", R"({"lam": null, "num_step_returns": 8})", "12"},
    {"algorithm.recompute_advantages", R"({"training_epoch": 1})", "true"},
    {"algorithm.target_kl", R"({"training_epoch": 1})", "1e-7"},
    {"algorithm.noise_clip", R"({"policy_noise": 0})", "0.1"},
    {"algorithm.target_entropy", R"({"fixed_alpha": 0.3})", "0.2"},
    {"algorithm.alpha_lr", R"({"fixed_alpha": 0.3})", "0.3"},
    {"algorithm.log_alpha_min", R"({"fixed_alpha": 0.3})", "0.5"},
    {"algorithm.log_alpha_max", R"({"fixed_alpha": 0.3})", "-0.5"},
    {"memory.beta", R"({"importance_weights": false})", "0.9"},
    {"memory.beta_end_step", R"({"importance_weights": false})", "50"},
};

struct Outcome {
  bool refused = false;
  std::set<std::string> remarked;  // dotted paths of inert keys and of notes
  std::set<std::string> inert;
  std::vector<float> weights;
};

Space action_space(bool discrete) { return discrete ? Space::discrete(3) : Space::box({-1}, {1}); }

Outcome train(const Json& agent, bool discrete) {
  Outcome outcome;
  NoiseEnv env(2, 3, action_space(discrete));
  const JsonNode root = parse_json(agent.dump(), "test.json");
  SpecReport report("test.json");
  const AgentConfig config = read_agent(root, report, env.info(), /*max_frame=*/160);
  outcome.refused = !report.problems().empty();
  if (outcome.refused) return outcome;
  for (const SpecFinding& finding : report.inert_keys()) outcome.inert.insert(finding.path);
  outcome.remarked = outcome.inert;
  for (const SpecFinding& finding : report.notes()) outcome.remarked.insert(finding.path);
  try {
    const auto learner = make_algorithm(config, env.info(), Streams(3, 0, 0));
    run_agent(*learner, env, 80);
    for (const NamedNet& named : learner->nets())
      for (const Tensor& tensor : named.net->parameters().tensors)
        for (const float value : read_tensor(tensor, named.net->parameters().values)) outcome.weights.push_back(value);
  } catch (const SpecError&) {
    outcome.refused = true;
  }
  return outcome;
}

/// The keys that a describing reader asked for in `object`, in the branches that `chosen` takes.
void collect(const FormatObject& object, const Json& chosen, std::vector<const FormatKey*>& keys) {
  for (const FormatKey& key : object.keys)
    if (key.role == FormatKey::Role::field || key.role == FormatKey::Role::child) keys.push_back(&key);
  for (const FormatObject::Choice& choice : object.choices)
    for (const FormatObject::Branch& branch : choice.branches)
      if (chosen.value(choice.key, "") == branch.first) collect(*branch.second, chosen, keys);
}

// What agents below are made of, so that as much as can be has an effect. An algorithm takes the keys that it has...
const Json kAlgorithm = Json::parse(R"({"gamma": 0.9, "lam": 0.8, "training_frequency": 8, "training_start_step": 20,
    "training_iter": 1, "training_batch_iter": 1, "time_horizon": 8, "minibatch_size": 8, "training_epoch": 3,
    "clip_eps_spec": {"name": "no_decay", "start_val": 0.05}, "sil_policy_loss_coef": 1, "sil_val_loss_coef": 0.1})");
// ... these where it learns nothing without them...
const Json kExploration = Json::parse(R"({"action_policy": "epsilon_greedy",
    "explore_var_spec": {"name": "no_decay", "start_val": 0.5}})");
// ... the first memory with which it is legal...
const Json kMemories = Json::parse(R"([{"name": "OnPolicyBatchReplay"},
    {"name": "OnPolicyBatchReplay", "sil_replay_name": "Replay", "batch_size": 8, "max_size": 60},
    {"name": "PrioritizedReplay", "batch_size": 8, "max_size": 60, "alpha": 0.6, "epsilon": 0.01, "beta": 0.3}])");
// ... and the keys of nets that are not inert for it.
const Json kNetKeys = Json::parse(R"({"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh",
    "optim_spec": {"name": "Adam", "lr": 0.02}, "shared": false, "use_same_optim": false})");
// A target net, where there may be one.
const Json kTarget = Json::parse(R"({"update_frequency": 4})");

/// A legal agent of the algorithm, whatever its name.
Json agent_of(const std::string& name, bool discrete) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "agent", report);
  read_agent_config(reader);
  Json algorithm{{"name", name}};
  for (const FormatKey& part : report.format().keys) {
    if (part.name != "algorithm") continue;
    std::vector<const FormatKey*> keys;
    collect(*part.child, algorithm, keys);
    for (const FormatKey* key : keys)
      if (kAlgorithm.contains(key->name)) algorithm[key->name] = kAlgorithm[key->name];
  }
  for (const Json& target : {kTarget, Json::object()})
    for (const Json& exploration : {Json::object(), kExploration})
      for (const Json& memory : kMemories) {
        Json agent{{"name", "test"}, {"algorithm", algorithm}, {"memory", memory}, {"net", kNetKeys}};
        agent["algorithm"].update(exploration);
        agent["net"].update(target);
        const Outcome outcome = train(agent, discrete);
        if (outcome.refused) continue;
        for (const char* part : {"algorithm", "net"}) {
          const Json keys = agent[part];
          for (const auto& [key, value] : keys.items())
            if (outcome.inert.contains(fmt::format("agent.{}.{}", part, key))) agent[part].erase(key);
        }
        return agent;
      }
  return nullptr;
}

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const AlgorithmEntry& entry : algorithm_table())
    if (entry.name != "Random") names.emplace_back(entry.name);
  return names;
}

Json patched(Json agent, const std::string& part, const std::string& patch, const std::string& prefix,
             const std::string& key) {
  Json changed = Json::parse(patch);
  if (!prefix.empty() && changed.contains(key)) {
    changed[prefix + key] = changed[key];
    changed.erase(key);
  }
  agent[part].merge_patch(changed);
  // JSON's merge patch takes null for "remove"; in a spec null is a value of its own.
  if (changed.contains("lam") && changed["lam"].is_null()) agent[part]["lam"] = nullptr;
  return agent;
}

class EveryKey : public testing::TestWithParam<std::tuple<std::string, bool>> {};

TEST_P(EveryKey, ChangesTheWeightsOrIsNotIgnoredInSilence) {
  const auto& [name, discrete] = GetParam();
  if (!find_algorithm(name)->takes(action_space(discrete))) GTEST_SKIP() << "other actions only";
  const Json agent = agent_of(name, discrete);
  ASSERT_FALSE(agent.is_null())
      << "no legal agent of what stands above agent_of() in slm_lab/algorithm/every_key_test.cc";
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "agent", report);
  read_agent_config(reader);
  for (const FormatKey& part : report.format().keys) {
    if (!part.child) continue;
    std::vector<const FormatKey*> keys;
    collect(*part.child, agent.at(part.name), keys);
    for (const FormatKey* key : keys) {
      const std::string path = part.name + "." + key->name;
      const auto change = changes().find(path);
      if (change == changes().end()) {
        ADD_FAILURE() << path << ": add two values of it to changes() in slm_lab/algorithm/every_key_test.cc";
        continue;
      }
      std::vector<std::string> prefixes{""};
      if (agent.at("net").contains("shared"))
        prefixes.insert(prefixes.end(), key->prefixes.begin(), key->prefixes.end());
      for (const std::string& prefix : prefixes) {
        const Outcome from = train(patched(agent, part.name, change->second.from, "", key->name), discrete);
        const Outcome to = train(patched(agent, part.name, change->second.to, prefix, key->name), discrete);
        if (from.refused || to.refused) continue;
        const std::string changed = "agent." + part.name + "." + prefix + key->name;
        if (to.inert.contains(changed)) {
          EXPECT_EQ(from.weights, to.weights) << changed << " is called inert and is not";
        } else if (!to.remarked.contains(changed)) {
          EXPECT_NE(from.weights, to.weights) << changed << " is ignored in silence";
        }
      }
    }
  }
}

/// Whether `key` is one that the agent's reader asks for, in the part "algorithm", "memory" or "net".
bool has_key(const FormatObject& format, const Json& agent, const std::string& part, const std::string& key) {
  for (const FormatKey& object : format.keys) {
    if (object.name != part) continue;
    std::vector<const FormatKey*> keys;
    collect(*object.child, agent.at(part), keys);
    return std::ranges::any_of(keys, [&](const FormatKey* found) { return found->name == key; });
  }
  return false;
}

bool has_keys(const FormatObject& format, const Json& agent, const std::string& part, const Json& object) {
  for (const auto& [key, value] : object.items())
    if (!has_key(format, agent, part, key)) return false;
  return true;
}

/// Whether `agent` takes the keys of `row`; if so, the one that is switched off changes nothing and is named.
bool expect_named(const SwitchedOff& row, const FormatObject& format, const Json& agent, bool discrete) {
  const std::string part = row.key.substr(0, row.key.find('.')), key = row.key.substr(part.size() + 1);
  if (!has_key(format, agent, part, key) || !has_keys(format, agent, part, Json::parse(row.switches))) return false;
  Json without = patched(agent, part, row.switches, "", "");
  without[part].erase(key);
  Json with = without;
  with[part][key] = Json::parse(row.value);
  const Outcome from = train(without, discrete), to = train(with, discrete);
  if (from.refused || to.refused) return false;  // the keys of another memory
  EXPECT_EQ(from.weights, to.weights) << "it has an effect";
  EXPECT_FALSE(from.remarked.contains("agent." + row.key)) << "it is not there";
  EXPECT_TRUE(to.remarked.contains("agent." + row.key)) << "it is ignored in silence";
  return true;
}

TEST(EveryKeySwitchedOff, IsNamed) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "agent", report);
  read_agent_config(reader);
  std::set<std::string> unseen;
  for (const SwitchedOff& row : kSwitchedOff) unseen.insert(row.key);
  for (const std::string& name : algorithm_names())
    for (const bool discrete : {false, true}) {
      if (!find_algorithm(name)->takes(action_space(discrete))) continue;
      const Json agent = agent_of(name, discrete);
      for (const SwitchedOff& row : kSwitchedOff) {
        SCOPED_TRACE(fmt::format("{} of {}, {} actions", row.key, name, discrete ? "discrete" : "continuous"));
        if (expect_named(row, report.format(), agent, discrete)) unseen.erase(row.key);
      }
    }
  EXPECT_THAT(unseen, testing::IsEmpty()) << "keys of no algorithm";
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryKey, testing::Combine(testing::ValuesIn(algorithm_names()), testing::Bool()),
                         [](const auto& instance) {
                           return std::get<0>(instance.param) +
                                  (std::get<1>(instance.param) ? "Discrete" : "Continuous");
                         });

}  // namespace
}  // namespace slm::every_key_test
