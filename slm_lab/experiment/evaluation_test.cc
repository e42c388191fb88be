#include "slm_lab/experiment/evaluation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/gymnasium_kwargs.h"
#include "slm_lab/experiment/lab_spec.h"
#include "tests/support/gymnasium_python.h"

namespace slm::evaluation_test {
namespace {

using testing::HasSubstr;

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

TEST(Evaluation, EndsWhereTheEnvironmentSetsNoLimit) {
  const std::string python = gymnasium_python();
  if (python.empty()) GTEST_SKIP() << kNoGymnasium;
  setenv("SLM_PYTHON", python.c_str(), 1);
  const JsonNode root = parse_json(fmt::format(R"({{
    "agent": {{"name": "R", "algorithm": {{"name": "Random"}}, "memory": {{"name": "OnPolicyBatchReplay"}}, "net": {{}}}},
    "env": {{"name": "gymnasium:Odd-v0", "module": "{}", "kwargs": {{"ends": false}}, "max_frame": 100}},
    "meta": {{"max_session": 1}}}})",
                                               odd_module()),
                                   "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  const LabSpec spec = read_lab_spec(reader);
  ASSERT_TRUE(report.problems().empty()) << report.line(report.problems().front());
  EXPECT_THAT(report.line(report.notes().front()), HasSubstr("env.name = \"gymnasium:Odd-v0\": is registered without"));
  const Streams streams(5, 0, 0);
  EnvStatistics statistics;
  const auto algorithm = make_algorithm(spec.agent, env_info(spec.env, 1), streams);
  const auto result = evaluate(*algorithm, spec.env, 0.99, statistics, streams, 1, ActMode::greedy, nullptr);
  // Rewards are actions: 0, 1 or 2, whose mean over the steps has a deviation of 0.008.
  EXPECT_NEAR(result.returns.at(0) / kLongestUnlimitedEpisode, 1, 0.05);
}

}  // namespace
}  // namespace slm::evaluation_test
