#include <limits>
#include <memory>

#include "slm_lab/benchmark/repeat_run.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/limits.h"

namespace slm {

std::function<int()> add_repro(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string run;
    std::optional<int> sessions;
    TrainOptions train;
  };
  auto arguments = std::make_shared<Arguments>();
  TrainOptions& train = arguments->train;
  train.command_line = invocation.command_line;
  train.launcher = invocation.launcher;
  app.add_option(
         "run", arguments->run,
         "a finished run: its folder, its name in the data folder, the name of a spec (its newest run), latest; "
         "or a row of the benchmark")
      ->required();
  app.add_option("--sessions", arguments->sessions, "only the first so many; default: all")
      ->check(whole_number(1, std::numeric_limits<int>::max()));
  app.add_option("--threads", train.threads, "threads in all; default: as many as there are cores")
      ->check(whole_number(0, kMaxThreads));
  app.add_option("-d,--data", train.data, "folder in which runs are found; the new one goes into repro in it")
      ->capture_default_str();
  app.add_option("--log-level", train.log_level, "of the terminal: debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}, CLI::ignore_case))
      ->capture_default_str();
  return [arguments, root = invocation.root] {
    return repeat_run(repeatable(arguments->run, arguments->train.data, root), arguments->sessions, arguments->train);
  };
}

}  // namespace slm
