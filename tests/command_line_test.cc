// The command line itself: its short forms, what it says of a mistake, help and completion.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/shell_quote.h"
#include "slm_lab/cli/commands.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::StartsWith;
namespace fs = std::filesystem;

constexpr const char* kSpec = R"({"small": {
  "agent": {"name": "A2C",
    "algorithm": {"name": "ActorCritic", "gamma": 0.99, "lam": 0.95, "training_frequency": 32},
    "memory": {"name": "OnPolicyBatchReplay"},
    "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [8],
            "hid_layers_activation": "tanh"}},
  "env": {"name": "${env}", "num_envs": 4, "max_frame": 3000},
  "meta": {"max_session": 1, "log_frequency": 1000}
}})";

std::string edited(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

/// A folder in which slm-lab is started.
class Lab {
 public:
  explicit Lab(const std::string& spec = kSpec) { write_file_durably(scratch_ / "spec.json", spec); }
  ProcessResult run(const std::vector<std::string>& arguments) const {
    return run_program(slm_lab(arguments), {.environment = {}, .folder = scratch_.path()});
  }
  fs::path path(const std::string& name) const { return scratch_ / name; }

 private:
  ScratchFolder scratch_;
};

TEST(CommandLine, OptionsMayComeFirstAndANameMayBeLeftOut) {
  const Lab lab;
  const std::vector<std::vector<std::string>> forms = {
      {"-s", "env=CartPole-v1", "spec.json", "small", "dev"},
      {"--set", "env=CartPole-v1", "spec.json", "dev"},
      {"--data", "data", "-s", "env=CartPole-v1", "run", "spec.json", "small", "dev"},
      {"spec.json", "dev", "-s", "env=CartPole-v1"},
      {"--data", "run", "-s", "env=CartPole-v1", "spec.json", "dev"},  // a value that reads like a command
      {"--data", "./enjoy", "--set=env=CartPole-v1", "run", "spec.json", "dev"},
  };
  for (const auto& form : forms) {
    const ProcessResult result = lab.run(form);
    EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(form) << result.err;
    EXPECT_THAT(result.out, HasSubstr("results in "));
  }
}

TEST(CommandLine, OptionsMayComeBeforeEveryCommand) {
  const Lab lab;
  EXPECT_THAT(lab.run({"-s", "env=CartPole-v1", "spec", "check", "spec.json"}).out, HasSubstr("accepted"));
  EXPECT_EQ(lab.run({"--episodes", "2", "rollout", "CartPole-v1"}).exit_code, 0);
  EXPECT_THAT(lab.run({"--data", "./none", "enjoy"}).err, HasSubstr("no run in ./none"));
}

TEST(CommandLine, AMistakeIsExplained) {
  const Lab lab;
  struct Mistake {
    std::vector<std::string> arguments;
    const char* text;
  };
  const Mistake mistakes[] = {
      {{"run", "--sede", "3"}, "slm-lab run: no option --sede; did you mean --seed?; see `slm-lab run --help`"},
      {{"spec.json", "small", "train", "--thread=2"}, "no option --thread; did you mean --threads?"},
      {{"run", "a", "b", "c", "d", "e"}, "slm-lab run: unexpected argument d"},
      {{"run", "--threads", "x"}, "--threads: expected a whole number from 0 to "},
      {{"run", "--seed", "-1"}, "slm-lab run: --seed: expected a whole number >= 0, not -1"},
      {{"run", "--seed", "18446744073709551615"}, "--seed: expected a whole number from 0 to 9223372036854775807, not"},
      {{"enjoy", "--seed", "-1"}, "slm-lab enjoy: --seed: expected a whole number >= 0, not -1"},
      {{"spec.json", "small", "train", "--video", "a.mp4"}, "--video: of enjoy, not of train"},
      {{"rollout", "CartPole-v1", "--episodes", "2", "--steps", "5"}, "--steps excludes --episodes"},
      {{"run", "--sessions", "3000000000"}, "--sessions: expected a whole number from 1 to 2147483647, not 3000000000"},
      {{"spec"}, "slm-lab spec: expected one of check, schema, docs"},
      {{"rol", "CartPole-v1"}, "rol: no such command; did you mean rollout?"},
      {{"rollout", "CartPole-v1", "--episodes", "0"}, "--episodes: expected a whole number >= 1, not 0"},
      {{"completion", "fish"}, "bash"},
      {{"enjoy", "--episodes", "2000000000"}, "--episodes: expected a whole number from 1 to 1000000, not 2000000000"},
      {{"-s", "env", "CartPole-v1", "spec.json", "small", "dev"},
       "--set: expected KEY=VALUE, as in env=CartPole-v1; not env"},
      {{"spec.json", "small", "dev", "--override", "gamma"}, "--override: expected PATH=VALUE"},
      {{"-s", "env=CartPole-v1"}, "-s without a command or a spec file"},
      {{"-s", "env=CartPole-v1", "benchmrk"}, "benchmrk: no such command; did you mean benchmark?"},
      {{"-s", "env=", "spec.json", "dev"}, "spec.json:7:19: env.name = \"\": "},
      {{"spec.json", "small", "train", "--data", ""},
       "the word after --data is empty: was a variable of the shell not"},
      {{"spec.json", "small", "train", "--name="}, "the word after --name= is empty"},
      {{"enjoy", ""}, "the word after enjoy is empty"},
      {{"", "small", "train"}, "the first word is empty"},
  };
  for (const Mistake& mistake : mistakes) {
    const ProcessResult result = lab.run(mistake.arguments);
    EXPECT_EQ(result.exit_code, 2) << mistake.text;
    EXPECT_THAT(result.err, HasSubstr(mistake.text));
    EXPECT_LT(result.err.size(), 250u) << result.err;
  }
}

TEST(CommandLine, VersionAndHelpHaveTheFormsThatUsersTry) {
  const Lab lab;
  EXPECT_EQ(lab.run({"--version"}).out, lab.run({"version"}).out);
  EXPECT_EQ(lab.run({"help"}).out, lab.run({"--help"}).out);
  EXPECT_EQ(lab.run({"help", "spec", "check"}).out, lab.run({"spec", "check", "--help"}).out);
  EXPECT_THAT(lab.run({"--help"}).out, HasSubstr("Train and play"));
  EXPECT_THAT(lab.run({}).out, HasSubstr("slm-lab SPEC_FILE SPEC_NAME MODE is short for slm-lab run"));
  EXPECT_THAT(lab.run({"spec", "schema", "--help"}).out, HasSubstr("slm-lab spec schema > "));
}

/// What may stand for the last word of a command line: for any shell.
std::vector<std::string> completed(const Lab& lab, const std::vector<std::string>& words) {
  std::string given;
  for (const std::string& word : words) given += "\n" + word;
  std::vector<std::string> found;
  std::istringstream lines(lab.run({"candidates", "--words=" + given}).out);
  for (std::string line; std::getline(lines, line);) found.push_back(line.substr(0, line.find('\t')));
  return found;
}

TEST(Completion, KnowsWhatMayStandAtEachPlace) {
  const Lab lab(R"({"one": {}, "other": {}})");
  EXPECT_THAT(completed(lab, {"ro"}), ElementsAre("rollout", ":files"));
  EXPECT_THAT(completed(lab, {"sess"}), ElementsAre(":files")) << "not for users";
  EXPECT_THAT(completed(lab, {"spec", ""}), ElementsAre("check", "schema", "docs"));
  EXPECT_THAT(completed(lab, {"help", "spec", "sch"}), ElementsAre("schema"));
  EXPECT_THAT(completed(lab, {"spec", "check", "--ov"}), ElementsAre("--override"));
  EXPECT_THAT(completed(lab, {"spec", "check", "spec.json", "ot"}), ElementsAre("other", ":files"));
  EXPECT_THAT(completed(lab, {"run", "benchmark/ppo/ppo_c"}), ElementsAre("benchmark/ppo/ppo_cartpole.json", ":files"));
  EXPECT_THAT(completed(lab, {"run", "spec.json", ""}), ElementsAre("one", "other"));
  EXPECT_THAT(completed(lab, {"spec.json", "o"}), ElementsAre("one", "other")) << "a spec file stands for run";
  EXPECT_THAT(completed(lab, {"-s", "env=x", "spec.json", "ot"}), ElementsAre("other"));
  EXPECT_THAT(completed(lab, {"run", "spec.json", "--seed", "3", "one", "tr"}), ElementsAre("train", "train@latest"));
  EXPECT_THAT(completed(lab, {"run", "spec.json", "one", "train", "--see"}), ElementsAre("--seed"));
  EXPECT_THAT(completed(lab, {"run", "nowhere.json", ""}), IsEmpty());
  EXPECT_THAT(completed(lab, {"run", "--log-level", "d"}), ElementsAre("debug"));
  EXPECT_THAT(completed(lab, {"run", "--log-level=d"}), ElementsAre("--log-level=debug"));
  EXPECT_THAT(completed(lab, {"run", "--data", "x"}), ElementsAre(":files"));
  EXPECT_THAT(completed(lab, {"enjoy", ""}), ElementsAre("latest", ":files"));
  EXPECT_THAT(completed(lab, {"rollout", "CartPole"}), ElementsAre("CartPole-v1", "CartPole-v0"));
  EXPECT_THAT(completed(lab, {"benchmark", "phase1", "cartpole"}), Contains("cartpole/ppo"));
  EXPECT_THAT(completed(lab, {"benchmark", ""}), IsSupersetOf({"all", "phase1", "cartpole"}));
  EXPECT_THAT(completed(lab, {"names", "opt"}), ElementsAre("optimizer"));
  EXPECT_THAT(completed(lab, {"completion", ""}), ElementsAre("bash", "zsh"));
}

TEST(Completion, OffersTheRunsOfTheSpec) {
  const Lab lab(R"({"small": {}})");
  for (const char* file : {"data/mine/small_spec.json", "data/another/other_spec.json"}) {
    std::filesystem::create_directories(lab.path(file).parent_path());
    std::ofstream(lab.path(file)) << "{}";
  }
  EXPECT_THAT(completed(lab, {"spec.json", "small", "train@"}), ElementsAre("train@latest", "train@data/mine"));
  EXPECT_THAT(completed(lab, {"run", "--data", "x", "spec.json", "small", "train@d"}), IsEmpty());
}

TEST(Completion, OfBashPutsWordsWhereReadlineWantsThem) {
  const std::string program = slm_lab({}).front();
  const ProcessResult script = run_program(slm_lab({"completion", "bash"}));
  ASSERT_EQ(script.exit_code, 0);
  const auto reply = [&](const std::string& words) {
    const std::string line = program + " " + words;
    const std::string ask = fmt::format(
        "{}\nCOMP_WORDBREAKS=$' \\t\\n\"\\'@><=;|&(:'; COMP_LINE={} COMP_POINT={}; _slm_lab; echo "
        "\"${{COMPREPLY[@]}}\"",
        script.out, shell_quote(line), line.size());
    return run_program({"/bin/bash", "-c", ask}).out;
  };
  EXPECT_EQ(reply("rollou"), "rollout\n");
  EXPECT_EQ(reply("spec "), "check schema docs\n");
  EXPECT_EQ(reply("demo.json ppo_cartpole train@l"), "@latest\n");  // bash takes '@' for the beginning of a word
  EXPECT_EQ(reply("run --log-level=d"), "debug\n");
  EXPECT_EQ(run_program({"/bin/bash", "-n", "-c", script.out}).err, "");
  EXPECT_THAT(run_program(slm_lab({"completion", "zsh"})).out, StartsWith("#compdef slm-lab\n"));
}

TEST(Completion, KnowsTheCommandsOfTheLauncher) {
  const std::string usage = read_file(source_dir() + "/setup/commands.sh");
  for (const LauncherCommand& command : kLauncherCommands)
    EXPECT_THAT(usage, HasSubstr(fmt::format("\n  slm-lab {}", command.name)));
}

TEST(SpecCheck, TakesOverridesAndSaysWhatCannotRunHere) {
  const Lab lab(edited(kSpec, "${env}", "CartPole-v1"));
  EXPECT_THAT(lab.run({"spec", "check", "spec.json"}).out, StartsWith("spec.json: small: accepted\n"));
  const ProcessResult refused = lab.run({"spec", "check", "spec.json", "--override", "agent.algorithm.gamma=2"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--override: agent.algorithm.gamma = 2: expected a number in [0, 1]"));
  const ProcessResult later = lab.run({"spec", "check", "spec.json", "--override", "meta.distributed=\"synced\""});
  EXPECT_THAT(later.out, HasSubstr("small: accepted, but cannot run here\n"
                                   "  missing  meta.distributed = synced: needs sessions that share one net, which are "
                                   "not in this version yet; set it to false\n"));
}

TEST(Missing, IsNamedWhereverItIsMet) {
  const Lab lab(edited(kSpec, "${env}", "Hopper-v4"));
  const std::string old = "needs MuJoCo's tasks of version 4, which are not in this version yet";
  EXPECT_THAT(lab.run({"spec", "check", "spec.json"}).out, HasSubstr("  missing  env.name = Hopper-v4: " + old));
  EXPECT_THAT(lab.run({"names", "env"}).out, HasSubstr("  Hopper-v4  (" + old));
  EXPECT_THAT(lab.run({"names", "net"}).out,
              HasSubstr("  RecurrentNet  (needs recurrent layers, which are not in this version yet)"));
  const auto missing = [&](const std::vector<std::string>& arguments, const char* text) {
    const ProcessResult result = lab.run(arguments);
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, HasSubstr(text));
  };
  missing({"run", "spec.json", "train"}, old.c_str());
}

TEST(SpecCheck, TakesSeveralFilesAndGoesOnAfterABadOne) {
  const Lab lab(edited(kSpec, "${env}", "CartPole-v1"));
  write_file_durably(lab.path("bad.json"), "{");
  const ProcessResult result = lab.run({"spec", "check", "spec.json", "bad.json", "none.json", "spec.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("spec.json: small: accepted"));
  EXPECT_THAT(result.err, HasSubstr("bad.json:1:2: "));
  EXPECT_THAT(result.err, HasSubstr("none.json: no such spec file"));
  EXPECT_EQ(lab.run({"spec", "check", "spec.json", "spec.json"}).exit_code, 0);
  EXPECT_EQ(lab.run({"spec", "check", "spec.json", "small"}).exit_code, 0);
  EXPECT_THAT(lab.run({"spec", "check", "spec.json", "smal"}).err, HasSubstr("did you mean small?"));
}

TEST(SpecCheck, RefusesAFileWithoutASpecAsARunDoes) {
  const Lab lab("{}");
  const std::vector<std::vector<std::string>> commands = {{"spec", "check", "spec.json"},
                                                          {"run", "spec.json", "train"}};
  for (const std::vector<std::string>& words : commands) {
    const ProcessResult result = lab.run(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("spec.json: it holds no spec"));
  }
}

TEST(SpecCheck, ReadsAFileOnce) {  // a file parsed again for each of its names would take minutes
  std::string names = "{";
  for (int i = 0; i < 20000; ++i) names += fmt::format("{}\"a{}\": 1", i > 0 ? ", " : "", i);
  const Lab lab(names + "}");
  const ProcessResult result = lab.run({"spec", "check", "spec.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("spec.json: a19999: refused\n"));
}

TEST(SpecCheck, ReadsTheLayoutOfTheBook) {
  std::string book = edited(kSpec, R"("agent": {)", R"("agent": [{)");
  book = edited(book, R"("tanh"}},)", R"("tanh",}}],)");
  book = edited(book, R"("env": {"name": "${env}", "num_envs": 4, "max_frame": 3000})",
                R"("env": [{"name": "CartPole-v1", "max_t": null, "num_envs": 4, "max_frame": 3000}],
                   "body": {"product": "outer", "num": 1})");
  book = edited(book, R"("log_frequency": 1000})",
                R"("eval_frequency": 500}, "search": {"agent": [{"algorithm": {"gamma__grid_search": [0.9, 0.98]}}]})");
  const Lab lab(book);
  const ProcessResult check = lab.run({"spec", "check", "spec.json"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.out, HasSubstr("small: in the layout of SLM-Lab 4.0 to 4.2 and of the book; read as: agent and env "
                                   "are objects, not lists of one; no body; meta.log_frequency = 500, as "
                                   "eval_frequency; __grid_search is __choice; no trailing commas (the first at 6:"));
  const ProcessResult run = lab.run({"spec.json", "train"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST(Rollout, OfEpisodesPrintsTheMeanReturnOfRandomActions) {
  const ProcessResult result = run_program(slm_lab({"rollout", "CartPole-v1", "--episodes", "200", "--seed", "5"}));
  ASSERT_EQ(result.exit_code, 0);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["episodes"], 200);
  EXPECT_NEAR(json["mean_return"], 22.2, 3);  // the published baseline; its standard error here is 0.85
  EXPECT_EQ(json["mean_return"], json["mean_length"]);
  EXPECT_LE(json["min_return"], json["mean_return"]);
  EXPECT_GT(json["max_return"], json["mean_return"]);
}

}  // namespace
}  // namespace slm
