// The environment that docs/own_environment.md shows: its code is the page's, and it does what the page says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "docs/examples/corridor.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/env/sync_vec_env.h"

namespace slm {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(std::filesystem::path(source_dir()) / file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(OwnEnvironment, StandsInThePageAsItIsCompiled) {
  const std::string code = text_of("docs/examples/corridor.h");
  ASSERT_FALSE(code.empty());
  EXPECT_THAT(text_of("docs/own_environment.md"), testing::HasSubstr("```cpp\n" + code + "```"))
      << "docs/own_environment.md must hold docs/examples/corridor.h word for word: edit whichever is behind";
}

TEST(OwnEnvironment, PaysAtItsEndAndStartsAnew) {
  EnvInfo info;
  info.name = "Corridor-v0";
  info.obs_space = Corridor::obs_space({});
  info.action_space = Corridor::action_space({});
  info.max_episode_steps = 100;
  SyncVecEnv<Corridor> env(info, {}, {Rng(7)});
  Observations obs;
  env.reset(obs);
  const auto first_cell = static_cast<int>(std::lround(obs.floats()(0, 0) * 9));
  const int steps_to_the_end = 9 - first_cell;
  const Matrix right = Matrix::Ones(1, 1);
  StepResult step;
  for (int i = 1; i < steps_to_the_end; ++i) {
    env.step(right, step);
    EXPECT_FLOAT_EQ(step.rewards[0], -0.1f);
    EXPECT_FALSE(step.terminated[0]);
  }
  env.step(right, step);
  EXPECT_TRUE(step.terminated[0]);
  EXPECT_FLOAT_EQ(step.next_obs.floats()(0, 0), 1);
  EXPECT_LT(step.obs.floats()(0, 0), 1) << "the fresh start";
  EXPECT_EQ(step.episode_length[0], steps_to_the_end);
  EXPECT_NEAR(step.episode_return[0], 1 - 0.1 * (steps_to_the_end - 1), 1e-12);
}

}  // namespace
}  // namespace slm
