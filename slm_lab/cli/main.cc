#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/failure.h"
#include "slm_lab/cli/install_and_repeat.h"
#include "slm_lab/cli/standard_descriptors.h"
#include "slm_lab/env/missing_part.h"

namespace slm {
namespace {

constexpr const char* kTraining = "Train and play";
constexpr const char* kSpecs = "Write specs";
constexpr const char* kSharing = "Share runs";
constexpr const char* kChecks = "Look closer";

constexpr std::array kCommands = {
    Command{"run", "train, continue or play an agent from a spec file",
            "slm-lab run slm_lab/spec/benchmark/ppo/ppo_cartpole.json ppo_cartpole train", add_run, kTraining},
    Command{"enjoy", "play the weights of a run", "slm-lab enjoy data/ppo_cartpole_2026_11_28_120000 --episodes 20",
            add_enjoy, kTraining},
    Command{"benchmark", "run rows of the benchmark as its page does", "slm-lab benchmark cartpole/ppo", add_benchmark,
            kTraining},
    Command{"spec", "check spec files; print the JSON Schema or the documentation of the format",
            "slm-lab spec check slm_lab/spec/benchmark/ppo/ppo_cartpole.json", add_spec, kSpecs},
    Command{"names", "list everything that a spec may name", "slm-lab names env", add_names, kSpecs},
    Command{"list", "list the runs and searches of the data folder or, with --remote, of a hub", "slm-lab list --json",
            add_list, kChecks},
    Command{"plot", "draw the learning curves of several runs in one picture",
            "slm-lab plot -f ppo_cartpole,a2c_gae_cartpole -t CartPole-v1", add_plot, kChecks},
    Command{"report", "write one HTML file about a run, a search or the benchmark, to look at and to mail",
            "slm-lab report latest", add_report, kChecks},
    Command{"dashboard", "show the runs and searches of the data folder in a browser, live",
            "slm-lab dashboard --port 9000", add_dashboard, kChecks},
    Command{"diff", "say what differs between two runs, and where they part", "slm-lab diff latest ppo_cartpole",
            add_diff, kChecks},
    Command{"repro", "train a finished run again and compare the weights", "slm-lab repro cartpole/ppo --sessions 1",
            add_repro, kChecks},
    Command{"doctor", "say what this machine has and lacks, and the line that mends it", "slm-lab doctor", add_doctor,
            kChecks},
    Command{"run-remote", "run a spec on a machine that dstack rents",
            "slm-lab run-remote slm_lab/spec/benchmark/ppo/ppo_cartpole.json ppo_cartpole train --dry-run",
            add_run_remote, kSharing},
    Command{"push", "publish a run folder on a Hugging Face hub",
            "slm-lab push data/ppo_cartpole_2026_11_28_120000 --repo USER/NAME", add_push, kSharing},
    Command{"pull", "fetch runs from a Hugging Face hub", "slm-lab pull ppo_cartpole --repo USER/NAME", add_pull,
            kSharing},
    Command{"rollout", "play an environment: a trajectory as JSON lines, or the mean return of random actions",
            "slm-lab rollout CartPole-v1 --episodes 100", add_rollout, kChecks},
    Command{"digest", "train each algorithm briefly and print a hash of weights and returns", "slm-lab digest",
            add_digest, kChecks},
    Command{"completion", "print a completion script for a shell", "source <(slm-lab completion bash)", add_completion},
    Command{"version", "print the version of the program and its parts", "slm-lab version", add_version},
    Command{"candidates", "answer a shell that completes words (asked by its completion script)", "", add_candidates,
            ""},
    Command{"session", "run one session of a run folder (started by the program itself)", "", add_session, ""},
};

bool is_command(const std::string& word) {
  return std::any_of(kCommands.begin(), kCommands.end(), [&](const Command& command) { return word == command.name; });
}

[[noreturn]] void refuse_unknown_command(const std::string& word) {
  for (const std::string_view mode : {"train", "dev", "search"})
    if (word == mode) throw SpecError(fmt::format("{0}: a mode of run: `slm-lab run SPEC_FILE SPEC_NAME {0}`", word));
  std::vector<std::string> names;
  for (const Command& command : kCommands)
    if (*command.group != '\0') names.push_back(command.name);
  const auto near = near_name(word, names);
  throw SpecError(fmt::format("{}: no such command{}; `slm-lab --help` lists them", word,
                              near ? fmt::format("; did you mean {}?", *near) : ""));
}

/// `--data "$DIR"` without a DIR would mean the default, or a folder without a name.
void refuse_empty_words(const std::vector<std::string>& arguments) {
  // The word that a shell completes may be empty, and so may what the program tells a session of its own.
  if (arguments.empty() || arguments[0] == "candidates" || arguments[0] == "session") return;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const bool lacks_value = word.starts_with("--") && word.find('=') == word.size() - 1;
    if (!word.empty() && !lacks_value) continue;
    const std::string place = lacks_value ? word : i == 0 ? "" : arguments[i - 1];
    throw SpecError(fmt::format("the {} is empty: was a variable of the shell not set?",
                                place.empty() ? "first word" : "word after " + place));
  }
}

int run_command(const Invocation& invocation, std::vector<std::string> arguments) {
  CLI::App app("slm-lab: a laboratory for deep reinforcement learning", "slm-lab");
  app.require_subcommand(0, 1);
  app.footer("\nslm-lab SPEC_FILE SPEC_NAME MODE is short for slm-lab run. Every command has --help.");
  std::vector<std::pair<CLI::App*, std::function<int()>>> actions;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->group(command.group);
    if (*command.example != '\0') sub->footer(fmt::format("\nExample:\n  {}", command.example));
    actions.emplace_back(sub, command.add(*sub, invocation));
  }
  app.add_flag("--version")->description("print the version; the same as the command");  // see with_command()
  refuse_empty_words(arguments);
  arguments = with_command(std::move(arguments), app);
  if (!arguments.empty() && !arguments[0].starts_with("-") && !is_command(arguments[0]))
    refuse_unknown_command(arguments[0]);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);  // which CLI11 takes from its end
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw SpecError(explain(error, app, arguments));
  }
  for (const auto& [sub, action] : actions)
    if (sub->parsed()) return action();
  fmt::print("{}", app.help());
  return 0;
}

/// Where the shipped spec files are: in the clone that the program was built from or, where that is gone, beside what
/// was installed (slm_lab/CMakeLists.txt).
std::string find_root() {
  const char* root = std::getenv("SLM_LAB_ROOT");  // exported by the launcher
  if (root != nullptr) return root;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed = program.parent_path().parent_path() / "share/slm-lab";
  const bool has_clone = std::filesystem::exists(std::filesystem::path(source_dir()) / "slm_lab/spec", error);
  return !has_clone && std::filesystem::exists(installed, error) ? installed.string() : source_dir();
}

/// Every failure becomes a text for the user and a documented exit code.
int guarded_main(int argc, char** argv) {
  open_standard_descriptors();  // before anything opens a file
  try {
    const char* launcher = std::getenv("SLM_LAB_LAUNCHER");  // exported by the launcher
    const Invocation invocation{{argv, argv + argc}, find_root(), launcher != nullptr ? launcher : argv[0]};
    const int code = run_command(invocation, {argv + 1, argv + argc});
    if (std::fflush(stdout) != 0) throw Error(ExitCode::io, "cannot write to standard output");
    return code;
  } catch (const MissingPart& missing) {
    install_and_repeat(missing.part(), argv);
    std::fputs((std::string(missing.what()) + "\n").c_str(), stderr);
    return static_cast<int>(missing.code());
  } catch (...) {
    const Failure failure = current_failure();
    // Does not throw: a session's standard error is its log file, which may be on a full disk.
    std::fputs((failure.text + "\n").c_str(), stderr);
    return static_cast<int>(failure.code);
  }
}

}  // namespace
}  // namespace slm

int main(int argc, char** argv) { return slm::guarded_main(argc, argv); }
