#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace slm {

/// How the program was called; for manifests and for finding the shipped spec files.
struct Invocation {
  std::vector<std::string> command_line;
  std::string root;      ///< of the repository
  std::string launcher;  ///< what the user typed to call it
};

/// A row of the command table. `add` declares the options on its sub-command and returns what runs after parsing; the
/// value it returns is the process's exit code.
struct Command {
  const char* name;
  const char* summary;
  const char* example;
  std::function<int()> (*add)(CLI::App& app, const Invocation& invocation);
  const char* group = "More";  ///< heading in `--help`; empty: not shown
};

/// What the launcher knows beside the program's own commands (setup/commands.sh), for those who look for either.
struct LauncherCommand {
  const char* name;
  const char* summary;
};
inline constexpr LauncherCommand kLauncherCommands[] = {
    {"test", "build and run every test"},
    {"bench", "build and run the benchmarks"},
    {"lint", "check form and habits of the code"},
    {"docs", "build the documentation as a site"},
    {"setup", "install an optional part; without a name, list them"},
};

std::function<int()> add_run(CLI::App& app, const Invocation& invocation);
std::function<int()> add_enjoy(CLI::App& app, const Invocation& invocation);
std::function<int()> add_benchmark(CLI::App& app, const Invocation& invocation);
std::function<int()> add_spec(CLI::App& app, const Invocation& invocation);
std::function<int()> add_names(CLI::App& app, const Invocation& invocation);
std::function<int()> add_rollout(CLI::App& app, const Invocation& invocation);
std::function<int()> add_doctor(CLI::App& app, const Invocation& invocation);
std::function<int()> add_run_remote(CLI::App& app, const Invocation& invocation);
std::function<int()> add_push(CLI::App& app, const Invocation& invocation);
std::function<int()> add_pull(CLI::App& app, const Invocation& invocation);
std::function<int()> add_list(CLI::App& app, const Invocation& invocation);
std::function<int()> add_plot(CLI::App& app, const Invocation& invocation);
std::function<int()> add_diff(CLI::App& app, const Invocation& invocation);
std::function<int()> add_report(CLI::App& app, const Invocation& invocation);
std::function<int()> add_repro(CLI::App& app, const Invocation& invocation);
std::function<int()> add_dashboard(CLI::App& app, const Invocation& invocation);
std::function<int()> add_digest(CLI::App& app, const Invocation& invocation);
std::function<int()> add_completion(CLI::App& app, const Invocation& invocation);
std::function<int()> add_candidates(CLI::App& app, const Invocation& invocation);  // what its scripts ask
std::function<int()> add_version(CLI::App& app, const Invocation& invocation);
std::function<int()> add_session(CLI::App& app, const Invocation& invocation);  // what an executor starts

}  // namespace slm
