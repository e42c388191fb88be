#include "slm_lab/experiment/session.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/profile.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/session_files.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/scratch_folder.h"

namespace slm::session_test {
namespace {

struct ShippedSpec {
  const char* file;
  const char* name;
  std::vector<std::string> overrides = {};
};
void PrintTo(const ShippedSpec& spec, std::ostream* out) { *out << spec.name; }

/// A shipped spec, made short.
LabSpec read(const ShippedSpec& shipped, const std::string& max_frame = "6000") {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"env.max_frame=" + max_frame, "meta.log_frequency=1000"};
  options.overrides.insert(options.overrides.end(), shipped.overrides.begin(), shipped.overrides.end());
  const LoadedSpec loaded = load_spec(shipped.file, shipped.name, options);
  SpecReport report(loaded.file);
  return read_lab_spec(loaded, report);
}

bool never() { return false; }

void advance(Session& session) {
  session.step();
  if (session.evaluation_due()) session.evaluate_now(never);
  if (session.log_point_due()) session.log_point();
}

void run_to_end(Session& session) {
  while (!session.finished()) advance(session);
}

class EverySession : public testing::TestWithParam<ShippedSpec> {};
INSTANTIATE_TEST_SUITE_P(
    Shipped, EverySession,
    testing::Values(ShippedSpec{"benchmark/reinforce/reinforce_cartpole.json", "reinforce_cartpole"},
                    ShippedSpec{"benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole"},
                    ShippedSpec{"benchmark/ppo/ppo_acrobot.json", "ppo_acrobot"},
                    ShippedSpec{"benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", {"env.normalize_obs=true"}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_P(EverySession, IsAFunctionOfSpecAndSeed) {
  const LabSpec spec = read(GetParam());
  Session first(spec, 0, 0), second(spec, 0, 0), other(spec, 0, 1);
  run_to_end(first);
  run_to_end(second);
  run_to_end(other);
  EXPECT_EQ(weights_sha256(first.algorithm()), weights_sha256(second.algorithm()));
  EXPECT_EQ(first.evaluate_final(never)->returns, second.evaluate_final(never)->returns);
  EXPECT_NE(weights_sha256(first.algorithm()), weights_sha256(other.algorithm()));
}

TEST_P(EverySession, DoesNotDependOnThreads) {
  const LabSpec spec = read(GetParam());
  ThreadPool two(2);
  Session alone(spec, 0, 0), threaded(spec, 0, 0, &two);
  run_to_end(alone);
  run_to_end(threaded);
  EXPECT_EQ(weights_sha256(alone.algorithm()), weights_sha256(threaded.algorithm()));
}

/// One whose batches are large enough for threads to share.
TEST(Session, SharesGradientsAmongThreadsToTheSameBits) {
  const LabSpec spec = read({"benchmark/sac/sac_pendulum.json",
                             "sac_pendulum",
                             {"agent.net.hid_layers=[96, 64]", "agent.memory.batch_size=200",
                              "agent.algorithm.training_start_step=200", "meta.log_frequency=50"}},
                            "260");
  ThreadPool three(3);
  Session alone(spec, 0, 0), threaded(spec, 0, 0, &three);
  run_to_end(alone);
  run_to_end(threaded);
  EXPECT_GT(alone.algorithm().opt_step(), 0);
  EXPECT_EQ(weights_sha256(alone.algorithm()), weights_sha256(threaded.algorithm()));
}

TEST_P(EverySession, ContinuesFromAnyStepToTheSameBits) {
  const LabSpec spec = read(GetParam());
  Session whole(spec, 0, 0);
  run_to_end(whole);
  Session first(spec, 0, 0);
  for (int step = 0; step < 777; ++step) advance(first);  // inside an episode and inside a rollout
  Archive saved;
  first.serialize(saved);
  Archive loaded = saved.reopened();
  Session second(spec, 0, 0);
  second.serialize(loaded);
  run_to_end(second);
  EXPECT_EQ(weights_sha256(whole.algorithm()), weights_sha256(second.algorithm()));
  EXPECT_EQ(whole.record().rows().back().total_reward_ma, second.record().rows().back().total_reward_ma);
  EXPECT_EQ(whole.best_weights().score(), second.best_weights().score());
  EXPECT_EQ(whole.evaluate_final(never)->returns, second.evaluate_final(never)->returns);
}

double share(PhaseSeconds seconds, Phase phase) { return of_phase(seconds, phase) / total(seconds); }

TEST_P(EverySession, IsTheSameWhetherOrNotItsTimeIsDivided) {
  const LabSpec spec = read(GetParam());
  Session plain(spec, 0, 0), profiled(spec, 0, 0);
  run_to_end(plain);
  {
    const ProfiledThread thread(profiled.profile());
    run_to_end(profiled);
  }
  EXPECT_EQ(weights_sha256(plain.algorithm()), weights_sha256(profiled.algorithm()));
  EXPECT_EQ(share(plain.phase_seconds(), Phase::other), 1);
  const PhaseSeconds seconds = profiled.phase_seconds();
  EXPECT_GE(profiled.seconds(), total(seconds));
  for (const Phase phase : {Phase::act, Phase::env, Phase::store, Phase::forward, Phase::loss, Phase::backward,
                            Phase::optimiser, Phase::log, Phase::other})
    EXPECT_GT(share(seconds, phase), 0) << kPhaseNames[static_cast<std::size_t>(phase)];
  EXPECT_EQ(share(seconds, Phase::evaluate), 0);
  EXPECT_EQ(share(seconds, Phase::checkpoint), 0);
}

/// Acting asks a net, and is no forward pass of training for that.
TEST(Session, ActsInOnePhaseAndTrainsInMany) {
  const LabSpec spec = read({"benchmark/sac/sac_pendulum.json",
                             "sac_pendulum",
                             {"meta.rigorous_eval=1", "meta.eval_frequency=1500", "meta.log_frequency=100"}},
                            "1500");
  Session session(spec, 0, 0);
  const ProfiledThread thread(session.profile());
  while (session.algorithm().opt_step() == 0) {
    EXPECT_EQ(share(session.phase_seconds(), Phase::forward), 0);
    EXPECT_EQ(share(session.phase_seconds(), Phase::draw), 0);
    advance(session);
  }
  advance(session);
  for (const Phase phase : {Phase::draw, Phase::forward, Phase::backward, Phase::optimiser})
    EXPECT_GT(share(session.phase_seconds(), phase), 0) << kPhaseNames[static_cast<std::size_t>(phase)];
  EXPECT_EQ(share(session.phase_seconds(), Phase::evaluate), 0);
  session.evaluate_now(never);
  EXPECT_GT(share(session.phase_seconds(), Phase::evaluate), 0);
}

TEST(Session, AddsToTheTimeOfEarlierRuns) {
  const LabSpec spec = read({"benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole"});
  Session first(spec, 0, 0);
  {
    const ProfiledThread thread(first.profile());
    run_to_end(first);
  }
  Archive saved;
  first.serialize(saved);
  PhaseSeconds before;
  saved.reopened()("phase_seconds", std::span(before));
  EXPECT_GT(share(before, Phase::env), 0);

  Archive loaded = saved.reopened();
  Session second(spec, 0, 0);
  second.serialize(loaded);
  PhaseSeconds after = second.phase_seconds();
  for (std::size_t i = 0; i + 1 < after.size(); ++i) EXPECT_EQ(after[i], before[i]) << kPhaseNames[i];
  EXPECT_GT(of_phase(after, Phase::other), of_phase(before, Phase::other));
  EXPECT_GE(second.seconds(), total(after));

  // A state of a version that did not divide.
  Archive older = saved.reopened();
  const_cast<Archive::Arrays&>(older.arrays()).erase("phase_seconds");
  Session third(spec, 0, 0);
  third.serialize(older);
  EXPECT_EQ(share(third.phase_seconds(), Phase::other), 1);
  EXPECT_GE(third.seconds(), total(before));
}

TEST_P(EverySession, AllocatesNothingOnceItHasTrained) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer replaces malloc";
  Session session(read(GetParam(), "100000"), 0, 0);
  // Rollouts of whole episodes make room once for each longer one, so those wait until episodes are long.
  const bool whole_episodes = std::string(GetParam().name).starts_with("reinforce");
  while (session.frame() < (whole_episodes ? 90000 : 6000)) advance(session);
  long by_steps = 0;
  while (!session.finished()) {
    const long before = num_allocations();
    session.step();
    by_steps += num_allocations() - before;
    if (session.log_point_due()) session.log_point();
  }
  EXPECT_EQ(by_steps, 0);
}

// A cart on which no motor may be switched on: the first action throws it out of all numbers.
TEST(Session, PhysicsThatBlowsUpIsToldAndPoisonsNothing) {
  if (const EnvEntry& entry = *find_env("InvertedPendulum-v5"); !entry.available()) GTEST_SKIP() << entry.why;
  const ScratchFolder scratch;
  const std::filesystem::path model = scratch / "explosive.xml";
  std::ofstream(model)
      << "<mujoco><worldbody><body><joint name='slide' type='slide' axis='1 0 0'/><geom size='.1'/><body>"
         "<joint type='hinge' axis='0 1 0'/><geom size='.1' pos='0 0 .5'/></body></body></worldbody>"
         "<actuator><motor joint='slide' gear='1e15' ctrlrange='-1 1'/></actuator></mujoco>";
  for (const ShippedSpec& shipped : {ShippedSpec{"benchmark/ppo/ppo_pendulum.json", "ppo_pendulum"},
                                     ShippedSpec{"benchmark/sac/sac_pendulum.json", "sac_pendulum"}}) {
    SCOPED_TRACE(shipped.name);
    ShippedSpec blown_up = shipped;
    blown_up.overrides = {"env.name=\"InvertedPendulum-v5\"", "env.xml_file=\"" + model.string() + "\"",
                          "env.normalize_obs=true", "env.normalize_reward=true", "meta.seed=7"};
    Session session(read(blown_up, "3000"), 0, 0);
    int num_told = 0;
    while (!session.finished()) {
      advance(session);
      const std::string told = session.divergence();
      num_told += !told.empty();
      if (num_told == 1 && !told.empty()) {
        EXPECT_NE(told.find("step 1 of its episode, seed 7"), std::string::npos) << told;
        EXPECT_NE(told.find("InvertedPendulum-v5 diverged at frame"), std::string::npos) << told;
      }
    }
    EXPECT_GT(num_told, 10);
    // A NaN in any batch would have ended the session (Error(diverged)) or be in what follows from it.
    const std::optional<Evaluation> evaluation = session.evaluate_final(never);
    for (const double value : evaluation->returns) EXPECT_TRUE(std::isfinite(value));
    EXPECT_TRUE(std::isfinite(session.record().rows().back().total_reward));
  }
}

TEST(Session, RigorousEvaluationLeavesTrainingAlone) {
  const ShippedSpec shipped{"benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole"};
  ShippedSpec evaluated = shipped;
  evaluated.overrides = {"meta.rigorous_eval=3", "meta.eval_frequency=2000"};
  Session plain(read(shipped), 0, 0), rigorous(read(evaluated), 0, 0);
  run_to_end(plain);
  run_to_end(rigorous);
  EXPECT_EQ(weights_sha256(plain.algorithm()), weights_sha256(rigorous.algorithm()));
  EXPECT_EQ(rigorous.eval_record().rows().size(), 3u);
  for (const SessionRow& row : rigorous.eval_record().rows()) EXPECT_EQ(row.eval_episodes, 3);  // and not num_envs
  EXPECT_TRUE(plain.eval_record().rows().empty());
}

// Stopped in the middle, at a frame that is a log point too, and continued from a checkpoint.
TEST(Session, AStoppedEvaluationLeavesNothingAndStartsAgain) {
  ShippedSpec shipped{"benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole"};
  shipped.overrides = {"meta.rigorous_eval=3", "meta.eval_frequency=2000"};
  const LabSpec spec = read(shipped);
  Session whole(spec, 0, 0), first(spec, 0, 0);
  run_to_end(whole);
  for (first.step(); !first.evaluation_due(); first.step())
    if (first.log_point_due()) first.log_point();
  int asked = 0;
  EXPECT_FALSE(first.evaluate_now([&] { return ++asked == 5; }));
  EXPECT_EQ(asked, 5);
  EXPECT_TRUE(first.eval_record().rows().empty());
  EXPECT_TRUE(first.evaluation_due());
  EXPECT_TRUE(first.log_point_due());
  Archive saved;
  first.serialize(saved);
  Archive loaded = saved.reopened();
  Session second(spec, 0, 0);
  second.serialize(loaded);
  ASSERT_TRUE(second.evaluation_due());
  ASSERT_TRUE(second.evaluate_now(never));
  EXPECT_FALSE(second.evaluation_due());
  ASSERT_TRUE(second.log_point_due());
  second.log_point();
  EXPECT_FALSE(second.log_point_due());
  run_to_end(second);
  EXPECT_EQ(weights_sha256(whole.algorithm()), weights_sha256(second.algorithm()));
  const auto returns = [](const SessionRecord& record) {
    std::vector<double> values;
    for (const SessionRow& row : record.rows()) values.push_back(row.total_reward);
    return values;
  };
  EXPECT_EQ(returns(whole.eval_record()), returns(second.eval_record()));
  EXPECT_EQ(returns(whole.record()), returns(second.record()));
  EXPECT_FALSE(second.evaluate_final([] { return true; }));
}

}  // namespace
}  // namespace slm::session_test
