// What a run computes is a function of its spec and seed: not of kills, threads, folders, checkpoint times or the
// language of the machine.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/registry.h"
#include "tests/support/checkpoints.h"
#include "tests/support/gymnasium_python.h"
#include "tests/support/nap.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/short_run.h"

namespace slm {
namespace {

using testing::IsEmpty;
namespace fs = std::filesystem;

const ShortRun kPpo{"ppo/ppo_cartpole.json", "ppo_cartpole", 8000, {"meta.max_session=2"}};
const ShortRun kPendulum{
    "ppo/ppo_pendulum.json", "ppo_pendulum", 8000, {"env.normalize_obs=true", "agent.algorithm.training_epoch=3"}};
const ShortRun kA2c{"a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", 8000};
const ShortRun kReinforce{"reinforce/reinforce_cartpole.json", "reinforce_cartpole", 8000};
// Replays with priorities, with continuous actions, and of finished episodes; rings that wrap around.
const ShortRun kDdqnPer{"dqn/dqn_cartpole.json",
                        "ddqn_per_boltzmann_cartpole",
                        8000,
                        {"agent.memory.max_size=3000", "agent.memory.use_cer=true",
                         "agent.algorithm.num_step_returns=3", "agent.net.hid_layers=[32, 32]"}};
// Its priorities are large enough to be kept in segments, beside the checkpoints.
const ShortRun kLargeReplay{
    "dqn/dqn_cartpole.json",
    "dqn_boltzmann_cartpole",
    8000,
    {R"(agent.memory.name="PrioritizedReplay")", "agent.memory.alpha=0.6", "agent.memory.epsilon=0.0001",
     "agent.memory.max_size=150000", "agent.algorithm.training_frequency=32", "agent.net.hid_layers=[32, 32]"}};
// Distributions of returns.
const ShortRun kRainbow{"dqn/rainbow_cartpole.json",
                        "rainbow_cartpole",
                        4000,
                        {"agent.memory.max_size=2500", "agent.net.hid_layers=[16, 16]"}};
// Batches and critics large enough that threads take a critic each.
const ShortRun kSac{"sac/sac_pendulum.json",
                    "sac_pendulum",
                    4000,
                    {"agent.memory.max_size=2500", "agent.memory.batch_size=128", "agent.net.hid_layers=[64, 64]"}};
const ShortRun kTd3{"td3/td3_pendulum.json",
                    "td3_pendulum",
                    4000,
                    {"agent.memory.max_size=2500", "agent.memory.batch_size=128", "agent.net.hid_layers=[64, 64]"}};
// In bf16 where this processor has it, with packed weights that no checkpoint holds.
const ShortRun kSacInBf16{"sac/sac_pendulum.json",
                          "sac_pendulum",
                          4000,
                          {R"(agent.net.precision="bf16")", "agent.memory.max_size=2500", "agent.memory.batch_size=160",
                           "agent.net.hid_layers=[96, 70]"}};
// Running statistics of critics.
const ShortRun kCrossQ{"crossq/crossq_classic.json",
                       "crossq_pendulum_20k",
                       4000,
                       {"agent.memory.max_size=2500", "agent.memory.batch_size=64", "agent.net.hid_layers=[64, 64]"}};
const ShortRun kPpoSil{"sil/ppo_sil_cartpole.json", "ppo_sil_cartpole", 12000, {"agent.memory.max_size=4000"}};

// Physics whose state can be written down, and physics that is restored by repeating its episode.
const ShortRun kLanderPpo{"ppo/ppo_lunar.json", "ppo_lunar", 8000, {"agent.algorithm.training_epoch=2"}};
const ShortRun kLanderDqn{
    "dqn/dqn_lunar.json", "dqn_concat_lunar", 8000, {"agent.memory.max_size=3000", "agent.net.hid_layers=[32, 32]"}};
const ShortRun kHopperPpo{"ppo/ppo_hopper.json", "ppo_hopper", 8000, {"agent.algorithm.training_epoch=2"}};
const ShortRun kHopperSac{
    "sac/sac_mujoco.json",
    "sac_mujoco",
    4000,
    {R"(env.name="Hopper-v5")", "env.num_envs=4", "agent.memory.max_size=2500", "agent.memory.batch_size=32",
     "agent.algorithm.training_start_step=500", "agent.net.hid_layers=[16, 16]"},
    {"-s", "env=Hopper-v5"}};
const ShortRun kPhysics[] = {kLanderPpo, kLanderDqn, kHopperPpo, kHopperSac};

// Emulators, and a replay of frames that are stacked when they are drawn; large enough to be kept in segments.
const ShortRun kPongDqn{"dqn/dqn_pong.json",
                        "dqn_pong",
                        2000,
                        {R"(agent.algorithm.name="DoubleDQN")", R"(agent.memory.name="PrioritizedReplay")",
                         "agent.memory.alpha=0.6", "agent.memory.epsilon=0.0001", "agent.memory.max_size=703",
                         "agent.algorithm.num_step_returns=3", "agent.algorithm.training_start_step=300",
                         "agent.algorithm.training_frequency=64", "agent.net.conv_hid_layers=[[4, 8, 4, 0, 1]]",
                         "agent.net.fc_hid_layers=[16]", "env.max_num_frames_per_episode=60"}};

// Sticky actions, whose draws lie in the emulator's own state; a net that normalises over batches.
const ShortRun kPongPpo{"ppo/ppo_pong.json",
                        "ppo_pong",
                        2000,
                        {"env.num_envs=4", "agent.algorithm.time_horizon=25", "agent.algorithm.minibatch_size=50",
                         "agent.net.conv_hid_layers=[[4, 8, 4, 0, 1], [4, 4, 2, 0, 1]]", "agent.net.batch_norm=true",
                         "agent.net.fc_hid_layers=[16]", "env.max_num_frames_per_episode=60"}};
const ShortRun kPong[] = {kPongDqn, kPongPpo};

// An environment in Python, which is restored in the same way.
const ShortRun kPython{"ppo/ppo_cartpole.json",
                       "ppo_cartpole",
                       8000,
                       {R"(env.name="gymnasium:CartPole-v1")", "env.processes=1", "agent.algorithm.training_epoch=2"}};

/// Why a run cannot be made here; empty where it can.
std::string_view missing_part(const ShortRun& run) {
  if (!run.overrides.empty() && run.overrides.front().find("gymnasium:") != std::string::npos)
    return gymnasium_python().empty() ? kNoGymnasium : "";
  const std::string_view spec = run.spec;
  const EnvEntry& entry = *find_env(spec.ends_with("pong")                                 ? "ALE/Pong-v5"
                                    : spec.ends_with("lunar")                              ? "LunarLander-v3"
                                    : spec.ends_with("hopper") || spec.ends_with("mujoco") ? "Hopper-v5"
                                                                                           : "CartPole-v1");
  return entry.available() ? "" : entry.why;
}

using Results = std::map<std::string, std::string>;

/// Whether the run got so far that `train@latest` finds it.
bool can_be_continued(const fs::path& data) {
  const std::vector<std::string> files = files_below(only_run(data));
  return std::any_of(files.begin(), files.end(), [](const std::string& file) {
    return file.ends_with("_spec.json") && file.find("_t0_spec.json") == std::string::npos;
  });
}

/// Per spec; scripts/kill_resume.sh sets more.
int wanted_kills() {
  const char* text = std::getenv("SLM_LAB_KILLS");
  return text != nullptr ? std::atoi(text) : 2;
}

/// A run that is killed again and again, and continued each time, until it ends by itself.
class KilledRun {
 public:
  KilledRun(const ShortRun& run, Rng& rng, int max_kills) : run_(run), rng_(rng), max_kills_(max_kills) {}

  Results finish() {
    while (kills_ < max_kills_ && kill_once()) {
    }
    const ProcessResult last = start().wait();
    EXPECT_EQ(last.exit_code, 0) << last.err;
    return results_of(only_run(data_));
  }

  int kills() const { return kills_; }
  const std::string& moments() const { return moments_; }

 private:
  /// Continues what there is; a run that was killed before it had kept its spec starts anew.
  Process start() {
    const bool begun = can_be_continued(data_);
    if (!begun) fs::remove_all(data_);
    return Process(run_.command(data_, begun ? "train@latest" : "train", {"--checkpoint-seconds", "0"}));
  }

  /// Some time after a checkpoint that is drawn at random. False when the run has ended before.
  bool kill_once() {
    Process process = start();
    const int before = newest_checkpoint(data_);
    const auto later = static_cast<int>(rng_.integers(0, 2 + run_.log_points() / (1 + max_kills_)));
    const std::chrono::microseconds moment(rng_.integers(0, 20000));
    if (!await_checkpoint(process, data_, before + later)) return false;
    nap(moment);
    if (!process.running()) return false;
    process.send(SIGKILL);
    process.wait();
    ++kills_;
    moments_ += fmt::format(" {}", newest_checkpoint(data_));
    return true;
  }

  const ShortRun& run_;
  Rng& rng_;
  int max_kills_, kills_ = 0;
  ScratchFolder scratch_;
  fs::path data_ = scratch_ / "data";
  std::string moments_;  // the newest checkpoint at each kill
};

class Kill : public testing::TestWithParam<ShortRun> {};

TEST_P(Kill, AtAnyMomentChangesNothing) {
  if (const auto why = missing_part(GetParam()); !why.empty()) GTEST_SKIP() << why;
  if (const std::string python = gymnasium_python(); !python.empty()) setenv("SLM_PYTHON", python.c_str(), 1);
  const Results expected = uninterrupted(GetParam());
  Rng rng = Streams(7, 0, 0).stream(GetParam().spec);
  int kills = 0;
  std::string moments;
  for (int runs = 0; kills < wanted_kills() && runs < 2 * wanted_kills(); ++runs) {
    KilledRun killed(GetParam(), rng, std::min(4, wanted_kills() - kills));
    EXPECT_THAT(differing(expected, killed.finish()), IsEmpty()) << "killed after checkpoints" << killed.moments();
    kills += killed.kills();
    moments += killed.moments() + ";";
  }
  fmt::print("{}: {} kills, after checkpoints{}\n", GetParam().spec, kills, moments);
  EXPECT_GT(kills, 0) << "every run ended before it was killed";
}

INSTANTIATE_TEST_SUITE_P(Specs, Kill,
                         testing::Values(kPpo, kPendulum, kA2c, kReinforce, kDdqnPer, kLargeReplay, kRainbow, kSac,
                                         kCrossQ, kPpoSil),
                         [](const auto& run) { return std::string(run.param.spec); });

INSTANTIATE_TEST_SUITE_P(InBf16, Kill, testing::Values(kSacInBf16), [](const auto&) { return "sac_pendulum"; });

INSTANTIATE_TEST_SUITE_P(Python, Kill, testing::Values(kPython), [](const auto&) { return "gymnasium_cartpole"; });

INSTANTIATE_TEST_SUITE_P(Atari, Kill, testing::ValuesIn(kPong),
                         [](const auto& run) { return std::string(run.param.spec); });

INSTANTIATE_TEST_SUITE_P(Physics, Kill, testing::ValuesIn(kPhysics),
                         [](const auto& run) { return std::string(run.param.spec); });

class Determinism : public testing::TestWithParam<ShortRun> {};

TEST_P(Determinism, NothingButSpecAndSeedMatters) {
  if (const auto why = missing_part(GetParam()); !why.empty()) GTEST_SKIP() << why;
  const Results expected = uninterrupted(GetParam(), {"--threads", "1"});  // each run is in a folder of its own
  EXPECT_THAT(differing(expected, uninterrupted(GetParam(), {"--threads", "2"})), IsEmpty()) << "two threads";
  EXPECT_THAT(differing(expected, uninterrupted(GetParam(), {"--threads", "3"})), IsEmpty()) << "three threads";
  EXPECT_THAT(differing(expected, uninterrupted(GetParam(), {"--checkpoint-seconds", "0"})), IsEmpty())
      << "a checkpoint at every log point";
  const ProcessOptions elsewhere{
      .environment = {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "TZ=Asia/Kathmandu", "HOME=/"}, .folder = "/"};
  EXPECT_THAT(differing(expected, uninterrupted(GetParam(), {}, elsewhere)), IsEmpty()) << "another place";
  EXPECT_THAT(differing(expected, uninterrupted(GetParam(), {"--seed", "1"})), testing::Not(IsEmpty()))
      << "another seed, and the comparison sees it";
}

INSTANTIATE_TEST_SUITE_P(Specs, Determinism,
                         testing::Values(kPpo, kPendulum, kDdqnPer, kRainbow, kSac, kTd3, kCrossQ, kPpoSil),
                         [](const auto& run) { return std::string(run.param.spec); });
INSTANTIATE_TEST_SUITE_P(InBf16, Determinism, testing::Values(kSacInBf16), [](const auto&) { return "sac_pendulum"; });
INSTANTIATE_TEST_SUITE_P(Physics, Determinism, testing::ValuesIn(kPhysics),
                         [](const auto& run) { return std::string(run.param.spec); });

INSTANTIATE_TEST_SUITE_P(Atari, Determinism, testing::ValuesIn(kPong),
                         [](const auto& run) { return std::string(run.param.spec); });

}  // namespace
}  // namespace slm
