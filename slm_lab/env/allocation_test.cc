// Steps after the first allocate nothing: counted at malloc, which operator new and Eigen both end in.
#include <gtest/gtest.h>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/gymnasium_python.h"

namespace slm::allocation_test {
namespace {

TEST(Allocation, AStepAllocatesNothing) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer replaces malloc";
  EnvConfig config;
  config.name = "Pendulum-v1";
  config.kwargs = PendulumKwargs{};
  config.normalize_obs = config.normalize_reward = true;
  config.clip_obs = config.clip_reward = 10;
  config.reward_scale = 0.5;
  config.frame_op = "concat";
  for (const bool rescale : {false, true}) {
    config.rescale_action = rescale;
    EnvStatistics statistics;
    const auto env = make_env(config, 16, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
    const Matrix actions = Matrix::Constant(16, 1, 0.25f);
    StepResult step;
    env->reset(step.obs);
    env->step(actions, step);
    const long before = num_allocations();
    for (int t = 0; t < 450; ++t) env->step(actions, step);  // episode ends included
    EXPECT_EQ(num_allocations(), before);
    const Matrix more(2, 2);
    EXPECT_GT(num_allocations(), before);  // it does count
  }
}

TEST(Allocation, AStepInPythonAllocatesNothingHere) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer replaces malloc";
  const std::string python = gymnasium_python();
  if (python.empty()) GTEST_SKIP() << kNoGymnasium;
  setenv("SLM_PYTHON", python.c_str(), 1);
  EnvConfig config;
  config.name = "gymnasium:CartPole-v1";
  const JsonNode keys = parse_json(R"({"processes": 2})", "");
  SpecReport report("");
  SpecReader reader(&keys, "", report);
  config.kwargs = find_env(config.name)->read_kwargs(reader, config.name);
  EnvStatistics statistics;
  const auto env = make_env(config, 3, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
  Matrix actions = Matrix::Constant(3, 1, 1);
  StepResult step;
  env->reset(step.obs);
  for (int t = 0; t < 30; ++t) env->step(actions, step);
  const long before = num_allocations();
  for (int t = 0; t < 450; ++t) {  // later episodes are longer
    actions.setConstant(static_cast<float>(t % 2));
    env->step(actions, step);
  }
  EXPECT_EQ(num_allocations(), before);
}

}  // namespace
}  // namespace slm::allocation_test
