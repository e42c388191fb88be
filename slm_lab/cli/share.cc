#include <cstdlib>
#include <memory>

#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/repo_option.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/hub/share_run.h"

namespace slm {
void add_repo_option(CLI::App& app, std::string& repo) {
  const char* named = std::getenv("HF_REPO");
  repo = named != nullptr ? named : "";
  app.add_option("--repo", repo, "repository on the hub, USER/NAME; default: HF_REPO of the environment");
}

std::function<int()> add_push(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string run, repo, data = "data";
    bool model = false;
    PushOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("run", arguments->run, "run folder, name of one in the data folder, name of a spec, or latest")
      ->required();
  add_repo_option(app, arguments->repo);
  app.add_option("--data", arguments->data, "folder in which runs are found")->capture_default_str();
  app.add_flag("--model", arguments->model, "as a model with a card: the last weights of the best session");
  app.add_flag("--private", arguments->options.is_private, "a repository that is made for it is private");
  app.add_flag("--unfinished", arguments->options.unfinished, "also a run that is not finished, with its checkpoints");
  return [arguments, &invocation] {
    const HubPlace hub = find_hub(invocation.root, arguments->repo, arguments->model);
    push_run(hub, find_run(arguments->run, arguments->data), arguments->options);
    return 0;
  };
}

std::function<int()> add_pull(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string name, repo, data = "data";
    bool all = false;
  };
  auto arguments = std::make_shared<Arguments>();
  app.add_option("name", arguments->name, "spec, whose newest run is fetched, or run folder")->required();
  add_repo_option(app, arguments->repo);
  app.add_flag("--all", arguments->all, "all runs of the spec");
  app.add_option("--data", arguments->data, "folder in which it appears")->capture_default_str();
  return [arguments, &invocation] {
    pull_runs(find_hub(invocation.root, arguments->repo, false), arguments->name, arguments->data, arguments->all);
    return 0;
  };
}

}  // namespace slm
