// Environments of Gymnasium in Python, by way of the table. Needs setup/python.sh.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/gymnasium/ask_python.h"
#include "slm_lab/env/gymnasium/python_process.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/gymnasium_python.h"
#include "tests/support/scratch_folder.h"

namespace slm::bridge_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct Reading {
  EnvConfig config;
  std::string problems;
};

/// Of the object "env" of a spec with these members.
Reading read_env(const std::string& name, const std::string& members = "") {
  const JsonNode json =
      parse_json(fmt::format(R"({{"name": "{}", "max_frame": 100{}{}}})", name, members.empty() ? "" : ", ", members),
                 "spec.json");
  SpecReport report("spec.json");
  SpecReader reader(&json, "env", report);
  Reading reading{read_env_config(reader), ""};
  for (const SpecFinding& problem : report.problems()) reading.problems += report.line(problem) + "\n";
  return reading;
}

Reading read_odd(const std::string& kwargs, const std::string& members = "") {
  return read_env("gymnasium:Odd-v0", fmt::format(R"("module": "{}", "kwargs": {}{}{})", odd_module(), kwargs,
                                                  members.empty() ? "" : ", ", members));
}

/// An environment of rows that act at random.
struct Play {
  Play(const EnvConfig& config, int num_envs)
      : env(make_env(config, num_envs, 0.99, Streams(3, 0, 0), statistics, EnvUse::train)),
        actions(num_envs, env->info().action_space.size()) {
    env->reset(obs);
  }
  void advance(int steps) {
    const Space& space = env->info().action_space;
    for (; steps > 0; --steps) {
      for (Eigen::Index i = 0; i < actions.rows(); ++i)
        for (Eigen::Index j = 0; j < actions.cols(); ++j)
          actions(i, j) = space.is_discrete() ? static_cast<float>(rng.integers(0, space.n))
                                              : static_cast<float>(rng.uniform(space.low[j], space.high[j]));
      env->step(actions, step);
    }
  }

  EnvStatistics statistics;
  std::unique_ptr<VecEnv> env;
  Matrix actions;
  Observations obs;
  StepResult step;
  Rng rng{std::uint64_t{5}};
};

void expect_same(const StepResult& a, const StepResult& b) {
  ASSERT_EQ(a.next_obs, b.next_obs);
  ASSERT_EQ(a.obs, b.obs);
  ASSERT_EQ(a.rewards, b.rewards);
  ASSERT_TRUE((a.terminated == b.terminated).all());
  ASSERT_TRUE((a.truncated == b.truncated).all());
  ASSERT_TRUE((a.episode_over == b.episode_over).all());
  for (Eigen::Index row = 0; row < a.episode_over.size(); ++row) {
    if (!a.episode_over[row]) continue;
    ASSERT_EQ(a.episode_return[row], b.episode_return[row]);
    ASSERT_EQ(a.episode_length[row], b.episode_length[row]);
  }
}

/// The state of the one environment, saved, in the other.
void restore(const Play& from, Play& to) {
  Archive saved;
  from.env->serialize(saved);
  Archive restored = saved.reopened();
  to.env->serialize(restored);
}

std::string failure_of(const std::function<void()>& work, ExitCode code) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "nothing failed";
}

class Bridge : public testing::Test {
 protected:
  void SetUp() override {
    const std::string python = gymnasium_python();
    if (python.empty()) GTEST_SKIP() << kNoGymnasium;
    setenv("SLM_PYTHON", python.c_str(), 1);
  }
};

// Two processes for three rows; more than 200 steps, so that clocks run out.
TEST_F(Bridge, StepsAsOurOwnEnvironmentsDo) {
  for (const char* name : {"CartPole-v1", "Pendulum-v1", "MountainCar-v0"}) {
    SCOPED_TRACE(name);
    Play ours(read_env(name).config, 3);
    Play python(read_env("gymnasium:" + std::string(name), R"("processes": 2)").config, 3);
    EXPECT_EQ(python.env->info().max_episode_steps, ours.env->info().max_episode_steps);
    EXPECT_EQ(python.env->info().obs_space.low, ours.env->info().obs_space.low);
    EXPECT_EQ(ours.obs, python.obs);
    for (int t = 0; t < 230; ++t) {
      ours.advance(1);
      python.advance(1);
      expect_same(ours.step, python.step);
    }
  }
}

TEST_F(Bridge, GoesOnWhereItWasSaved) {
  const EnvConfig config = read_env("gymnasium:CartPole-v1").config;
  Play first(config, 2), second(config, 2);
  first.advance(70);
  restore(first, second);
  second.rng = first.rng;
  EXPECT_THAT(second.env->remark(), IsEmpty());
  for (int t = 0; t < 70; ++t) {
    first.advance(1);
    second.advance(1);
    expect_same(first.step, second.step);
  }
}

TEST_F(Bridge, SaysWhereAnEpisodeIsNotTheSameTwice) {
  for (const char* what : {"random_steps", "random_start"}) {
    SCOPED_TRACE(what);
    const EnvConfig config = read_odd(fmt::format(R"({{"obs": "{}"}})", what)).config;
    Play first(config, 2), second(config, 2);
    first.advance(5);
    restore(first, second);
    EXPECT_THAT(second.env->remark(),
                AllOf(HasSubstr("isn't the same twice"), HasSubstr("5 steps"), HasSubstr("environment 0")));
    second.advance(5);
    EXPECT_TRUE(second.step.episode_over.all()) << "and goes on from the step where it was";
  }
}

TEST_F(Bridge, RefusesADamagedEpisode) {
  const EnvConfig config = read_env("gymnasium:CartPole-v1").config;
  Play play(config, 1);
  play.advance(3);
  Archive saved;
  play.env->serialize(saved);
  auto& bytes = const_cast<Archive::Array&>(saved.arrays().at("row0.actions")).bytes;
  const float none = 7;
  std::memcpy(bytes.data(), &none, sizeof none);
  Archive damaged = saved.reopened();
  EXPECT_THAT(failure_of([&] { play.env->serialize(damaged); }, ExitCode::corrupt), HasSubstr("episode"));
}

TEST_F(Bridge, TellsTerminationFromTruncation) {
  Play odd(read_odd("{}").config, 1);
  odd.advance(10);
  EXPECT_TRUE(odd.step.terminated[0] && odd.step.truncated[0]) << "both on one step";
  EXPECT_EQ(odd.step.episode_length[0], 10);
  EXPECT_EQ(odd.step.next_obs.floats()(0, 0), 10) << "where the step led";
  EXPECT_EQ(odd.step.obs.floats()(0, 0), 0) << "a fresh start";
  Play clock(read_env("gymnasium:MountainCar-v0").config, 1);
  clock.advance(200);
  EXPECT_TRUE(!clock.step.terminated[0] && clock.step.truncated[0]);
}

TEST_F(Bridge, BringsPixelsIntoTheOrderOfOurNets) {
  Play image(read_odd(R"({"obs": "image"})").config, 2);
  EXPECT_EQ(image.env->info().obs_space.shape, (std::vector<std::int64_t>{3, 5, 6}));
  EXPECT_TRUE(image.env->info().obs_space.is_image());
  // Channel 2 of the pixel in line 1, column 4 is number 1 * 18 + 4 * 3 + 2 in Python, and 2 * 30 + 1 * 6 + 4 here.
  EXPECT_EQ(image.obs.bytes()(1, 70), 32);
  image.advance(1);
  EXPECT_EQ(image.step.next_obs.bytes()(1, 70), 33);
  Play stack(read_odd(R"({"obs": "stack"})").config, 1);
  EXPECT_EQ(stack.env->info().obs_space.shape, (std::vector<std::int64_t>{4, 5, 6}));
  EXPECT_EQ(stack.obs.bytes()(0, 70), 70);
}

TEST_F(Bridge, TakesActionsAndObservationsOfManyShapes) {
  Play from_five(read_odd(R"({"action": "from_five"})").config, 1);
  from_five.actions(0, 0) = 2;
  from_five.env->step(from_five.actions, from_five.step);
  EXPECT_EQ(from_five.step.rewards[0], 7) << "Discrete(3, start=5)";
  Play table(read_odd(R"({"action": "table", "obs": "table"})").config, 1);
  EXPECT_EQ(table.env->info().obs_space.shape, (std::vector<std::int64_t>{6})) << "in one row";
  table.actions << 0.5f, 0.25f, 1, 2;
  table.env->step(table.actions, table.step);
  EXPECT_EQ(table.step.rewards[0], 3.75f);
  EXPECT_EQ(read_odd(R"({"action": "most"})").problems, "");
  EXPECT_TRUE(std::isinf(Play(read_odd(R"({"obs": "wide"})").config, 1).env->info().obs_space.high[0]));
  const std::string one_hot = R"("wrappers": ["gymnasium.wrappers:FlattenObservation"])";
  EXPECT_EQ(Play(read_env("gymnasium:FrozenLake-v1", one_hot).config, 1).obs.cols(), 16);
}

TEST_F(Bridge, RollsOutAsGymnasiumItselfDoes) {
  const auto ours = make_rollout_env("CartPole-v1", {}, 11);
  const auto python = make_rollout_env("gymnasium:CartPole-v1", {}, 11);
  std::vector<double> a, b;
  for (int episode = 0; episode < 3; ++episode) {
    ours->reset(a);
    python->reset(b);
    ASSERT_EQ(a, b);
    for (bool ended = false; !ended;) {
      const std::vector<double> action{static_cast<double>(a[2] < 0)};
      const RolloutEnv::Step one = ours->step(action, a), other = python->step(action, b);
      ASSERT_EQ(a, b);
      ASSERT_EQ(one.reward, other.reward);
      ASSERT_EQ(one.terminated, other.terminated);
      ended = one.terminated;
    }
  }
  EXPECT_THROW(python->step(std::vector<double>{2}, b), Error);
  const std::vector<std::string> kwargs{"module=" + odd_module(), "kwargs.obs=float64"};
  const auto precise = make_rollout_env("gymnasium:Odd-v0", kwargs, 0);
  precise->reset(a);
  EXPECT_TRUE(precise->obs_is_float64());
  EXPECT_EQ(a[0], 1.0 / 3);
}

TEST_F(Bridge, IsDrawnAfterEachStepWhereItCanBe) {
  std::vector<std::string> kwargs{"module=" + odd_module()};
  const auto env = make_rollout_env("gymnasium:Odd-v0", kwargs, 0, Drawn::yes);
  std::vector<double> obs;
  env->reset(obs);
  env->step(std::vector<double>{0}, obs);
  env->step(std::vector<double>{0}, obs);
  const Scene scene = env->scene().value();
  EXPECT_EQ(scene.width, 6) << "even, as a film wants it";
  EXPECT_EQ(scene.height, 4);
  EXPECT_EQ(scene.frames_per_second, 20);
  EXPECT_THAT(scene.screen, AllOf(testing::SizeIs(6 * 4 * 3), testing::Each(2)));

  kwargs.emplace_back("kwargs.render_mode=nothing");
  const auto blind = make_rollout_env("gymnasium:Odd-v0", kwargs, 0, Drawn::yes);
  blind->reset(obs);
  EXPECT_FALSE(blind->scene().has_value());
}

TEST_F(Bridge, IsMadeForPicturesOnlyWhereTheyAreWanted) {
  const std::vector<std::string> kwargs{"module=" + odd_module(), "kwargs.pictures=refused"};
  std::vector<double> obs;
  make_rollout_env("gymnasium:Odd-v0", kwargs, 0)->reset(obs);
  EXPECT_THAT(failure_of([&] { make_rollout_env("gymnasium:Odd-v0", kwargs, 0, Drawn::yes); }, ExitCode::usage),
              HasSubstr("there is no screen"));
}

TEST_F(Bridge, APictureThatNeedsAPackageIsAMissingPart) {
  const std::vector<std::string> kwargs{"module=" + odd_module(), "kwargs.pictures=of a package"};
  const auto env = make_rollout_env("gymnasium:Odd-v0", kwargs, 0, Drawn::yes);
  std::vector<double> obs;
  env->reset(obs);
  EXPECT_THAT(failure_of([&] { env->scene(); }, ExitCode::missing),
              AllOf(HasSubstr("gymnasium:Odd-v0: render needs a package"), HasSubstr("run `pip install paints`"),
                    testing::Not(HasSubstr("\n"))));
}

/// What Python says of the odd environment.
std::string answer_for(const char* obs) {
  const EnvConfig config = read_odd(fmt::format(R"({{"obs": "{}"}})", obs)).config;
  const auto& kwargs = std::get<GymnasiumKwargs>(config.kwargs);
  PythonProcess process("odd", kwargs.facts->python, /*memory=*/-1, std::chrono::seconds(120));
  process.send_text(wanted_environment(kwargs));
  return process.receive_text();
}

TEST_F(Bridge, NamesNoBoundsOfBytes) {  // a large picture has millions
  EXPECT_THAT(answer_for("box"), HasSubstr("\"low\""));
  EXPECT_THAT(answer_for("image"), testing::Not(HasSubstr("\"low\"")));
}

TEST_F(Bridge, RefusesWhatItCannotTakeInWords) {
  EXPECT_THAT(read_env("gymnasium:CartPole-v9").problems,
              AllOf(HasSubstr("env.name"), HasSubstr("did you mean gymnasium:CartPole-v1?")));
  EXPECT_THAT(read_env("gymnasium:").problems, HasSubstr("expected the id"));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("module": "no_such_module")").problems,
              AllOf(HasSubstr("env.module"), HasSubstr("no_such_module")));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("module": "/nowhere/at_all.py")").problems,
              AllOf(HasSubstr("env.module"), HasSubstr("/nowhere/at_all.py")));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("kwargs": {"gravity": 3})").problems,
              AllOf(HasSubstr("env.kwargs"), HasSubstr("gravity")));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("kwargs": [3])").problems,
              AllOf(HasSubstr("env.kwargs"), HasSubstr("expected an object")));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("wrappers": ["Nonsense"])").problems, HasSubstr("module:Class"));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("wrappers": ["gymnasium.wrappers:Nonsense"])").problems,
              AllOf(HasSubstr("env.wrappers"), HasSubstr("Nonsense")));
  EXPECT_THAT(read_env("CartPole-v1", R"("module": "os")").problems, HasSubstr("unknown key"));
  EXPECT_THAT(read_odd(R"({"obs": "dict"})").problems, HasSubstr("expected a Box"));
  EXPECT_THAT(read_odd(R"({"obs": "discrete"})").problems, HasSubstr("FlattenObservation"));
  EXPECT_THAT(read_odd(R"({"obs": "scalar"})").problems, HasSubstr("shape ()"));
  EXPECT_THAT(read_odd(R"({"action": "many"})").problems, HasSubstr("expected a Discrete space or a Box of floats"));
  EXPECT_THAT(read_odd(R"({"action": "unbounded"})").problems, HasSubstr("expected finite bounds"));
  for (const char* action : {"wide", "wide_range"})
    EXPECT_THAT(read_odd(fmt::format(R"({{"action": "{}"}})", action)).problems,
                HasSubstr("expected finite bounds, in float32 too"));
  for (const char* action : {"too_many", "far_too_many"})
    EXPECT_THAT(read_odd(fmt::format(R"({{"action": "{}"}})", action)).problems,
                HasSubstr("expected at most 16777216 actions"));
  EXPECT_THAT(read_env("gymnasium:CartPole-v1", R"("kwargs": {"max_episode_steps": 5000000000})").problems,
              HasSubstr("episodes of 5000000000 steps (max_episode_steps); expected at most 2147483647"));
  EXPECT_THAT(read_odd(R"({"obs": "image"})", R"("normalize_obs": true)").problems, HasSubstr("bytes"));
}

TEST_F(Bridge, NamesAProcessThatFailsWithItsLastLines) {
  const auto failure = [](const char* how) {
    return failure_of(
        [&] {
          Play odd(read_odd(fmt::format(R"({{"at_step": "{}"}})", how), R"("processes": 2)").config, 3);
          odd.advance(5);
        },
        ExitCode::io);
  };
  EXPECT_THAT(failure("raise"), AllOf(HasSubstr("RuntimeError: out of cheese"), HasSubstr("in step of environment 0"),
                                      HasSubstr("\n    about to go wrong"), HasSubstr("odd.py")));
  EXPECT_THAT(failure("exit"), AllOf(HasSubstr("exit code 9"), HasSubstr("gymnasium:Odd-v0, environment 0"),
                                     HasSubstr("\n    about to go wrong")));
  EXPECT_THAT(failure("kill"), HasSubstr("signal 9 (Killed)"));
  EXPECT_THAT(failure("bad reward"), HasSubstr("gymnasium:Odd-v0: environment 0 gave a reward of nan in step 3"));
  EXPECT_THAT(failure("bad observation"), HasSubstr("environment 0 gave an observation of inf in step 3"));
  const auto wrong = [] { Play odd(read_odd(R"({"obs": "wrong"})").config, 1); };
  EXPECT_THAT(failure_of(wrong, ExitCode::io), HasSubstr("an observation has the shape (1,), and its space (2,)"));
}

TEST_F(Bridge, LeavesNoDescriptorOpen) {
  const auto next = [] {
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(descriptor);
    return descriptor;
  };
  const int before = next();
  { Play play(read_env("gymnasium:CartPole-v1", R"("processes": 2)").config, 2); }
  EXPECT_THAT(read_odd(R"({"obs": "dict"})").problems, HasSubstr("Box"));
  EXPECT_EQ(next(), before);
}

/// A program in the place of Python.
std::string script(const ScratchFolder& folder, const std::string& text) {
  const std::string file = folder / "python";
  std::ofstream(file) << "#!/bin/sh\n" << text << "\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

TEST(PythonProcess, ThatDoesNotAnswerIsGivenUp) {
  const ScratchFolder folder;
  PythonProcess process("gymnasium:Sleepy-v0", script(folder, "echo going to sleep; exec sleep 1000"), /*memory=*/-1,
                        std::chrono::milliseconds(300));
  EXPECT_THAT(failure_of([&] { process.receive(); }, ExitCode::io),
              AllOf(HasSubstr("gymnasium:Sleepy-v0"), HasSubstr("has not answered for 0.3 s")));
}

TEST(PythonProcess, ThatIsMissingOrWithoutGymnasiumSaysWhatToDo) {
  const ScratchFolder folder;
  const char* chosen = std::getenv("SLM_PYTHON");
  const std::string before = chosen == nullptr ? "" : chosen;  // empty means none
  const auto failure = [&](const std::string& python) {
    setenv("SLM_PYTHON", python.c_str(), 1);
    const std::string text = failure_of([] { read_env("gymnasium:CartPole-v1"); }, ExitCode::missing);
    setenv("SLM_PYTHON", before.c_str(), 1);
    return text;
  };
  EXPECT_THAT(failure(folder / "nowhere"), HasSubstr("cannot start"));
  // -S: without packages.
  EXPECT_THAT(failure(script(folder, "exec python3 -S \"$@\"")),
              AllOf(HasSubstr("needs Gymnasium in Python"), HasSubstr("SLM_PYTHON")));
}

}  // namespace
}  // namespace slm::bridge_test
