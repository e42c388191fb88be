#include "slm_lab/algorithm/training_rate.h"

#include <gtest/gtest.h>

#include "slm_lab/algorithm/training_schedule.h"

namespace slm {
namespace {

std::string rate(AlgorithmConfig algorithm, int num_envs, const std::string& memory = "OnPolicyBatchReplay") {
  AgentConfig config;
  config.algorithm = std::move(algorithm);
  config.memory.name = memory;
  return training_rate_text(training_rate(config, num_envs));
}

TEST(TrainingRate, OfOffPolicyAlgorithms) {
  DqnConfig dqn;  // the reference's dqn_boltzmann_cartpole: 2 batches, 2 steps on each, every 4 frames
  dqn.training_frequency = 4;
  dqn.training_iter = dqn.training_batch_iter = 2;
  EXPECT_EQ(rate(dqn, 1), "gradient updates per frame: 1");
  EXPECT_EQ(rate(dqn, 4), "gradient updates per frame: 1");
  EXPECT_EQ(rate(dqn, 16), "gradient updates per frame: 0.25");  // at most one round per step of all environments
  SacConfig sac;                                                 // its sac_cartpole: 30 updates every 50 frames
  sac.training_frequency = 50;
  sac.training_iter = 30;
  EXPECT_EQ(rate(sac, 4), "gradient updates per frame: 0.6");
  sac.training_iter.reset();  // as many as environments
  EXPECT_EQ(rate(sac, 4), "gradient updates per frame: 0.08");
}

TEST(TrainingRate, OfOnPolicyAlgorithms) {
  PpoConfig ppo;
  ppo.time_horizon = 8;
  ppo.minibatch_size = 12;
  ppo.training_epoch = 2;
  EXPECT_EQ(rate(ppo, 4), "gradient updates per frame: 0.1875");  // 32 rows: 12, 12 and 8, twice
  PpoSilConfig ppo_sil{.base = ppo, .imitation = {.training_iter = 3, .training_batch_iter = 2}};
  EXPECT_EQ(rate(ppo_sil, 4), "gradient updates per frame: 0.375");
  ActorCriticConfig a2c;
  a2c.training_frequency = 5;
  EXPECT_EQ(rate(a2c, 4), "gradient updates per frame: 0.05");
  a2c.num_step_returns = 10;  // sets the period itself
  EXPECT_EQ(rate(a2c, 4), "gradient updates per frame: 0.025");
  SilConfig sil{.base = {}, .imitation = {.training_iter = 3, .training_batch_iter = 1}};
  sil.base.training_frequency = 2;
  EXPECT_EQ(rate(sil, 1, "OnPolicyReplay"), "gradient updates per episode: 2");
  ReinforceConfig reinforce;
  reinforce.training_frequency = 4;
  EXPECT_EQ(rate(reinforce, 1, "OnPolicyReplay"), "gradient updates per episode: 0.25");
  EXPECT_EQ(rate(RandomConfig{}, 1), "gradient updates per frame: 0");
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

}  // namespace
}  // namespace slm
