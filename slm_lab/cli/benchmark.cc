#include "slm_lab/experiment/benchmark.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"

namespace slm {
namespace {

struct BenchmarkArguments {
  std::vector<std::string> patterns;
  BenchmarkOptions options;
  bool list = false, render = false;
};

int run(const BenchmarkArguments& arguments) {
  if (arguments.list) return list_benchmark(arguments.options), 0;
  if (arguments.render) return render_benchmark(arguments.options), 0;
  if (arguments.patterns.empty())
    throw SpecError(
        "name rows to run: `slm-lab benchmark phase1`, `slm-lab benchmark 'cartpole/*'`; `--list` shows all");
  return run_benchmark(select_benchmark_rows(arguments.patterns), arguments.options);
}

}  // namespace

std::function<int()> add_benchmark(CLI::App& app, const Invocation& invocation) {
  auto arguments = std::make_shared<BenchmarkArguments>();
  BenchmarkOptions& options = arguments->options;
  options.repository = invocation.root;
  options.command_line = invocation.command_line;
  app.add_option("rows", arguments->patterns, "rows: cartpole/ppo, 'cartpole/*', cartpole, phase1, extra, all");
  app.add_option("--sessions", options.sessions, "sessions (seeds) per row")
      ->check(whole_number(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "seed of every row; choose settings with other seeds")
      ->check(whole_number(0))
      ->capture_default_str();
  app.add_option("--data", options.data, "folder of the run folders")->capture_default_str();
  app.add_option("--results", options.results,
                 "folder of results and pictures; default: docs/benchmarks of the repository");
  app.add_option("--threads", options.threads, "sessions at once; default: as many as there are cores")
      ->check(whole_number(0, 4096));
  app.add_option("--override", options.overrides, "PATH=VALUE in every spec; needs --results, for it does not compare")
      ->allow_extra_args(false);
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "wall-clock between two checkpoints of a session")
      ->check(number_from(0))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "of the terminal: debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}, CLI::ignore_case))
      ->capture_default_str();
  app.add_flag("--again", options.again, "run anew what is done already");
  app.add_flag("--list", arguments->list, "print every row and how it stands, for these --sessions and --seed");
  app.add_flag("--render", arguments->render, "only write the page and the pictures from the results that are there");
  return [arguments] {
    BenchmarkOptions& given = arguments->options;
    if (!given.overrides.empty() && given.results.empty())
      throw SpecError("--override: such results do not belong on the page; name a folder for them with --results DIR");
    if (given.results.empty()) given.results = given.repository / "docs" / "benchmarks";
    return run(*arguments);
  };
}

}  // namespace slm
