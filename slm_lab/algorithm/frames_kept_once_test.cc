// What is learnt from a replay that keeps each frame once is what is learnt from one that keeps whole stacks.
#include <gtest/gtest.h>

#include "slm_lab/env/wrappers.h"
#include "tests/support/agent_spec.h"
#include "tests/support/catch_env.h"
#include "tests/support/test_env.h"

namespace slm::frames_kept_once_test {
namespace {

constexpr int kFrames = 3, kClock = 7;  // some of Catch's episodes last longer than that, some end before

/// Says nothing of the frames that its observations consist of.
class WholeStacks final : public EnvWrapper {
 public:
  explicit WholeStacks(std::unique_ptr<VecEnv> inner) : EnvWrapper(std::move(inner)), info_(EnvWrapper::info()) {
    info_.num_frames = 1;
  }
  const EnvInfo& info() const override { return info_; }

 private:
  EnvInfo info_;
};

std::unique_ptr<VecEnv> make_stacked_catch() {
  return std::make_unique<FrameStack>(make_catch<std::uint8_t, false, true>(4, kClock), FrameOp::concat, kFrames);
}

const std::string kSmallNet = R"("net": {"type": "ConvNet", "conv_hid_layers": [[4, 3, 2, 0, 1]], "fc_hid_layers": [8],
    "hid_layers_activation": "relu", "normalize": true, "batch_norm": false, "update_type": "polyak", "polyak_coef": 0.1,
    "optim_spec": {"name": "Adam", "lr": 0.01}})";
// Rings that wrap around in the middle of a step of four environments.
const std::string kUniform = R"("memory": {"name": "Replay", "batch_size": 16, "max_size": 150, "use_cer": true})";
const std::string kPrioritized =
    R"("memory": {"name": "PrioritizedReplay", "batch_size": 16, "max_size": 150, "alpha": 0.6, "epsilon": 0.0001})";
const std::string kOften = R"("gamma": 0.9, "training_frequency": 8, "training_iter": 1)";

struct Case {
  std::string label, json;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

class FramesKeptOnce : public testing::TestWithParam<Case> {};

TEST_P(FramesKeptOnce, TeachWhatWholeStacksTeach) {
  const auto frames = make_stacked_catch();
  WholeStacks stacks(make_stacked_catch());
  ASSERT_EQ(frames->info().num_frames, kFrames);
  const auto agent = make_agent(GetParam().json, frames->info()), other = make_agent(GetParam().json, stacks.info());
  AgentRun run(*agent, *frames), other_run(*other, stacks);
  for (int t = 0; t < 200; ++t) {
    const auto stats = run.one_step(), other_stats = other_run.one_step();
    ASSERT_EQ(stats.has_value(), other_stats.has_value());
    if (stats) {
      ASSERT_EQ(stats->loss, other_stats->loss) << t;
    }
    ASSERT_EQ(run.actions, other_run.actions) << t;
  }
  EXPECT_GT(agent->opt_step(), 50);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, FramesKeptOnce,
    testing::Values(Case{"Dqn", agent(R"({"name": "DQN", "action_policy": "epsilon_greedy", "training_batch_iter": 2,
                                          "explore_var_spec": {"name": "no_decay", "start_val": 0.3}, )" +
                                          kOften + "}",
                                      kUniform, kSmallNet)},
                    Case{"DoubleDqnPerNStep",
                         agent(R"({"name": "DoubleDQN", "action_policy": "epsilon_greedy", "training_batch_iter": 1,
                                   "num_step_returns": 3, "explore_var_spec": {"name": "no_decay", "start_val": 0.3}, )" +
                                   kOften + "}",
                               kPrioritized, kSmallNet)},
                    Case{"Sac", agent(R"({"name": "SoftActorCritic", "training_start_step": 50, )" + kOften + "}",
                                      kUniform, kSmallNet)}),
    [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace slm::frames_kept_once_test
