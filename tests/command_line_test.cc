// The command line itself: its short forms, what it says of a mistake, help, completion, and the pages made from it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::Not;
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
  };
  for (const auto& form : forms) {
    const ProcessResult result = lab.run(form);
    EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(form) << result.err;
    EXPECT_THAT(result.out, HasSubstr("results in "));
  }
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
      {{"run", "--sessions", "3000000000"}, "--sessions: expected a whole number from 1 to 2147483647, not 3000000000"},
      {{"spec"}, "slm-lab spec: expected one of check, schema, docs"},
      {{"rol", "CartPole-v1"}, "rol: no such command; did you mean rollout?"},
      {{"rollout", "CartPole-v1", "--episodes", "0"}, "--episodes: expected a whole number >= 1, not 0"},
      {{"completion", "fish"}, "bash"},
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
  EXPECT_THAT(lab.run({"spec", "schema", "--help"}).out, HasSubstr("slm-lab spec schema > "));
}

TEST(Completion, OfBashOffersCommandsAndOptions) {
  const ProcessResult script = run_program(slm_lab({"completion", "bash"}));
  ASSERT_EQ(script.exit_code, 0);
  const auto completed = [&](const std::string& words, int current) {
    const std::string ask = fmt::format("{}\nCOMP_WORDS=({}) COMP_CWORD={}; _slm_lab; echo \"${{COMPREPLY[@]}}\"",
                                        script.out, words, current);
    return run_program({"/bin/bash", "-c", ask}).out;
  };
  EXPECT_EQ(completed("slm-lab ro", 1), "rollout\n");
  EXPECT_EQ(completed("slm-lab spec ''", 2), "check schema docs\n");
  EXPECT_EQ(completed("slm-lab spec check --ov", 3), "--override\n");
  EXPECT_EQ(completed("slm-lab run file.json name --see", 4), "--seed\n");
  EXPECT_THAT(completed("slm-lab ''", 1), Not(HasSubstr("session"))) << "not for users";
}

TEST(Completion, OfZshNamesEveryCommand) {
  const ProcessResult script = run_program(slm_lab({"completion", "zsh"}));
  EXPECT_THAT(script.out, StartsWith("#compdef slm-lab\n"));
  EXPECT_THAT(script.out, HasSubstr("'spec check') "));
  EXPECT_THAT(script.out, HasSubstr("'rollout:play an environment"));
}

TEST(SpecCheck, TakesOverridesAndSaysWhatCannotRunHere) {
  const Lab lab(edited(kSpec, "${env}", "CartPole-v1"));
  EXPECT_THAT(lab.run({"spec", "check", "spec.json"}).out, StartsWith("spec.json: small: accepted\n"));
  const ProcessResult refused = lab.run({"spec", "check", "spec.json", "--override", "agent.algorithm.gamma=2"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--override: agent.algorithm.gamma = 2: expected a number in [0, 1]"));
  const ProcessResult later = lab.run({"spec", "check", "spec.json", "--override", "meta.distributed=\"synced\""});
  EXPECT_THAT(later.out, HasSubstr("small: accepted, but cannot run here: needs meta.distributed: synced\n"));
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

std::string page(const std::string& name) { return read_file(fs::path(source_dir()) / "docs" / name); }

TEST(Pages, SpecIsWhatTheProgramPrints) {
  EXPECT_TRUE(page("spec.md") == run_program(slm_lab({"spec", "docs"})).out)
      << "docs/spec.md is old; make it anew: slm-lab spec docs > docs/spec.md";
}

TEST(Pages, TheSpecInTenLinesRuns) {
  const std::string text = page("own-spec.md");
  const std::size_t begin = text.find("```json\n") + 8;
  const Lab lab(text.substr(begin, text.find("```", begin) - begin));
  const ProcessResult check = lab.run({"spec", "check", "spec.json"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.out, Not(HasSubstr("inert")));
  EXPECT_EQ(lab.run({"spec.json", "train", "--override", "env.max_frame=3000"}).exit_code, 0);
}

}  // namespace
}  // namespace slm
