#include "slm_lab/experiment/evaluation.h"

#include <gtest/gtest.h>

#include <set>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/experiment/lab_spec.h"

namespace slm {
namespace {

// Environments are made 32 at a time; an episode is the same whatever is played beside it.
TEST(Evaluation, EveryEpisodeHasAStartOfItsOwn) {
  LoadOptions options;
  options.repository = source_dir();
  const LoadedSpec loaded = load_spec("benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", options);
  SpecReport report(loaded.file);
  const LabSpec spec = read_lab_spec(loaded, report);
  const double gamma = spec.agent.plan->gamma();
  const Streams streams(5, 0, 0);
  EnvStatistics statistics;
  const auto algorithm = make_algorithm(spec.agent, env_info(spec.env, 1), streams);
  const auto returns_of = [&](int num_episodes, ThreadPool* threads) {
    return evaluate(*algorithm, spec.env, gamma, statistics, streams, num_episodes, ActMode::greedy, threads).returns;
  };
  const std::vector<double> seventy = returns_of(70, nullptr), few = returns_of(5, nullptr);
  EXPECT_EQ(std::set<double>(seventy.begin(), seventy.end()).size(), 70u);
  EXPECT_EQ(few, std::vector<double>(seventy.begin(), seventy.begin() + 5));
  ThreadPool three(3);
  EXPECT_EQ(returns_of(70, &three), seventy);
}

}  // namespace
}  // namespace slm
