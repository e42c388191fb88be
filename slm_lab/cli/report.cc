#include <fmt/format.h>

#include <memory>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/run_report.h"
#include "slm_lab/report/drawing.h"

namespace slm {

std::function<int()> add_report(CLI::App& app, const Invocation&) {
  struct Arguments {
    std::string run = "latest";
    std::filesystem::path data = "data", output;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("run", arguments->run,
                 "a run or a search: a folder, the name of one in the data folder, the name of a spec (its newest), or "
                 "latest")
      ->capture_default_str();
  app.add_option("-d,--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_option("-o,--output", arguments->output, "the HTML file; default: reports/{run}.html in the data folder");
  return [arguments] {
    const DataFolder folder = find_run(arguments->run, arguments->data);
    std::filesystem::path file = arguments->output;
    if (file.empty()) file = arguments->data / "reports" / (run_name(folder) + ".html");
    std::error_code failure;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failure);
    if (failure)
      throw Error(ExitCode::io, fmt::format("{}: cannot be made: {}", file.parent_path().string(), failure.message()));
    write_picture(file, report_page_html(run_report(folder)));
    fmt::print("{}\n", file.string());
    return 0;
  };
}

}  // namespace slm
