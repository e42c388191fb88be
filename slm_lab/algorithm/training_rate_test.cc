#include "slm_lab/algorithm/training_rate.h"

#include <gtest/gtest.h>

#include <limits>

#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/training_schedule.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm::training_rate_test {
namespace {

const std::string kReplay = R"({"name": "Replay", "batch_size": 32, "max_size": 1000})";
const std::string kBatches = R"({"name": "OnPolicyBatchReplay"})", kEpisodes = R"({"name": "OnPolicyReplay"})";
const std::string kImitationSteps =
    R"({"name": "OnPolicyBatchReplay", "sil_replay_name": "Replay", "batch_size": 32, "max_size": 1000})";
const std::string kImitationEpisodes =
    R"({"name": "OnPolicyReplay", "sil_replay_name": "Replay", "batch_size": 32, "max_size": 1000})";

std::string rate(const std::string& algorithm, int num_envs, const std::string& memory) {
  const JsonNode root = parse_json(R"({"name": "test", "algorithm": {)" + algorithm + R"(}, "memory": )" + memory +
                                       R"(, "net": {"type": "MLPNet", "shared": false, "use_same_optim": true,
                                           "hid_layers": [8], "hid_layers_activation": "relu"}})",
                                   "test.json");
  SpecReport report("test.json");
  SpecReader reader(&root, "agent", report);
  const AgentConfig config = read_agent_config(reader);
  report.throw_if_problems();
  return training_rate_text(config.plan->training_rate(num_envs));
}

TEST(TrainingRate, OfOffPolicyAlgorithms) {
  // the reference's dqn_boltzmann_cartpole: 2 batches, 2 steps on each, every 4 frames
  const std::string dqn = R"("name": "DQN", "gamma": 0.99, "training_frequency": 4, "training_iter": 2,
      "training_batch_iter": 2, "explore_var_spec": {"name": "no_decay", "start_val": 0.1})";
  EXPECT_EQ(rate(dqn, 1, kReplay), "gradient updates per frame: 1");
  EXPECT_EQ(rate(dqn, 4, kReplay), "gradient updates per frame: 1");
  EXPECT_EQ(rate(dqn, 16, kReplay), "gradient updates per frame: 0.25");  // at most one round per step of all
  // its sac_cartpole: 30 updates every 50 frames
  const std::string sac = R"("name": "SoftActorCritic", "gamma": 0.99, "training_frequency": 50)";
  EXPECT_EQ(rate(sac + R"(, "training_iter": 30)", 4, kReplay), "gradient updates per frame: 0.6");
  EXPECT_EQ(rate(sac, 4, kReplay), "gradient updates per frame: 0.08");  // as many as environments
}

TEST(TrainingRate, OfOnPolicyAlgorithms) {
  const std::string ppo = R"("gamma": 0.99, "lam": 0.95, "time_horizon": 8, "minibatch_size": 12, "training_epoch": 2,
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2})";
  const std::string imitation = R"(, "sil_policy_loss_coef": 1, "sil_val_loss_coef": 0.01, "training_iter": 3)";
  // 32 rows: 12, 12 and 8, twice
  EXPECT_EQ(rate(R"("name": "PPO", )" + ppo, 4, kBatches), "gradient updates per frame: 0.1875");
  EXPECT_EQ(rate(R"("name": "PPOSIL", )" + ppo + imitation + R"(, "training_batch_iter": 2)", 4, kImitationSteps),
            "gradient updates per frame: 0.375");
  const std::string a2c = R"("name": "ActorCritic", "gamma": 0.99, "training_frequency": 5)";
  EXPECT_EQ(rate(a2c, 4, kBatches), "gradient updates per frame: 0.05");
  EXPECT_EQ(rate(a2c + R"(, "minibatch_size": 8)", 4, kBatches), "gradient updates per frame: 0.15");      // 20 rows: 3
  EXPECT_EQ(rate(a2c + R"(, "num_step_returns": 10)", 4, kBatches), "gradient updates per frame: 0.025");  // n-step
  EXPECT_EQ(
      rate(R"("name": "SIL", "gamma": 0.99, "training_frequency": 2)" + imitation + R"(, "training_batch_iter": 1)", 1,
           kImitationEpisodes),
      "gradient updates per episode: 2");
  EXPECT_EQ(rate(R"("name": "Reinforce", "gamma": 0.99, "training_frequency": 4)", 1, kEpisodes),
            "gradient updates per episode: 0.25");
  EXPECT_EQ(rate(R"("name": "Random")", 1, kBatches), "gradient updates per frame: 0");
}

// What training_rate() says is what an agent does.
TEST(TrainingSchedule, IsDueSoManyTimesPerFrame) {
  for (const int num_envs : {1, 3, 4, 16})
    for (const int frequency : {1, 4, 10, 50}) {
      const TrainingSchedule schedule{frequency, 0, num_envs};
      constexpr std::int64_t kSteps = 12'000;
      std::int64_t rounds = 0;
      for (std::int64_t step = 1; step <= kSteps; ++step) rounds += schedule.due(step * num_envs) ? 1 : 0;
      EXPECT_NEAR(static_cast<double>(rounds) / static_cast<double>(kSteps * num_envs), schedule.rounds_per_frame(),
                  1.0 / kSteps)
          << num_envs << " " << frequency;
    }
}

TEST(TrainingSchedule, KnowsWhenItIsFirstDue) {
  for (const int num_envs : {1, 3, 4, 16})
    for (const int frequency : {1, 4, 10, 50})
      for (const std::int64_t start : {0, 1, 31, 32, 100}) {
        const TrainingSchedule schedule{frequency, start, num_envs};
        std::int64_t num_added = num_envs;
        while (!schedule.due(num_added)) num_added += num_envs;
        EXPECT_EQ(schedule.first(), num_added) << num_envs << " " << frequency << " " << start;
      }
  const TrainingSchedule never{4, std::numeric_limits<std::int64_t>::max(), 4};
  EXPECT_GT(never.first(), std::int64_t{1} << 60);
}

}  // namespace
}  // namespace slm::training_rate_test
