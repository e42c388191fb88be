#include <fmt/format.h>

#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/repo_option.h"
#include "slm_lab/experiment/run_overview.h"
#include "slm_lab/hub/share_run.h"

namespace slm {

std::function<int()> add_list(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string spec_name;
    std::filesystem::path data = "data";
    std::string repo;
    bool json = false, remote = false;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("spec_name", arguments->spec_name, "those of this spec alone");
  app.add_option("-d,--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_flag("--json", arguments->json, "as a list of JSON objects");
  app.add_flag("--remote", arguments->remote, "those of a repository on a Hugging Face hub instead");
  add_repo_option(app, arguments->repo);
  return [arguments, &invocation] {
    if (arguments->remote) {
      list_remote_runs(find_hub(invocation.root, arguments->repo, /*is_model=*/false), arguments->spec_name,
                       arguments->json);
      return 0;
    }
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
