#include "slm_lab/env/sync_vec_env.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/float_mode.h"
#include "slm_lab/env/classic_control/acrobot.h"
#include "slm_lab/env/classic_control/cartpole.h"
#include "slm_lab/env/classic_control/pendulum.h"
#include "slm_lab/env/rollout_env.h"

namespace slm::sync_vec_env_test {
namespace {

using Json = nlohmann::json;

template <SingleEnv Env>
SyncVecEnv<Env> make(int num_envs, int max_episode_steps, std::uint64_t first_seed, ThreadPool* threads = nullptr) {
  std::vector<Rng> rngs;
  for (int i = 0; i < num_envs; ++i) rngs.emplace_back(first_seed + static_cast<std::uint64_t>(i));
  return SyncVecEnv<Env>({"test", Env::obs_space({}), Env::action_space({}), num_envs, max_episode_steps}, {},
                         std::move(rngs), threads);
}

Matrix to_matrix(const Json& rows) {
  Matrix m(rows.size(), rows[0].size());
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    for (Eigen::Index j = 0; j < m.cols(); ++j)
      m(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  return m;
}

// Gymnasium's vector environment in the mode SAME_STEP: seeds s + i, a fresh observation at once, the final one beside
// it.
TEST(SyncVecEnv, EqualsGymnasiumsVectorEnvironment) {
  const Json golden = Json::parse(std::ifstream(std::filesystem::path(source_dir()) / "tests/golden/vector.json"));
  const Json& expected = golden["modes"]["SAME_STEP"];
  auto env = make<CartPole>(4, 500, 42);
  Observations obs;
  env.reset(obs);
  EXPECT_EQ(obs, to_matrix(expected["reset_obs"]));

  StepResult step;
  std::size_t num_ends = 0;
  for (std::size_t t = 0; t < golden["actions"].size(); ++t) {
    SCOPED_TRACE(t);
    Matrix actions(4, 1);
    for (int i = 0; i < 4; ++i) actions(i, 0) = golden["actions"][t][static_cast<std::size_t>(i)];
    env.step(actions, step);
    ASSERT_EQ(step.obs, to_matrix(expected["obs"][t]));
    for (std::size_t i = 0; i < 4; ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      EXPECT_EQ(step.rewards[row], expected["reward"][t][i]);
      EXPECT_EQ(step.terminated[row], expected["terminated"][t][i] == 1);
      EXPECT_EQ(step.truncated[row], expected["truncated"][t][i] == 1);
      if (!step.episode_over[row]) {
        EXPECT_EQ(step.next_obs.floats().row(row), step.obs.floats().row(row));
        continue;
      }
      const Json& final_obs = expected["final_obs"][num_ends++];
      EXPECT_EQ(final_obs["step"], t);
      EXPECT_EQ(final_obs["env"], i);
      EXPECT_EQ(Matrix(step.next_obs.floats().row(row)), to_matrix(Json::array({final_obs["obs"]})));
    }
  }
  EXPECT_EQ(num_ends, expected["final_obs"].size());
}

TEST(SyncVecEnv, TheTimeLimitTruncatesAndReportsTheEpisode) {
  auto env = make<Pendulum>(2, 3, 0);
  Observations obs;
  env.reset(obs);
  const Matrix actions{{0.5f}, {-0.5f}};
  StepResult step;
  double sum = 0;
  for (int t = 1; t <= 7; ++t) {
    env.step(actions, step);
    sum = t % 3 == 1 ? 0 : sum;
    sum += static_cast<double>(step.rewards[0]);
    EXPECT_EQ(step.truncated[0], t % 3 == 0);
    EXPECT_FALSE(step.terminated[0]);
    if (step.truncated[0]) {
      EXPECT_EQ(step.episode_length[0], 3);
      EXPECT_NEAR(step.episode_return[0], sum, 1e-5);  // rewards are float, the return is double
      EXPECT_NE(step.obs.floats().row(0), step.next_obs.floats().row(0));
    }
  }
}

// A pole pushed one way falls after about ten steps: with the limit at that very step both flags hold, as in Gymnasium.
TEST(SyncVecEnv, BothFlagsHoldWhenTheTaskEndsOnTheLastStep) {
  StepResult step;
  const auto first_end = [&](int max_episode_steps) {
    auto env = make<CartPole>(1, max_episode_steps, 0);
    Observations obs;
    env.reset(obs);
    for (int t = 1;; ++t) {
      env.step(Matrix{{1}}, step);
      if (step.episode_over[0]) return t;
    }
  };
  const int fall = first_end(500);
  ASSERT_LT(fall, 20);
  EXPECT_TRUE(step.terminated[0]);
  EXPECT_FALSE(step.truncated[0]);
  EXPECT_EQ(first_end(fall), fall);
  EXPECT_TRUE(step.terminated[0]);
  EXPECT_TRUE(step.truncated[0]);
  EXPECT_EQ(first_end(fall - 1), fall - 1);
  EXPECT_FALSE(step.terminated[0]);
  EXPECT_TRUE(step.truncated[0]);
}

TEST(SyncVecEnv, ThreadsChangeNothing) {
  constexpr int num_envs = 330;  // enough Acrobots that threads pay, and not a multiple of their number
  ThreadPool threads(4);
  auto alone = make<Acrobot>(num_envs, 7, 0);
  auto shared = make<Acrobot>(num_envs, 7, 0, &threads);
  Observations obs_alone, obs_shared;
  Matrix actions(num_envs, 1);
  alone.reset(obs_alone);
  shared.reset(obs_shared);
  StepResult step_alone, step_shared;
  for (int t = 0; t < 20; ++t) {
    for (int i = 0; i < num_envs; ++i) actions(i, 0) = static_cast<float>((i + t) % 3);
    alone.step(actions, step_alone);
    shared.step(actions, step_shared);
    ASSERT_EQ(step_alone.obs, step_shared.obs);
    ASSERT_EQ(step_alone.next_obs, step_shared.next_obs);
    ASSERT_EQ(step_alone.episode_return, step_shared.episode_return);
  }
}

/// Counts up to its options' limit; loses a life at 2, cuts itself at 5. Its "model" is made at some cost.
class Counter {
 public:
  struct Kwargs {
    int width = 1;
  };
  struct Model {
    int id;
  };
  static inline int models_made = 0;
  static std::shared_ptr<const Model> make_model(const Kwargs&) {
    return std::make_shared<Model>(Model{++models_made});
  }
  static constexpr int kStepNanoseconds = 1;
  static Space obs_space(const Kwargs& kwargs) {
    const auto width = static_cast<std::size_t>(kwargs.width);
    return Space::box(std::vector<float>(width, 0), std::vector<float>(width, 9));
  }
  static Space action_space(const Kwargs&) { return Space::discrete(1); }
  Counter(const Kwargs& kwargs, std::shared_ptr<const Model> model) : width_(kwargs.width), model_(std::move(model)) {}
  void reset(Rng&) { count_ = 0; }
  EnvStep step(int) {
    ++count_;
    return {.reward = 1, .terminated = false, .truncated = count_ == 5, .life_lost = count_ == 2};
  }
  void observe(float* obs) const { std::fill_n(obs, width_, static_cast<float>(count_)); }
  void serialize(Archive& archive) { archive("count", count_); }

 private:
  int width_;
  std::shared_ptr<const Model> model_;
  std::int32_t count_ = 0;
};

TEST(SyncVecEnv, RowsShareOneModelAndSpacesFollowOptions) {
  const Counter::Kwargs kwargs{.width = 3};
  std::vector<Rng> rngs{Rng(0), Rng(1), Rng(2)};
  const int before = Counter::models_made;
  SyncVecEnv<Counter> env({"test", Counter::obs_space(kwargs), Counter::action_space(kwargs), 3, 0}, kwargs,
                          std::move(rngs));
  EXPECT_EQ(Counter::models_made, before + 1);
  Observations obs;
  env.reset(obs);
  EXPECT_EQ(obs.floats(), Matrix::Zero(3, 3));
}

TEST(SyncVecEnv, TellsFourKindsOfEndApart) {
  SyncVecEnv<Counter> env({"test", Counter::obs_space({}), Counter::action_space({}), 1, 0}, {}, {Rng(0)});
  Observations obs;
  env.reset(obs);
  StepResult step;
  for (int t = 1; t <= 6; ++t) {
    env.step(Matrix::Zero(1, 1), step);
    EXPECT_EQ(step.life_lost[0], t == 2);
    EXPECT_EQ(step.truncated[0], t == 5);  // by the environment itself: there is no limit
    EXPECT_EQ(step.episode_over[0], t == 5);
    EXPECT_FALSE(step.terminated[0]);
    EXPECT_EQ(step.is_last_reward(0), t == 2);
    EXPECT_EQ(step.is_cut(0), t == 2 || t == 5);
    EXPECT_TRUE(t != 5 || step.episode_return[0] == 5);
  }
}

/// Half of half of ...: a denormal after the first step.
struct Halver {
  using Kwargs = NoKwargs;
  static constexpr int kStepNanoseconds = 1'000'000;  // worth a thread
  static Space obs_space(const Kwargs&) { return Space::box({0}, {1}); }
  static Space action_space(const Kwargs&) { return Space::discrete(1); }
  explicit Halver(const Kwargs&) {}
  void reset(Rng&) { x = std::numeric_limits<double>::min(); }
  EnvStep step(int) {
    x = x / 2;
    return {x, true};
  }
  void observe(float* obs) const { *obs = 0; }
  void serialize(Archive& archive) { archive("x", x); }
  double x = 0;
};

// A step of each row is worth a thread, and both threads have trained before.
TEST(SyncVecEnv, KeepsDenormalsInThreadsThatHaveTrained) {
  ThreadPool pool(2);
  std::atomic<int> arrived = 0;
  {
    const FlushToZero training;
    pool.run(2, [&](int) {
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
  }
  SyncVecEnv<Halver> env({"test", Halver::obs_space({}), Halver::action_space({}), 2, 0}, {}, {Rng(0), Rng(1)}, &pool);
  Observations obs;
  env.reset(obs);
  StepResult step;
  env.step(Matrix::Zero(2, 1), step);
  EXPECT_EQ(step.episode_return[0], std::numeric_limits<double>::min() / 2);
  EXPECT_EQ(step.episode_return[1], std::numeric_limits<double>::min() / 2);
}

/// Shows the number of its steps, and 255 less that, in bytes; ends after three.
class ByteCounter {
 public:
  struct Kwargs {};
  static constexpr int kStepNanoseconds = 1;
  static Space obs_space(const Kwargs&) { return Space::bytes({2}); }
  static Space action_space(const Kwargs&) { return Space::discrete(1); }
  explicit ByteCounter(const Kwargs&) {}
  void reset(Rng&) { count_ = 0; }
  EnvStep step(int) { return {.reward = 1, .terminated = ++count_ == 3}; }
  void observe(std::uint8_t* obs) const {
    obs[0] = static_cast<std::uint8_t>(count_);
    obs[1] = static_cast<std::uint8_t>(255 - count_);
  }
  void serialize(Archive& archive) { archive("count", count_); }

 private:
  std::int32_t count_ = 0;
};

TEST(SyncVecEnv, LeavesBytesBytes) {
  auto env = make<ByteCounter>(2, 0, 0);
  Observations obs;
  env.reset(obs);
  EXPECT_EQ(obs, (ByteMatrix{{0, 255}, {0, 255}}));
  StepResult step;
  for (int t = 1; t < 3; ++t) {
    env.step(Matrix::Zero(2, 1), step);
    const auto now = static_cast<std::uint8_t>(t), rest = static_cast<std::uint8_t>(255 - t);
    EXPECT_EQ(step.obs, (ByteMatrix{{now, rest}, {now, rest}}));
  }
  env.step(Matrix::Zero(2, 1), step);
  EXPECT_EQ(step.next_obs, (ByteMatrix{{3, 252}, {3, 252}}));
  EXPECT_EQ(step.obs, (ByteMatrix{{0, 255}, {0, 255}})) << "the fresh start";

  EnvInfo of_floats{"test", Space::row(2), Space::discrete(1), 1, 0};
  EXPECT_THROW(SyncVecEnv<ByteCounter>(of_floats, {}, {Rng(0)}), std::logic_error);
}

TEST(RolloutEnv, ShowsBytesAsNumbers) {
  NativeRolloutEnv<ByteCounter> env({"test", ByteCounter::obs_space({}), Space::discrete(1), 1, 0}, {}, Rng(0));
  EXPECT_FALSE(env.obs_is_float64());
  std::vector<double> obs;
  env.reset(obs);
  EXPECT_EQ(obs, (std::vector<double>{0, 255}));
  env.step(std::vector<double>{0}, obs);
  EXPECT_EQ(obs, (std::vector<double>{1, 254}));
}

TEST(SyncVecEnv, RefusesActionsThatAreNone) {
  auto env = make<CartPole>(1, 500, 0);
  Observations obs;
  env.reset(obs);
  StepResult step;
  EXPECT_THROW(env.step(Matrix{{2}}, step), std::logic_error);
  EXPECT_THROW(env.step(Matrix{{-1}}, step), std::logic_error);
  EXPECT_THROW(env.step(Matrix{{std::nanf("")}}, step), std::logic_error);
  EXPECT_THROW(env.step(Matrix{{0, 1}}, step), std::logic_error);
}

}  // namespace
}  // namespace slm::sync_vec_env_test
