// What reading and checking an agent says of settings that do not go together, or not with the environment.
#include "slm_lab/algorithm/agent_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/registry.h"
#include "slm_lab/spec/report.h"
#include "tests/support/agent_spec.h"
#include "tests/support/test_env.h"

namespace slm::agent_config_test {
namespace {

AgentConfig read(const std::string& json, const EnvInfo& info, std::vector<std::string>* problems = nullptr,
                 std::vector<std::string>* notes = nullptr, std::int64_t max_frame = 0) {
  const JsonNode root = parse_json(json, "test.json");
  SpecReport report("test.json");
  SpecReader reader(&root, "agent", report);
  const AgentConfig config = read_agent_config(reader);
  check_agent(config, info, reader, max_frame);
  if (notes)
    for (const SpecFinding& finding : report.notes()) notes->push_back(report.line(finding));
  for (const SpecFinding& finding : report.problems())
    if (problems)
      problems->push_back(report.line(finding));
    else
      ADD_FAILURE() << report.line(finding);
  return config;
}

std::vector<std::string> problems_of(const std::string& json, const EnvInfo& info) {
  std::vector<std::string> problems;
  read(json, info, &problems);
  return problems;
}

const std::string kPpo = R"({"name": "PPO", "gamma": 0.9, "lam": 0.9, "time_horizon": 8, "minibatch_size": MB,
    "training_epoch": 2, "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}})";
std::string ppo(const std::string& minibatch_size) {
  std::string json = kPpo;
  return json.replace(json.find("MB"), 2, minibatch_size);
}

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CheckAgent, RefusesAMinibatchLargerThanTheRollout) {
  const OneHotEnv env(4, 2, 10, 1);
  EXPECT_THAT(problems_of(agent(ppo("32"), kBatch, kNet), env.info()), IsEmpty());
  EXPECT_THAT(problems_of(agent(ppo("36"), kBatch, kNet), env.info()),
              ElementsAre(AllOf(HasSubstr("agent.algorithm.minibatch_size = 36"), HasSubstr("8 x 4 = 32"))));
}

// Of two nets the one whose type does not fit is named.
TEST(CheckAgent, RefusesANetThatCannotSeeTheObservations) {
  EnvInfo info = OneHotEnv(4, 12, 10, 1).info();
  EXPECT_THAT(problems_of(agent(ppo("8"), kBatch, kNet), info), IsEmpty());
  info.obs_space = Space::bytes({12});
  EXPECT_THAT(problems_of(agent(ppo("8"), kBatch, kNet), info), IsEmpty()) << "a row of bytes is a row of numbers";
  info.obs_space = Space::bytes({3, 4});
  const std::string dqn = R"({"name": "DQN", "gamma": 0.9, "action_policy": "epsilon_greedy",
      "explore_var_spec": {"name": "no_decay", "start_val": 0.1}, "training_frequency": 1, "training_iter": 1,
      "training_batch_iter": 1})";
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 4, "max_size": 16})";
  const auto of_images = AllOf(HasSubstr("agent.net.type"), HasSubstr("images of 3 x 4; expected ConvNet"));
  EXPECT_THAT(problems_of(agent(ppo("8"), kBatch, kNet), info), ElementsAre(of_images));
  EXPECT_THAT(problems_of(agent(dqn, replay, kNet), info), ElementsAre(of_images));
  std::string parted = kNet;
  parted.insert(parted.find("\"shared\""), R"("actor_type": "ConvNet", "conv_hid_layers": [[4, 2, 1, 0, 1]],
      "fc_hid_layers": [8], "batch_norm": false, )");
  EXPECT_THAT(problems_of(agent(ppo("8"), kBatch, parted), info), ElementsAre(of_images)) << "of the critic";
}

TEST(CheckAgent, RefusesDistributionsWithoutReturnsAndInDuelingNets) {
  const OneHotEnv env(4, 2, 10, 1);
  const auto problems = [&](const std::string& range, const std::string& type) {
    return problems_of(agent(R"({"name": "C51", "gamma": 0.9, "action_policy": "epsilon_greedy",
        "explore_var_spec": {"name": "no_decay", "start_val": 0.1}, "training_frequency": 1, "training_iter": 1,
        "training_batch_iter": 1, )" +
                                 range + "}",
                             R"("memory": {"name": "Replay", "batch_size": 4, "max_size": 16})",
                             R"("net": {"type": ")" + type + R"(", "hid_layers": [8], "hid_layers_activation": "relu",
        "optim_spec": {"name": "Adam", "lr": 0.01}})"),
                       env.info());
  };
  EXPECT_THAT(problems(R"("num_atoms": 2, "v_min": -3, "v_max": -2)", "MLPNet"), IsEmpty());
  EXPECT_THAT(problems(R"("v_min": 2, "v_max": 1)", "MLPNet"),
              ElementsAre(AllOf(HasSubstr("agent.algorithm.v_max = 1"), HasSubstr("more than v_min = 2"))));
  EXPECT_THAT(problems(R"("v_min": 1, "v_max": 1)", "MLPNet"), ElementsAre(HasSubstr("agent.algorithm.v_max = 1")));
  EXPECT_THAT(problems(R"("v_min": 10)", "MLPNet"), ElementsAre(HasSubstr("more than v_min = 10")));
  EXPECT_THAT(problems(R"("num_atoms": 1)", "MLPNet"), ElementsAre(HasSubstr("agent.algorithm.num_atoms = 1")));
  EXPECT_THAT(problems(R"("num_atoms": 51)", "DuelingMLPNet"),
              ElementsAre(AllOf(HasSubstr("agent.net.type"), HasSubstr("expected MLPNet, ConvNet or ImpalaNet"))));
}

TEST(CheckAgent, RefusesNStepReturnsOfEpisodes) {
  const EnvInfo info = OneHotEnv(1, 4, 10, 1).info();
  const std::string episodes = R"("memory": {"name": "OnPolicyReplay"})";
  const std::string n_step = R"({"name": "ActorCritic", "gamma": 0.9, "lam": null, "num_step_returns": 5})";
  EXPECT_THAT(problems_of(agent(n_step, kBatch, kNet), info), IsEmpty());
  EXPECT_THAT(problems_of(agent(n_step, episodes, kNet), info),
              ElementsAre(AllOf(HasSubstr("agent.algorithm.num_step_returns = 5"), HasSubstr("OnPolicyReplay"),
                                HasSubstr("OnPolicyBatchReplay"))));
  for (const char* other : {R"("lam": 0.9, "num_step_returns": 5)", R"("lam": null, "num_step_returns": null)"})
    EXPECT_THAT(
        problems_of(agent(fmt::format(R"({{"name": "ActorCritic", "gamma": 0.9, "training_frequency": 1, {}}})", other),
                          episodes, kNet),
                    info),
        IsEmpty());
}

TEST(CheckAgent, RefusesEpisodesOfSeveralEnvironments) {
  const std::string json = agent(R"({"name": "Reinforce", "gamma": 0.9, "training_frequency": 1})",
                                 R"("memory": {"name": "OnPolicyReplay"})", kNet);
  EXPECT_THAT(problems_of(json, OneHotEnv(1, 2, 10, 1).info()), IsEmpty());
  EXPECT_THAT(problems_of(json, OneHotEnv(2, 2, 10, 1).info()), ElementsAre(HasSubstr("env.num_envs = 1")));
}

TEST(CheckAgent, RefusesTheWrongMemory) {
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 8, "max_size": 100})";
  const OneHotEnv env(1, 2, 10, 1);
  EXPECT_THAT(problems_of(agent(ppo("4"), replay, kNet), env.info()), ElementsAre(HasSubstr("OnPolicyBatchReplay")));
}

const std::string kDqn = R"({"name": "DQN", "action_policy": "epsilon_greedy", "gamma": 0.9, "training_frequency": 4,
    "training_iter": 1, "training_batch_iter": 1,
    "explore_var_spec": {"name": "linear_decay", "start_val": 1, "end_val": 0, "end_step": 100}})";

TEST(CheckAgent, MissesAScheduleOnce) {
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 8, "max_size": 100})";
  for (const char* const policy : {"epsilon_greedy", "boltzmann", "default"})
    EXPECT_THAT(problems_of(agent(R"({"name": "DQN", "action_policy": ")" + std::string(policy) + R"(", "gamma": 0.9,
        "training_frequency": 4, "training_iter": 1, "training_batch_iter": 1})",
                                  replay, kNet),
                            OneHotEnv(1, 2, 10, 1).info()),
                ElementsAre(HasSubstr("agent.algorithm.explore_var_spec: expected a schedule; this key is required")))
        << policy;
}

TEST(CheckAgent, RefusesADiscreteAlgorithmOnContinuousActionsAndNamesBoth) {
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 8, "max_size": 100})";
  EXPECT_THAT(problems_of(agent(kDqn, replay, kNet), OneHotEnv(1, 2, 10, 1).info()), IsEmpty());
  EXPECT_THAT(problems_of(agent(kDqn, replay, kNet), MatchEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("DQN"), HasSubstr("Match"))));
}

TEST(CheckAgent, RefusesABatchLargerThanTheReplay) {
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 800, "max_size": 100})";
  EXPECT_THAT(problems_of(agent(kDqn, replay, kNet), OneHotEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("agent.memory.batch_size = 800"), HasSubstr("100"))));
}

TEST(CheckAgent, RefusesAReplayWhoseLastObservationsHaveNoNumbers) {
  const auto problems = [](const std::string& algorithm, const std::string& max_size) {
    return problems_of(agent(R"({"name": ")" + algorithm + R"(", "gamma": 0.9, "training_frequency": 1})",
                             R"("memory": {"name": "Replay", "batch_size": 8, "max_size": )" + max_size + "}",
                             R"("net": {"type": "MLPNet", "hid_layers": [8], "hid_layers_activation": "relu"})"),
                       OneHotEnv(4, 2, 10, 1).info());
  };
  EXPECT_THAT(problems("CrossQ", "2147483645"), ElementsAre(AllOf(HasSubstr("agent.memory.max_size = 2147483645"),
                                                                  HasSubstr("nearest legal value: 2147483644"))));
  EXPECT_THAT(problems("SoftActorCritic", "1e12"), ElementsAre(HasSubstr("nearest legal value: 21474836360")));
}

TEST(CheckAgent, ListsTheDistributionsOfTheActionSpace) {
  const std::string json = agent(R"({"name": "Reinforce", "gamma": 0.9, "training_frequency": 1,
                                     "action_pdtype": "Normal"})",
                                 kBatch, kNet);
  EXPECT_THAT(problems_of(json, OneHotEnv(1, 2, 10, 1).info()), ElementsAre(HasSubstr("default, Categorical, Argmax")));
}

std::vector<std::string> notes_of(const std::string& json, const EnvInfo& info, std::int64_t max_frame = 0) {
  std::vector<std::string> notes;
  read(json, info, nullptr, &notes, max_frame);
  return notes;
}

const std::string kReplay = R"("memory": {"name": "Replay", "batch_size": 8, "max_size": 100})";
std::string with(std::string json, const std::string& key_and_value) { return json.insert(1, key_and_value + ", "); }
const std::string kSac = R"({"name": "SoftActorCritic", "gamma": 0.9, "training_frequency": 1})";

TEST(CheckAgent, NamesMinibatchesThatDoNotDivideTheRollout) {
  const OneHotEnv env(1, 2, 10, 1);
  EXPECT_THAT(notes_of(agent(ppo("4"), kBatch, kNet), env.info()), IsEmpty());
  EXPECT_THAT(notes_of(agent(ppo("5"), kBatch, kNet), env.info()),
              ElementsAre(AllOf(HasSubstr("minibatch_size = 5"), HasSubstr("2 minibatches of 4 rows"))));
  EXPECT_THAT(notes_of(agent(ppo("3"), kBatch, kNet), env.info()), ElementsAre(HasSubstr("3 minibatches of 2 or 3")));
}

const std::string kA2c = R"({"name": "ActorCritic", "gamma": 0.9, "lam": 0.9, "training_frequency": 8})";

TEST(CheckAgent, CutsMinibatchesOfActorCriticByTheSameRules) {
  const EnvInfo info = OneHotEnv(2, 2, 10, 1).info();
  const auto with_size = [&](const char* size) { return with(kA2c, R"("minibatch_size": )" + std::string(size)); };
  for (const char* size : {"null", "8", "16"}) {
    EXPECT_THAT(problems_of(agent(with_size(size), kBatch, kNet), info), IsEmpty()) << size;
    EXPECT_THAT(notes_of(agent(with_size(size), kBatch, kNet), info), IsEmpty()) << size;
  }
  EXPECT_THAT(notes_of(agent(with_size("7"), kBatch, kNet), info), ElementsAre(HasSubstr("3 minibatches of 5 or 6")));
  EXPECT_THAT(problems_of(agent(with_size("17"), kBatch, kNet), info),
              ElementsAre(AllOf(HasSubstr("minibatch_size = 17"), HasSubstr("training_frequency x num_envs = 8 x 2"))));
  EXPECT_THAT(problems_of(agent(with(with_size("1"), R"("normalize_advantages": "standardize")"), kBatch, kNet), info),
              ElementsAre(HasSubstr("one row has no standard deviation")));
  EXPECT_THAT(problems_of(agent(with_size("8"), R"("memory": {"name": "OnPolicyReplay"})", kNet),
                          OneHotEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("minibatch_size"), HasSubstr("OnPolicyBatchReplay"))));
}

TEST(CheckAgent, RefusesToStandardizeASingleRow) {
  const OneHotEnv env(1, 2, 10, 1);
  EXPECT_THAT(problems_of(agent(ppo("1"), kBatch, kNet), env.info()), ElementsAre(HasSubstr("normalize_advantages")));
  EXPECT_THAT(problems_of(agent(with(ppo("1"), R"("normalize_advantages": "none")"), kBatch, kNet), env.info()),
              IsEmpty());
}

TEST(CheckAgent, RefusesWhatClipVlossWouldSwitchOff) {
  const OneHotEnv env(1, 2, 10, 1);
  const std::string clipped = with(ppo("4"), R"("clip_vloss": true)");
  EXPECT_THAT(problems_of(agent(clipped, kBatch, kNet), env.info()), IsEmpty());
  EXPECT_THAT(problems_of(agent(with(clipped, R"("normalize_v_targets": true)"), kBatch, kNet), env.info()),
              ElementsAre(AllOf(HasSubstr("clip_vloss"), HasSubstr("normalize_v_targets"))));
  std::string huber = kNet;
  huber.insert(huber.find('{') + 1, R"("loss_spec": {"name": "SmoothL1Loss"}, )");
  EXPECT_THAT(problems_of(agent(clipped, kBatch, huber), env.info()),
              ElementsAre(AllOf(HasSubstr("clip_vloss"), HasSubstr("SmoothL1Loss"))));
}

TEST(CheckAgent, RefusesATargetEntropyOutOfReach) {
  const EnvInfo discrete = OneHotEnv(1, 4, 10, 1).info(), continuous = MatchEnv(1, 2, 10, 1).info();
  const auto problems = [](const std::string& entropy, const EnvInfo& info) {
    return problems_of(agent(with(kSac, R"("target_entropy": )" + entropy), kReplay, kNet), info);
  };
  EXPECT_THAT(problems("1.38", discrete), IsEmpty());  // log(4) = 1.386
  EXPECT_THAT(problems("1.4", discrete), ElementsAre(HasSubstr("1.386")));
  EXPECT_THAT(problems("-0.1", discrete), ElementsAre(HasSubstr("between 0 and")));
  EXPECT_THAT(problems("-20", continuous), IsEmpty());
  EXPECT_THAT(problems("1.4", continuous), ElementsAre(HasSubstr("2 log(2) = 1.386")));
}

TEST(CheckAgent, RefusesARandomPolicyOfSoftActorCritic) {
  for (const EnvInfo& info : {OneHotEnv(1, 4, 10, 1).info(), MatchEnv(1, 2, 10, 1).info()})
    EXPECT_THAT(problems_of(agent(with(kSac, R"("action_policy": "random")"), kReplay, kNet), info),
                ElementsAre(AllOf(HasSubstr("action_policy"), HasSubstr("training_start_step"))));
}

TEST(CheckAgent, KnowsWhereALogStdMayStart) {
  const auto net = [](const std::string& log_std) {
    std::string json = kNet;
    return json.insert(json.find('{') + 1, R"("log_std_init": )" + log_std + ", ");
  };
  const EnvInfo continuous = MatchEnv(1, 2, 10, 1).info();
  for (const char* inside : {"-5", "0", "2"})
    EXPECT_THAT(problems_of(agent(ppo("4"), kBatch, net(inside)), continuous), IsEmpty()) << inside;
  for (const char* outside : {"-5.1", "2.1"})
    EXPECT_THAT(problems_of(agent(ppo("4"), kBatch, net(outside)), continuous), ElementsAre(HasSubstr("[-5, 2]")));
  EXPECT_THAT(notes_of(agent(ppo("4"), kBatch, net("0")), OneHotEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("log_std_init"), HasSubstr("discrete"))));
}

TEST(CheckAgent, KnowsWhatBetaHasNoUseFor) {
  const EnvInfo info = MatchEnv(1, 2, 10, 1).info();
  const std::string beta = with(ppo("4"), R"("action_pdtype": "Beta")");
  EXPECT_THAT(problems_of(agent(beta, kBatch, kNet), info), IsEmpty());
  EXPECT_THAT(notes_of(agent(with(beta, R"("tanh_mean": true, "clamp_actions": true)"), kBatch, kNet), info),
              ElementsAre(AllOf(HasSubstr("tanh_mean"), HasSubstr("not used")), HasSubstr("clamp_actions")));
  std::string net = kNet;
  net.insert(net.find('{') + 1, R"("log_std_init": 0, )");
  EXPECT_THAT(problems_of(agent(beta, kBatch, net), info),
              ElementsAre(AllOf(HasSubstr("log_std_init"), HasSubstr("Beta has no standard deviation"))));
  EXPECT_THAT(problems_of(agent(with(kSac, R"("action_pdtype": "Beta")"), kReplay, kNet), info),
              ElementsAre(AllOf(HasSubstr("action_pdtype"), HasSubstr("SoftActorCritic"))));
}

TEST(CheckAgent, KnowsWhatStateDependentNoiseNeeds) {
  const EnvInfo info = MatchEnv(1, 2, 10, 1).info();
  const std::string sde = with(ppo("4"), R"("sde": {"sample_freq": 4})");
  const auto net = [](const std::string& keys) { return std::string(kNet).insert(kNet.find('{') + 1, keys + ", "); };
  EXPECT_THAT(problems_of(agent(sde, kBatch, kNet), info), IsEmpty());
  EXPECT_THAT(notes_of(agent(sde, kBatch, kNet), OneHotEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("sde"), HasSubstr("not used"))));
  EXPECT_THAT(problems_of(agent(sde, kBatch, net(R"("log_std_init": 0)")), info),
              ElementsAre(AllOf(HasSubstr("log_std_init"), HasSubstr("of its own"))));
  EXPECT_THAT(problems_of(agent(sde, kBatch, net(R"("precision": "bf16")")), info),
              Contains(AllOf(HasSubstr("precision"), HasSubstr("no bf16 for agent.algorithm.sde"))));
  EXPECT_THAT(problems_of(agent(sde, kBatch, net(R"("out_layer_activation": "tanh")")), info),
              ElementsAre(HasSubstr("out_layer_activation")));
  EXPECT_THAT(problems_of(agent(with(sde, R"("action_pdtype": "Beta")"), kBatch, kNet), info),
              ElementsAre(AllOf(HasSubstr("sde"), HasSubstr("Beta has none"))));
  // 32 features: 2 - log(32) / 2 = 0.267
  EXPECT_THAT(
      problems_of(agent(with(ppo("4"), R"("sde": {"sample_freq": 4, "log_std_init": 0.26})"), kBatch, kNet), info),
      IsEmpty());
  EXPECT_THAT(
      problems_of(agent(with(ppo("4"), R"("sde": {"sample_freq": 4, "log_std_init": 0.27})"), kBatch, kNet), info),
      ElementsAre(AllOf(HasSubstr("hid_layers"), HasSubstr("0.2671"))));
  EXPECT_THAT(problems_of(agent(with(ppo("4"), R"("sde": {"sample_freq": 0})"), kBatch, kNet), info),
              ElementsAre(HasSubstr("sde.sample_freq = 0")));
}

TEST(CheckAgent, NamesAScheduleThatNoPolicyFollows) {
  const std::string schedule = R"("explore_var_spec": {"name": "no_decay", "start_val": 0.1})";
  EXPECT_THAT(notes_of(agent(with(ppo("4"), schedule), kBatch, kNet), OneHotEnv(1, 2, 10, 1).info()),
              ElementsAre(AllOf(HasSubstr("explore_var_spec"), HasSubstr("not used"))));
  EXPECT_THAT(notes_of(agent(kDqn, kReplay, kNet), OneHotEnv(1, 2, 10, 1).info()), IsEmpty());
}

std::string net_of(const std::string& keys) {
  return R"("net": {"shared": false, "use_same_optim": false, "hid_layers": [8], "hid_layers_activation": "tanh", )" +
         keys + "}";
}

/// Of an algorithm without a critic in a net of its own.
std::string one_net(const std::string& keys) { return R"("net": {"hid_layers_activation": "tanh", )" + keys + "}"; }

// What make_net() would throw at is said before, at its key.
TEST(CheckAgent, RefusesHeadsThatANetCannotHave) {
  const EnvInfo discrete = OneHotEnv(1, 4, 10, 1).info(), continuous = MatchEnv(1, 2, 10, 1).info();
  const std::string dueling = one_net(R"("type": "DuelingMLPNet", "hid_layers": [8])");
  EXPECT_THAT(problems_of(agent(kSac, kReplay, dueling), discrete), IsEmpty());
  const auto needs_two =
      ElementsAre(AllOf(HasSubstr("agent.net.type"), HasSubstr("has one head; this algorithm needs 2")));
  EXPECT_THAT(problems_of(agent(kSac, kReplay, dueling), continuous), needs_two);
  std::string shared = net_of(R"("type": "DuelingMLPNet")");
  EXPECT_THAT(problems_of(agent(ppo("4"), kBatch, shared), discrete), IsEmpty());
  shared.replace(shared.find("false"), 5, "true");
  EXPECT_THAT(problems_of(agent(ppo("4"), kBatch, shared), discrete), needs_two);

  const std::string two = R"("type": "MLPNet", "out_layer_activation": ["tanh", "tanh"])";
  const auto refused = [](const std::string& key, const std::string& heads) {
    return ElementsAre(AllOf(HasSubstr("agent.net." + key + " = "), HasSubstr("2 activations for " + heads)));
  };
  EXPECT_THAT(problems_of(agent(kSac, kReplay, one_net(two + R"(, "hid_layers": [8])")), continuous), IsEmpty());
  EXPECT_THAT(problems_of(agent(kSac, kReplay, one_net(two + R"(, "hid_layers": [8])")), discrete),
              refused("out_layer_activation", "1 head"));
  EXPECT_THAT(problems_of(agent(ppo("4"), kBatch, net_of(two)), continuous), refused("out_layer_activation", "1 head"))
      << "of the critic";
  EXPECT_THAT(
      problems_of(agent(ppo("4"), kBatch, net_of(two + R"(, "critic_out_layer_activation": null)")), continuous),
      IsEmpty());
  EXPECT_THAT(problems_of(agent(ppo("4"), kBatch,
                                net_of(R"("type": "MLPNet", "critic_out_layer_activation": ["tanh", "tanh"])")),
                          continuous),
              refused("critic_out_layer_activation", "1 head"));
  const std::string dqn_net = one_net(two + R"(, "hid_layers": [8])");
  EXPECT_THAT(problems_of(agent(kDqn, kReplay, dqn_net), discrete), refused("out_layer_activation", "1 head"));
}

TEST(CheckAgent, RefusesActorsAndCriticsThatCannotSeeTheirInputs) {
  EnvInfo info = MatchEnv(1, 2, 10, 1).info();
  const std::string convolutions = one_net(R"("type": "ConvNet", "conv_hid_layers": [[4, 2, 1, 0, 1]],
      "fc_hid_layers": [8], "batch_norm": false)");
  const std::string td3 = R"({"name": "TD3", "gamma": 0.9, "training_frequency": 1})";
  EXPECT_THAT(problems_of(agent(td3, kReplay, convolutions), info),
              ElementsAre(AllOf(HasSubstr("agent.net.type"), HasSubstr("the observations are rows of 2 numbers"))));
  info.obs_space = Space::bytes({3, 4});
  for (const std::string& algorithm : {td3, kSac})
    EXPECT_THAT(
        problems_of(agent(algorithm, kReplay, convolutions), info),
        ElementsAre(AllOf(HasSubstr("agent.net.type"), HasSubstr("observations and continuous actions in one row"))))
        << algorithm;
}

TEST(CheckAgent, SaysThatARunNeverTrains) {
  const EnvInfo info = OneHotEnv(4, 2, 10, 1).info();
  EXPECT_THAT(notes_of(agent(ppo("32"), kBatch, kNet), info, 32), IsEmpty());
  EXPECT_THAT(notes_of(agent(ppo("32"), kBatch, kNet), info, 31),
              ElementsAre(AllOf(HasSubstr("never trains"), HasSubstr("after 32 frames"), HasSubstr("31"))));
  const std::string late = with(kDqn, R"("training_start_step": 50000)");
  EXPECT_THAT(notes_of(agent(late, kReplay, kNet), info, 50'004), IsEmpty());
  EXPECT_THAT(notes_of(agent(late, kReplay, kNet), info, 20'000),
              ElementsAre(AllOf(HasSubstr("never trains"), HasSubstr("after 50004 frames"))));
}

TEST(ReadAgentConfig, KeepsGammaForTheEnvironment) {
  const OneHotEnv env(1, 2, 10, 1);
  EXPECT_EQ(read(agent(ppo("4"), kBatch, kNet), env.info()).plan->gamma(), 0.9);
  EXPECT_EQ(read(agent(R"({"name": "Random"})", kBatch, R"("net": {})"), env.info()).plan->gamma(), 0.99);
}

TEST(ReadAgentConfig, DescribesItsFormat) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "agent", report);
  read_agent_config(reader);
  EXPECT_TRUE(report.problems().empty());
}

}  // namespace
}  // namespace slm::agent_config_test
