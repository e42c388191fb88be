#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "slm_lab/base/error.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/enjoy_options.h"
#include "slm_lab/cli/limits.h"
#include "slm_lab/experiment/ray_executor.h"
#include "slm_lab/experiment/search.h"

namespace slm {
namespace {

constexpr const char* kModes = "dev, train, train@latest, train@DIR, search, search@latest, search@DIR or enjoy@DIR";

struct RunArguments {
  std::string spec_file = "slm_lab/spec/benchmark/ppo/ppo_cartpole.json";
  std::string spec_name = "ppo_cartpole";
  std::string executor = "local";
  std::string mode = "dev";
  std::vector<std::string> sets, overrides;
  std::optional<std::uint64_t> seed;
  std::optional<int> sessions;
  TrainOptions train;
  int keep = 3;
  std::string from, refine;
  EnjoyOptions enjoy;
};

LoadedSpec load(const RunArguments& arguments, const Invocation& invocation, const std::string& mode) {
  LoadOptions options;
  options.repository = invocation.root;
  options.mode = mode;
  options.sets = arguments.sets;
  options.overrides = arguments.overrides;
  if (arguments.sessions) options.overrides.push_back(fmt::format("meta.max_session={}", *arguments.sessions));
  if (arguments.seed) options.overrides.push_back(fmt::format("meta.seed={}", *arguments.seed));
  return load_spec(arguments.spec_file, arguments.spec_name, options);
}

[[noreturn]] void refuse_mode(const std::string& mode, const std::string& word) {
  const auto near = near_name(word, std::vector<std::string>{"dev", "train", "search", "enjoy"});
  const bool misspelt = near && *near != word;
  throw SpecError(fmt::format("mode {}: expected {}{}", mode, kModes,
                              misspelt ? fmt::format("; did you mean {}{}?", *near, mode.substr(word.size())) : ""));
}

std::unique_ptr<Executor> make_ray_executor(const RunArguments& arguments, const Invocation& invocation) {
  const std::filesystem::path root = invocation.root;
  const char* address = std::getenv("RAY_ADDRESS");  // as all programs that use Ray
  return std::make_unique<RayExecutor>(RayCluster{.python = root / ".deps/ray/bin/python",
                                                  .driver = root / "slm_lab/experiment/ray_driver.py",
                                                  .address = address != nullptr ? address : "",
                                                  .threads = arguments.train.threads});
}

int run(const RunArguments& arguments, const CLI::App& app, const Invocation& invocation) {
  const std::size_t at = arguments.mode.find('@');
  const std::string mode = arguments.mode.substr(0, at);
  const std::string where = at == std::string::npos ? "" : arguments.mode.substr(at + 1);
  if (arguments.executor == "ray" && mode != "search")
    throw SpecError("--executor ray: trials of a search run on a cluster; other modes run on this machine");
  if ((!arguments.from.empty() || !arguments.refine.empty()) && arguments.mode != "search")
    throw SpecError(fmt::format("{}: for a new search (mode search), which learns from an earlier one",
                                arguments.from.empty() ? "--refine" : "--from"));
  if (const std::string option = given_enjoy_option(app); !option.empty() && mode != "enjoy")
    throw SpecError(fmt::format("{}: of enjoy, not of {}", option, mode));
  if (arguments.train.profile && (mode == "search" || mode == "enjoy"))
    throw SpecError(fmt::format("--profile: of train and dev, not of {}{}", mode,
                                mode == "search" ? "; each trial has its split in info/*_trial_metrics.json" : ""));
  if ((mode == "train" || mode == "dev") && at == std::string::npos)
    return train(load(arguments, invocation, mode), arguments.train);
  if ((mode == "train" || mode == "dev") && !where.empty())
    return continue_training(load(arguments, invocation, mode), where, arguments.train);
  if (mode == "enjoy" && !where.empty()) return enjoy(where, arguments.enjoy);
  if (mode == "search") {
    SearchOptions options{
        .run = arguments.train, .keep = arguments.keep, .from = arguments.from, .refine = arguments.refine};
    if (arguments.executor == "ray") {
      options.make_executor = [&] { return make_ray_executor(arguments, invocation); };
      options.executor_option = " --executor ray";
    }
    if (at == std::string::npos) return search(load(arguments, invocation, mode), options);
    if (!where.empty()) return continue_search(load(arguments, invocation, mode), where, options);
  }
  refuse_mode(arguments.mode, mode);
}

}  // namespace

std::function<int()> add_run(CLI::App& app, const Invocation& invocation) {
  auto arguments = std::make_shared<RunArguments>();
  RunArguments& a = *arguments;
  a.train.command_line = invocation.command_line;
  a.train.launcher = invocation.launcher;
  app.add_option("spec_file", a.spec_file, "spec file; a path below slm_lab/spec may be given without it")
      ->capture_default_str();
  app.add_option("spec_name", a.spec_name, "which spec of the file; not needed where it has one")
      ->capture_default_str();
  app.add_option("mode", a.mode, kModes)->capture_default_str();
  app.add_option("-s,--set", a.sets, "KEY=VALUE: fill ${KEY} in the spec file (repeatable)")
      ->check(assignment("KEY=VALUE", "env=CartPole-v1"))
      ->allow_extra_args(false);
  app.add_option("--override", a.overrides, "PATH=VALUE: set any key, as agent.algorithm.gamma=0.98 (repeatable)")
      ->check(assignment("PATH=VALUE", "agent.algorithm.gamma=0.98"))
      ->allow_extra_args(false);
  app.add_option("--seed", a.seed, "seed of the run, instead of the spec's meta.seed")->check(whole_number(0));
  app.add_option("--sessions", a.sessions, "number of sessions, instead of the spec's meta.max_session")
      ->check(whole_number(1, std::numeric_limits<int>::max()));
  app.add_option("--threads", a.train.threads, "threads in all; default: as many as there are cores")
      ->check(whole_number(0, kMaxThreads));
  app.add_option("--data", a.train.data, "folder in which run folders are made and found")->capture_default_str();
  app.add_option("--name", a.train.name, "name of the new run folder, instead of {spec}_{timestamp}");
  app.add_option("--log-level", a.train.log_level, "of the terminal: debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}, CLI::ignore_case))
      ->capture_default_str();
  app.add_option("--checkpoint-seconds", a.train.checkpoint_seconds, "wall-clock between two checkpoints of a session")
      ->check(number_from(0))
      ->capture_default_str();
  app.add_flag("--profile", a.train.profile,
               "say where the time of each session goes, phase by phase: in the live lines, and in a table at the end");
  app.add_flag("--keep-replay", a.train.keep_replay,
               "keep the replay of a finished run, so that it can train on with a larger env.max_frame");
  app.add_option("--keep", a.keep, "trials of a search that keep their models; -1: all")
      ->check(whole_number(-1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  app.add_option("--from", a.from,
                 "an earlier search whose trials the sampler of a new one learns from: DIR or latest");
  app.add_option("--refine", a.refine,
                 "narrow the search space around the winners of an earlier search: DIR or latest");
  add_enjoy_options(app, a.enjoy);
  app.add_option("--executor", a.executor,
                 "where the trials of a search run: on this machine or, ray, on the cluster at RAY_ADDRESS")
      ->check(CLI::IsMember({"local", "ray"}))
      ->capture_default_str();
  return [arguments, &app, &invocation] {
    leave_out_name(app, arguments->spec_name, arguments->mode);
    arguments->enjoy.data = arguments->train.data;
    arguments->enjoy.spec_name = arguments->spec_name;
    arguments->enjoy.seed = arguments->seed;
    return run(*arguments, app, invocation);
  };
}

}  // namespace slm
