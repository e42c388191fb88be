// One training round of the off-policy algorithms: sampling, every forward and backward, optimisers, target nets.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/timing.h"
#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {
namespace {

constexpr int kHumanoidObs = 348, kHumanoidActions = 17;

Space box(int dim) {
  const auto size = static_cast<std::size_t>(dim);
  return Space::box(std::vector<float>(size, -1), std::vector<float>(size, 1));
}
EnvInfo env_of(int obs_dim, Space action_space) {
  return {.name = "Noise",
          .obs_space = box(obs_dim),
          .action_space = std::move(action_space),
          .num_envs = 1,
          .max_episode_steps = 1000};
}

/// An agent whose replay is full of noise, so that every further frame is due for one round of training.
class Agent {
 public:
  Agent(const std::string& algorithm, const std::string& memory, const std::string& net, const EnvInfo& info,
        int num_transitions)
      : rng_(1) {
    const std::string json =
        fmt::format(R"({{"name": "bench", "algorithm": {}, "memory": {}, "net": {}}})", algorithm, memory, net);
    const JsonNode root = parse_json(json, "bench.json");
    SpecReport report("bench.json");
    SpecReader reader(&root, "agent", report);
    const AgentConfig config = read_agent_config(reader);
    check_agent(config, info, reader);
    report.throw_if_problems();
    algorithm_ = make_algorithm(config, info, Streams(1, 0, 0));
    step_.resize(1, info.obs_space);
    step_.obs.floats().setRandom();
    noise_.setRandom(kNoise, info.obs_space.size() + 1);
    for (int i = 0; i < num_transitions; ++i) experience(i);
  }

  void update() {
    experience(static_cast<int>(frame_));
    algorithm_->update(++frame_, rng_);
  }

 private:
  void experience(int i) {
    obs_ = step_.obs;
    algorithm_->act(obs_, ActMode::train, rng_, actions_);
    step_.next_obs.floats() = noise_.row(i % kNoise).tail(step_.next_obs.cols());
    step_.obs = step_.next_obs;
    step_.rewards[0] = noise_(i % kNoise, 0);
    step_.terminated.setConstant(i % 200 == 199);
    step_.truncated.setConstant(false);
    step_.end_episodes();
    algorithm_->observe(obs_, actions_, step_);
  }

  static constexpr int kNoise = 997;
  Matrix noise_;  // (kNoise, 1 + obs_dim) rewards and observations
  Rng rng_;
  std::unique_ptr<Algorithm> algorithm_;
  std::int64_t frame_ = 1;
  Observations obs_;
  Matrix actions_;
  StepResult step_;
};

std::string replay(int batch_size) {
  return fmt::format(R"({{"name": "Replay", "batch_size": {}, "max_size": 1000000}})", batch_size);
}
std::string per(int batch_size) {
  return fmt::format(R"({{"name": "PrioritizedReplay", "batch_size": {}, "max_size": 1000000, "alpha": 0.6,
                          "epsilon": 1e-4}})",
                     batch_size);
}
std::string relu_net(const std::string& hid_layers, const char* precision = "float32") {
  return fmt::format(R"({{"type": "MLPNet", "hid_layers": {}, "hid_layers_activation": "relu", "precision": "{}",
                          "optim_spec": {{"name": "Adam", "lr": 3e-4}}, "update_type": "polyak",
                          "polyak_coef": 0.005}})",
                     hid_layers, precision);
}
const std::string kSac = R"({"name": "SoftActorCritic", "gamma": 0.99, "training_frequency": 1, "training_iter": 1,
                             "training_start_step": 0})";
std::string dqn(const char* name) {
  return fmt::format(R"({{"name": "{}", "action_policy": "epsilon_greedy", "gamma": 0.99, "training_frequency": 1,
                          "training_iter": 1, "training_batch_iter": 1, "training_start_step": 0,
                          "explore_var_spec": {{"name": "no_decay", "start_val": 0.1}}}})",
                     name);
}

struct Case {
  const char* name;
  std::string algorithm, memory, net;
  EnvInfo env;
  int num_transitions = 10'000;  // in the replay
};
std::vector<Case> cases() {
  constexpr int kMany = 1'000'000;
  return {
      {"Dqn_b32_4x64x2", dqn("DQN"), replay(32), relu_net("[64]"), env_of(4, Space::discrete(2))},
      {"Dqn_b32_4x64x64x2", dqn("DQN"), replay(32), relu_net("[64, 64]"), env_of(4, Space::discrete(2))},
      {"DdqnPer_b64_4x64x64x2", dqn("DoubleDQN"), per(64), relu_net("[64, 64]"), env_of(4, Space::discrete(2))},
      {"Dqn_b32_8x256x128x4", dqn("DQN"), replay(32), relu_net("[256, 128]"), env_of(8, Space::discrete(4))},
      {"SacDiscrete_b64_4x64x64x2", kSac, replay(64), relu_net("[64, 64]"), env_of(4, Space::discrete(2))},
      {"SacDiscretePer_b3072_4x256x2", kSac, per(3072), relu_net("[256]"), env_of(4, Space::discrete(2))},
      {"Sac_b100_3x64x64x1", kSac, replay(100), relu_net("[64, 64]"), env_of(3, box(1))},
      {"Sac_b256_11x256x256x3", kSac, replay(256), relu_net("[256, 256]"), env_of(11, box(3))},
      {"SacInBf16_b256_11x256x256x3", kSac, replay(256), relu_net("[256, 256]", "bf16"), env_of(11, box(3))},
      {"SacInBf16_b256_348x256x256x17", kSac, replay(256), relu_net("[256, 256]", "bf16"),
       env_of(kHumanoidObs, box(kHumanoidActions))},
      {"Sac_b256_348x256x256x17", kSac, replay(256), relu_net("[256, 256]"),
       env_of(kHumanoidObs, box(kHumanoidActions))},
      // The same from a replay of 10,000 and of 1,000,000 transitions.
      {"Dqn_b64_17x64x64x2", dqn("DQN"), replay(64), relu_net("[64, 64]"), env_of(17, Space::discrete(2))},
      {"Dqn_b64_17x64x64x2_1M", dqn("DQN"), replay(64), relu_net("[64, 64]"), env_of(17, Space::discrete(2)), kMany},
      {"DdqnPer_b64_17x64x64x2", dqn("DoubleDQN"), per(64), relu_net("[64, 64]"), env_of(17, Space::discrete(2))},
      {"DdqnPer_b64_17x64x64x2_1M", dqn("DoubleDQN"), per(64), relu_net("[64, 64]"), env_of(17, Space::discrete(2)),
       kMany},
      {"C51_b64_4x256x128x2", dqn("C51"), replay(64), relu_net("[256, 128]"), env_of(4, Space::discrete(2))},
      {"DdqnPer_b64_4x256x128x2", dqn("DoubleDQN"), per(64), relu_net("[256, 128]"), env_of(4, Space::discrete(2))},
      {"DdqnPer_b64_4x256x128x2_1M", dqn("DoubleDQN"), per(64), relu_net("[256, 128]"), env_of(4, Space::discrete(2)),
       kMany},
      {"Sac_b100_17x64x64x6", kSac, replay(100), relu_net("[64, 64]"), env_of(17, box(6))},
      {"Sac_b100_17x64x64x6_1M", kSac, replay(100), relu_net("[64, 64]"), env_of(17, box(6)), kMany},
  };
}

void update(benchmark::State& state, const Case& c) {
  Agent agent(c.algorithm, c.memory, c.net, c.env, c.num_transitions);
  report_best(state, 0, [&] { agent.update(); });
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const Case& c : cases())
    benchmark::RegisterBenchmark(("BM_Update/" + std::string(c.name)).c_str(),
                                 [c](benchmark::State& s) { update(s, c); })
        ->Iterations(1)
        ->UseManualTime();
  return true;
}();

}  // namespace
}  // namespace slm
