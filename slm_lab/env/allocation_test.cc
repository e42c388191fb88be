// Steps after the first allocate nothing: counted at malloc, which operator new and Eigen both end in.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>

#include "slm_lab/env/registry.h"

static std::atomic<std::size_t> num_mallocs{0};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsMalloc = false;  // the sanitizers have their own
#else
constexpr bool kCountsMalloc = true;
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  ++num_mallocs;
  return __libc_malloc(size);
}
#endif

namespace slm {
namespace {

TEST(Allocation, AStepAllocatesNothing) {
  if (!kCountsMalloc) GTEST_SKIP() << "a sanitizer replaces malloc";
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
    const std::size_t before = num_mallocs;
    for (int t = 0; t < 450; ++t) env->step(actions, step);  // episode ends included
    EXPECT_EQ(num_mallocs, before);
    const Matrix more(2, 2);
    EXPECT_GT(num_mallocs, before);  // it does count
  }
}

}  // namespace
}  // namespace slm
