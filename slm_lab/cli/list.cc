#include <fmt/format.h>

#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/run_overview.h"

namespace slm {

std::function<int()> add_list(CLI::App& app, const Invocation&) {
  struct Arguments {
    std::string spec_name;
    std::filesystem::path data = "data";
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("spec_name", arguments->spec_name, "those of this spec alone");
  app.add_option("-d,--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_flag("--json", arguments->json, "as a list of JSON objects");
  return [arguments] {
    std::vector<RunOverview> runs;
    for (const DataFolder& folder : arguments->spec_name.empty()
                                        ? DataFolder::all(arguments->data)
                                        : DataFolder::all(arguments->data, arguments->spec_name))
      runs.push_back(run_overview(folder));
    if (arguments->json) {
      fmt::print("{}", overview_json(runs));
    } else if (runs.empty()) {
      fmt::print(stderr, "no run in {}\n", arguments->data.string());
    } else {
      fmt::print("{}", overview_table(runs));
      for (const RunOverview& run : runs)
        if (!run.problem.empty()) fmt::print(stderr, "{}: {}\n", run.name, run.problem);
    }
    return 0;
  };
}

}  // namespace slm
