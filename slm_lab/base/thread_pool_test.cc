#include "slm_lab/base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>

#include "slm_lab/base/error.h"
#include "slm_lab/base/float_mode.h"
#include "tests/support/allocation_counter.h"

namespace slm::thread_pool_test {
namespace {

class Pool : public testing::TestWithParam<int> {};

TEST_P(Pool, DoesEveryTaskOnceManyTimes) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.size(), GetParam());
  for (int round = 0; round < 500; ++round) {
    std::vector<int> done(round % 17);
    pool.run(static_cast<int>(done.size()), [&](int i) { done[static_cast<std::size_t>(i)] += i + round; });
    for (int i = 0; i < static_cast<int>(done.size()); ++i) ASSERT_EQ(done[static_cast<std::size_t>(i)], i + round);
  }
}

TEST_P(Pool, ThrowsTheExceptionOfTheLowestIndexAfterAllTasks) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> done = 0;
    try {
      pool.run(16, [&](int i) {
        ++done;
        if (i % 5 == 3) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3");
    }
    EXPECT_EQ(done, 16);
  }
  int sum = 0;  // and is usable afterwards
  pool.run(1, [&](int) { ++sum; });
  EXPECT_EQ(sum, 1);
}

TEST_P(Pool, RefusesToBeUsedByItsTasks) {
  ThreadPool pool(GetParam());
  EXPECT_THROW(pool.run(4, [&](int) { pool.run(1, [](int) {}); }), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Pool, testing::Values(1, 2, 5));

TEST(ThreadPool, OfOneWorksInTheCaller) {
  ThreadPool pool(1);
  std::thread::id worker;
  pool.run(1, [&](int) { worker = std::this_thread::get_id(); });
  EXPECT_EQ(worker, std::this_thread::get_id());
}

TEST(ThreadPool, NeedsAThread) { EXPECT_THROW(ThreadPool(0), std::logic_error); }

double halved(double value) {
  volatile double x = value;
  return x * 0.5;
}

constexpr double kLeastNormal = 2.2250738585072014e-308;

/// Of a task on each thread: two that wait for each other run on two.
std::array<double, 2> halved_on_both(ThreadPool& pool) {
  std::atomic<int> arrived = 0;
  std::array<double, 2> results{};
  pool.run(2, [&](int i) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
    results[static_cast<std::size_t>(i)] = halved(kLeastNormal);
  });
  return results;
}

TEST(ThreadPool, TasksTakeDenormalsAsTheCallerDoes) {
  ThreadPool pool(2);
  EXPECT_EQ(halved_on_both(pool), (std::array{kLeastNormal / 2, kLeastNormal / 2}));
  {
    const FlushToZero fast;
    EXPECT_EQ(halved_on_both(pool), (std::array{0.0, 0.0}));
  }
  EXPECT_EQ(halved_on_both(pool), (std::array{kLeastNormal / 2, kLeastNormal / 2}));
}

TEST(FlushToZero, FlushesResultsAndOperandsWhileItLives) {
  volatile double denormal = 4.9406564584124654e-324;
  {
    const FlushToZero outer;
    { const FlushToZero inner; }
    const double result = halved(kLeastNormal), operand = denormal * 1e300;
    EXPECT_EQ(result, 0);
    EXPECT_EQ(operand, 0);
  }
  EXPECT_GT(halved(kLeastNormal), 0);
  EXPECT_GT(denormal * 1e300, 0);
}

// Threads that cannot be started are an error: those that were must end, or the pool would wait for them for ever.
TEST(Pool, MoreThreadsThanTheSystemGivesAreAnError) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer needs more address space than the limit below";
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{std::size_t{1} << 30, std::size_t{1} << 30};  // address space for a hundred stacks
    ::setrlimit(RLIMIT_AS, &limit);
    try {
      const ThreadPool pool(100000);
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.code()));
    }
    ::_exit(100);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::missing)) << status;
}

}  // namespace
}  // namespace slm::thread_pool_test
