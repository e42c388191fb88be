#include <fmt/format.h>

#include <memory>

#include "slm_lab/base/error.h"
#include "slm_lab/benchmark/benchmark_report.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/run_report.h"
#include "slm_lab/report/drawing.h"
#include "slm_lab/store/benchmark_store.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string run = "latest";
  fs::path data = "data", output;
};

/// The page and what its file is called by default.
std::pair<ReportPage, std::string> page_of(const Arguments& arguments, const fs::path& repository) {
  const bool of_page = arguments.run == "benchmark";
  const fs::path results = of_page ? benchmark_page_folder(repository) : fs::path(arguments.run);
  if (of_page || holds_benchmark(results)) return {benchmark_report(results, repository), "benchmark"};
  const DataFolder folder = find_run(arguments.run, arguments.data);
  return {run_report(folder), run_name(folder)};
}

}  // namespace

std::function<int()> add_report(CLI::App& app, const Invocation& invocation) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("run", arguments->run,
                 "a run or a search: a folder, the name of one in the data folder, the name of a spec (its newest), or "
                 "latest; benchmark: docs/benchmarks, or a folder of such results")
      ->capture_default_str();
  app.add_option("-d,--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_option("-o,--output", arguments->output, "the HTML file; default: reports/{run}.html in the data folder");
  return [arguments, root = invocation.root] {
    const auto [page, name] = page_of(*arguments, root);
    fs::path file = arguments->output;
    if (file.empty()) file = arguments->data / "reports" / (name + ".html");
    std::error_code failure;
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), failure);
    if (failure)
      throw Error(ExitCode::io, fmt::format("{}: cannot be made: {}", file.parent_path().string(), failure.message()));
    write_picture(file, report_page_html(page));
    fmt::print("{}\n", file.string());
    return 0;
  };
}

}  // namespace slm
