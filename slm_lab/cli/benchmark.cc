#include "slm_lab/benchmark/benchmark.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/benchmark/benchmark_tables.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/limits.h"
#include "slm_lab/store/benchmark_store.h"

namespace slm {
namespace {

struct BenchmarkArguments {
  std::vector<std::string> patterns;
  BenchmarkOptions options;
  bool list = false, render = false, status = false, publish = false;
};

/// Where results go: beside the run folders, unless they are for the page.
std::filesystem::path results_folder(const BenchmarkArguments& arguments) {
  const BenchmarkOptions& options = arguments.options;
  if (!arguments.publish) return options.results.empty() ? options.data / "page" : options.results;
  if (!options.results.empty()) throw SpecError("--publish: results go to docs/benchmarks; give it or --results");
  if (!options.overrides.empty()) throw SpecError("--publish: with --override results do not belong on the page");
  return benchmark_page_folder(options.repository);
}

int run(const BenchmarkArguments& arguments) {
  if (arguments.render) return render_benchmark(arguments.options), 0;
  const bool shows = arguments.list || arguments.status;
  const auto rows =
      select_benchmark_rows(arguments.patterns.empty() && shows ? std::vector<std::string>{"all"} : arguments.patterns);
  if (arguments.list) return list_benchmark(rows, arguments.options), 0;
  if (arguments.status) return print_benchmark_status(rows, arguments.options), 0;
  if (rows.empty())
    throw SpecError(
        "name rows to run: `slm-lab benchmark phase1`, `slm-lab benchmark 'cartpole/*'`; `--list` shows all");
  return run_benchmark(rows, arguments.options);
}

}  // namespace

std::function<int()> add_benchmark(CLI::App& app, const Invocation& invocation) {
  auto arguments = std::make_shared<BenchmarkArguments>();
  BenchmarkOptions& options = arguments->options;
  options.repository = invocation.root;
  options.command_line = invocation.command_line;
  app.add_option("rows", arguments->patterns,
                 "rows: cartpole/ppo, 'cartpole/*', cartpole, phase1 to phase4, extra, all");
  app.add_option("--sessions", options.sessions, "sessions (seeds) per row; default: as many as the page has")
      ->check(whole_number(1, std::numeric_limits<int>::max()));
  app.add_option("--seed", options.seed, "seed of every row; default: the page's. Choose settings with other seeds")
      ->check(whole_number(0));
  app.add_option("--data", options.data, "folder of the run folders")->capture_default_str();
  app.add_option("--results", options.results, "folder of results and pictures; default: page in the data folder");
  app.add_flag("--publish", arguments->publish, "results go to docs/benchmarks and docs/BENCHMARKS.md instead");
  app.add_option("--threads", options.threads, "sessions at once; default: as many as there are cores")
      ->check(whole_number(0, kMaxThreads));
  app.add_option("--override", options.overrides, "PATH=VALUE in every spec: the results do not compare")
      ->allow_extra_args(false);
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "wall-clock between two checkpoints of a session")
      ->check(number_from(0))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "of the terminal: debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}, CLI::ignore_case))
      ->capture_default_str();
  app.add_flag("--again", options.again, "run anew what is done already");
  app.add_flag("--list", arguments->list, "print the rows: on the page, against the shipped spec, and here");
  app.add_flag("--status", arguments->status, "print how far the rows are, without running them");
  app.add_flag("--render", arguments->render, "only write the page and the pictures from the results that are there");
  return [arguments] {
    arguments->options.results = results_folder(*arguments);
    return run(*arguments);
  };
}

}  // namespace slm
