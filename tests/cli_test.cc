// The program as its user meets it: started with a command line, judged by what it prints, leaves and returns.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/build_info.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

constexpr const char* kSpecFile = "slm_lab/spec/benchmark/ppo/ppo_cartpole.json";

std::vector<std::string> train_briefly(const fs::path& data, std::vector<std::string> command) {
  const std::vector<std::string> brief = {
      kSpecFile,    "ppo_cartpole",           "train",      "--override", "env.max_frame=3000",
      "--override", "meta.log_frequency=500", "--sessions", "2",          "--data",
      data.string()};
  command.insert(command.end(), brief.begin(), brief.end());
  return slm_lab(command);
}

std::vector<std::string> expected_files() {
  std::vector<std::string> files = {"manifest.json",
                                    "run.lock",
                                    "ppo_cartpole_spec.json",
                                    "ppo_cartpole_t0_spec.json",
                                    "ppo_cartpole_t0_trial_metrics_scalar.json",
                                    "ppo_cartpole_t0_trial_graph_mean_returns_vs_frames.png",
                                    "info/ppo_cartpole_t0_trial_metrics.json",
                                    "log/ppo_cartpole_t0.log",
                                    "model/ppo_cartpole_t0_state.safetensors"};
  for (const char* session : {"ppo_cartpole_t0_s0", "ppo_cartpole_t0_s1"}) {
    files.push_back(fmt::format("info/{}_session_df_train.csv", session));
    for (const char* which : {"", "_ckpt-best"})
      files.push_back(fmt::format("model/{}{}_net_model.safetensors", session, which));
    files.push_back(fmt::format("graph/{}_session_graph.png", session));
  }
  for (const char* session : {"t0_s0", "t0_s1"})
    files.push_back(fmt::format("log/tb/{}/events.out.tfevents.000000", session));
  std::sort(files.begin(), files.end());
  return files;  // 9, and 5 per session: 29 of four
}

void expect_readable(const fs::path& file) {
  const std::string bytes = read_file(file);
  const std::string kind = file.extension();
  const bool weights = file.string().ends_with("_net_model.safetensors");
  EXPECT_TRUE(kind != ".json" || nlohmann::json::accept(bytes)) << file;
  EXPECT_TRUE(kind != ".png" || bytes.starts_with("\x89PNG\r\n\x1a\n")) << file;
  EXPECT_TRUE(!weights || Archive::read(file).contains("body.0.weight")) << file;
  EXPECT_TRUE(!weights || Archive::read(file).contains("critic_net.body.0.weight")) << file;
}

void expect_table_of_six_log_points(const fs::path& csv) {
  const auto rows = csv_cells(read_file(csv));
  ASSERT_EQ(rows.size(), 7u) << csv;
  EXPECT_THAT(rows[0],
              ElementsAre("total_reward", "total_reward_ma", "loss", "fps", "frame", "wall_t", "t", "epi", "opt_step",
                          "lr", "grad_norm", "entropy_coef", "clip_eps", "entropy", "episode_length", "policy_loss",
                          "value_loss", "explained_variance", "kl", "clip_fraction"));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), rows[0].size());
    EXPECT_EQ(rows[i][4], std::to_string(500 * i));
    EXPECT_EQ(rows[i][6], std::to_string(500 * i / 4)) << "steps of the four environments";
  }
}

TEST(Train, LeavesTheFolderOfTheDocumentation) {
  const ScratchFolder scratch;
  const ProcessResult result =
      run_program(train_briefly(scratch / "data", {"run"}), {.environment = {}, .folder = source_dir()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("results in "));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b"))) << "escape codes without a terminal";
  const fs::path run = only_run(scratch / "data");
  EXPECT_TRUE(run.filename().string().starts_with("ppo_cartpole_"));
  const std::vector<std::string> files = files_below(run);
  EXPECT_EQ(files, expected_files());
  for (const std::string& file : files) {
    expect_readable(run / file);
    EXPECT_THAT(file, Not(HasSubstr(".tmp")));
    EXPECT_THAT(file, Not(HasSubstr(".partial")));
  }
  for (const char* session : {"s0", "s1"})
    expect_table_of_six_log_points(run / fmt::format("info/ppo_cartpole_t0_{}_session_df_train.csv", session));
  const auto manifest = nlohmann::json::parse(read_file(run / "manifest.json"));
  EXPECT_EQ(manifest["exit_code"], 0);
  EXPECT_EQ(manifest["seed"], 0);
}

TEST(Train, WorksWithoutTheWordRunAndItsAgentCanBePlayed) {
  const ScratchFolder scratch;
  const ProcessOptions here{.environment = {}, .folder = source_dir()};
  ASSERT_EQ(run_program(train_briefly(scratch / "data", {}), here).exit_code, 0);
  const fs::path run = only_run(scratch / "data");
  const ProcessResult played =
      run_program(slm_lab({"run", kSpecFile, "ppo_cartpole", "enjoy@" + run.string(), "--episodes", "3"}), here);
  EXPECT_EQ(played.exit_code, 0) << played.err;
  for (const char* text : {"episode   1", "episode   3", "over 3 episodes"}) EXPECT_THAT(played.out, HasSubstr(text));
  EXPECT_THAT(played.out, Not(HasSubstr("episode   4")));
}

// The first frame stands before the first step, the last one where the last step led.
TEST(Train, ItsAgentCanBeFilmed) {
  const ScratchFolder scratch;
  const ProcessOptions here{.environment = {}, .folder = source_dir()};
  ASSERT_EQ(run_program(train_briefly(scratch / "data", {}), here).exit_code, 0);
  fs::create_directories(scratch / "bin");
  const fs::path ffmpeg = scratch / "bin/ffmpeg";
  std::ofstream(ffmpeg) << "#!/bin/sh\nPATH=/usr/bin:/bin\nfor last; do :; done; wc -c > \"${last#file:}\"\n";
  fs::permissions(ffmpeg, fs::perms::owner_all);
  const ProcessOptions with_it{.environment = {"PATH=" + (scratch / "bin").string()}, .folder = source_dir()};
  const std::string video = (scratch / "a.mp4").string();
  const ProcessResult filmed =
      run_program(slm_lab({"enjoy", only_run(scratch / "data").string(), "--video", video}), with_it);
  ASSERT_EQ(filmed.exit_code, 0) << filmed.err;
  EXPECT_THAT(filmed.out, AllOf(HasSubstr("over 1 episodes"), HasSubstr("video in " + video)));
  const double steps = std::stod(filmed.out.substr(filmed.out.find("mean ") + 5));  // a step of CartPole pays 1
  EXPECT_EQ(std::stod(read_file(video)), (steps + 1) * 600 * 400 * 4);
}

/// Those that --help lists, each in a line of its own: "  run     train, ...".
std::vector<std::string> commands_in(const std::string& help) {
  static const std::regex kLine("\n  ([a-z][a-z-]*)  ");
  std::vector<std::string> commands;
  for (auto line = std::sregex_iterator(help.begin(), help.end(), kLine); line != std::sregex_iterator(); ++line)
    commands.push_back((*line)[1]);
  return commands;
}

TEST(Help, OfEveryCommandHasAnExample) {
  const ProcessResult all = run_program(slm_lab({"--help"}));
  EXPECT_EQ(all.exit_code, 0);
  const std::vector<std::string> commands = commands_in(all.out);
  EXPECT_THAT(commands, testing::IsSupersetOf({"run", "run-remote", "version"}));
  for (const std::string& command : commands) {
    const ProcessResult result = run_program(slm_lab({command, "--help"}));
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_THAT(result.out, testing::ContainsRegex(fmt::format("Example:\n  [^\n]*slm-lab {}", command)));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST(CommandLine, RefusesWhatItDoesNotKnowWithTheNearestName) {
  struct Case {
    std::vector<std::string> arguments;
    const char* text;
  };
  const std::vector<Case> cases = {
      {{"name"}, "did you mean names?"},
      {{"rolout", "CartPole-v1"}, "did you mean rollout?"},
      {{"run", kSpecFile, "ppo_cartpole", "trian"}, "did you mean train?"},
      {{"run", kSpecFile, "ppo_cartpole", "enjoi@data"}, "did you mean enjoy@data?"},
      {{"names", "envv"}, "did you mean env?"},
      {{"rollout", "CartPole-v2", "--policy", "random"}, "did you mean CartPole-v1?"},
      {{"rollout", "Pendulum-v1", "--policy", "random", "--kwarg", "gg=3"}, "did you mean g?"},
      {{"rollout", "CartPole-v1"}, "expected --episodes N, --policy random, --policy DIR or --actions FILE"},
      {{"run", "--sessions", "x"}, "--sessions"},
      {{"run", "--sesions", "2"}, "--sesions"},
  };
  for (const Case& wrong : cases) {
    const ProcessResult result = run_program(slm_lab(wrong.arguments));
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(wrong.text));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(Names, ListsAllKindsOrOne) {
  const ProcessResult all = run_program(slm_lab({"names"}));
  EXPECT_EQ(all.exit_code, 0);
  for (const char* name : {"CartPole-v1", "PPO", "OnPolicyBatchReplay", "MLPNet", "tanh", "AdamW", "LinearToZero"})
    EXPECT_THAT(all.out, HasSubstr(fmt::format("\n  {}", name)));
  const ProcessResult environments = run_program(slm_lab({"names", "env"}));
  EXPECT_THAT(environments.out, HasSubstr("Pendulum-v1"));
  EXPECT_THAT(environments.out, Not(HasSubstr("MLPNet")));
}

TEST(Version, IsPrinted) {
  const ProcessResult result = run_program(slm_lab({"version"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.starts_with(fmt::format("slm-lab {} (", version()))) << result.out;
}

TEST(Digest, IsTheSameTwice) {
  const ProcessResult first = run_program(slm_lab({"digest"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("ppo_cartpole"));
  EXPECT_EQ(run_program(slm_lab({"digest"})).out, first.out);
}

template <class T>
std::vector<T> read_array(const fs::path& file) {
  const std::string bytes = read_file(file);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

/// The first trace of tests/golden: what Gymnasium itself returned.
struct Trace {
  explicit Trace(const std::string& env) : folder(fs::path(source_dir()) / "tests/golden" / env) {
    const auto meta = nlohmann::json::parse(read_file(folder / "meta.json"));
    const auto& trace = meta.at("traces").at(0);
    steps = trace.at("steps");
    seed = trace.at("seed");
    resets = trace.at("resets_before_step").get<std::set<std::size_t>>();
    obs_dim = meta.at("arrays").at("obs").at("row_shape").at(0);
    if (fs::exists(folder / "action.i32"))
      for (const std::int32_t action : read_array<std::int32_t>(folder / "action.i32")) actions.push_back(action);
    else
      for (const float action : read_array<float>(folder / "action.f32")) actions.push_back(action);
  }

  std::string action_lines() const {
    std::string text;
    for (std::size_t i = 0; i < steps; ++i) text += fmt::format("{}\n", actions[i]);
    return text;
  }

  fs::path folder;
  std::size_t steps = 0, obs_dim = 0;
  int seed = 0;
  std::set<std::size_t> resets;
  std::vector<double> actions;  // one number each
};

void expect_obs(const nlohmann::json& line, const std::vector<float>& obs, std::size_t row, std::size_t dim) {
  ASSERT_EQ(line.at("obs").size(), dim);
  for (std::size_t i = 0; i < dim; ++i) ASSERT_EQ(line.at("obs")[i].get<float>(), obs[row * dim + i]) << line;
}

void expect_rollout_equals(const Trace& trace, const std::string& output) {
  const auto obs = read_array<float>(trace.folder / "obs.f32");
  const auto reset_obs = read_array<float>(trace.folder / "reset_obs.f32");
  const auto reward = read_array<double>(trace.folder / "reward.f64");
  const auto terminated = read_array<std::uint8_t>(trace.folder / "terminated.u8");
  const auto truncated = read_array<std::uint8_t>(trace.folder / "truncated.u8");
  std::istringstream lines(output);
  std::size_t step = 0, reset = 0;
  for (std::string text; std::getline(lines, text);) {
    const auto line = nlohmann::json::parse(text);
    if (line.contains("reset")) {
      EXPECT_TRUE(trace.resets.contains(step)) << "a reset before step " << step;
      expect_obs(line, reset_obs, reset++, trace.obs_dim);
      continue;
    }
    expect_obs(line, obs, step, trace.obs_dim);
    const auto& action = line.at("action");
    EXPECT_EQ((action.is_array() ? action[0] : action).get<float>(), static_cast<float>(trace.actions[step]));
    EXPECT_EQ(line.at("reward").get<double>(), reward[step]) << "step " << step;
    EXPECT_EQ(line.at("terminated").get<bool>(), terminated[step] != 0) << "step " << step;
    EXPECT_EQ(line.at("truncated").get<bool>(), truncated[step] != 0) << "step " << step;
    ++step;
  }
  EXPECT_EQ(step, trace.steps);
  EXPECT_EQ(reset, trace.resets.size());
}

class Rollout : public testing::TestWithParam<const char*> {};

TEST_P(Rollout, EqualsTheGoldenTrace) {
  const Trace trace(GetParam());
  const ScratchFolder scratch;
  write_file_durably(scratch / "actions.txt", trace.action_lines());
  const ProcessResult result = run_program(slm_lab(
      {"rollout", GetParam(), "--seed", std::to_string(trace.seed), "--actions", (scratch / "actions.txt").string()}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_rollout_equals(trace, result.out);
}

INSTANTIATE_TEST_SUITE_P(Envs, Rollout,
                         testing::Values("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0",
                                         "Pendulum-v1"),
                         [](const auto& env) {
                           std::string name = env.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(RolloutKwarg, ChangesTheEnvironment) {
  const auto rollout = [](std::vector<std::string> extra) {
    std::vector<std::string> arguments = {"rollout", "Pendulum-v1", "--policy", "random", "--steps", "3"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    return run_program(slm_lab(arguments));
  };
  const std::string as_it_is = rollout({}).out;
  EXPECT_EQ(rollout({"--kwarg", "g=10.0"}).out, as_it_is) << "the default, given";
  EXPECT_NE(rollout({"--kwarg", "g=9.81"}).out, as_it_is);
}

// What is printed is the bare environment's, whatever stands between it and the policy.
TEST(RolloutPolicy, ItsActionsGiveTheSameTrajectory) {
  const ScratchFolder scratch;
  const std::string run = (scratch / "data" / "run").string();
  const ProcessResult trained = run_program(
      slm_lab({"run", source_dir() + "/slm_lab/spec/benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", "train", "--data",
               (scratch / "data").string(), "--name", "run", "--override", "env.max_frame=3000", "--override",
               "meta.max_session=1", "--override", "env.normalize_obs=true", "--override", "env.frame_op=\"concat\"",
               "--override", "env.frame_op_len=2"}));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto rollout = [](std::vector<std::string> extra) {
    std::vector<std::string> arguments = {"rollout", "Pendulum-v1", "--seed", "5"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    return run_program(slm_lab(arguments));
  };
  const ProcessResult played = rollout({"--policy", run, "--steps", "450"});  // two episodes and a half
  ASSERT_EQ(played.exit_code, 0) << played.err;
  std::string actions;
  int resets = 0;
  double first_return = 0;
  std::istringstream lines(played.out);
  for (std::string line; std::getline(lines, line);) {
    const auto step = nlohmann::json::parse(line);
    resets += step.contains("reset");
    if (step.contains("action")) actions += step["action"][0].dump() + "\n";
    if (step.contains("action") && resets == 1) first_return += step["reward"].get<double>();
  }
  EXPECT_EQ(resets, 3);
  write_file_durably(scratch / "actions.txt", actions);
  EXPECT_EQ(rollout({"--actions", (scratch / "actions.txt").string()}).out, played.out);
  const auto one = nlohmann::json::parse(rollout({"--policy", run, "--episodes", "1"}).out);
  EXPECT_NEAR(one["mean_return"].get<double>(), first_return, 0.01);  // six digits
  EXPECT_EQ(one["mean_length"], 200);

  const ProcessResult other = run_program(slm_lab({"rollout", "CartPole-v1", "--policy", run, "--episodes", "1"}));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("learnt Pendulum-v1, not CartPole-v1"));
  EXPECT_THAT(rollout({"--policy", run, "--kwarg", "g=9.81"}).err, HasSubstr("with the options of that one"));
  EXPECT_EQ(rollout({"--policy", (scratch / "nothing").string()}).exit_code, 2);
}

TEST(RolloutActions, AreRefusedWithFileAndLine) {
  const ScratchFolder scratch;
  write_file_durably(scratch / "actions.txt", "0\n1\nleft\n");
  const ProcessResult result =
      run_program(slm_lab({"rollout", "CartPole-v1", "--actions", (scratch / "actions.txt").string()}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("actions.txt:3: left: expected a number"));
  const ProcessResult folder = run_program(slm_lab({"rollout", "CartPole-v1", "--actions", scratch.path().string()}));
  EXPECT_EQ(folder.exit_code, 4);
  EXPECT_THAT(folder.err, HasSubstr(scratch.path().string()));
}

}  // namespace
}  // namespace slm
