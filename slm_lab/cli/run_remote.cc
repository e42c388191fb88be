#include <memory>

#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/repo_option.h"
#include "slm_lab/hub/remote_task.h"

namespace slm {

std::function<int()> add_run_remote(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string spec_file, spec_name;
    std::vector<std::string> sets;
    RemoteOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  app.add_option("spec_file", a.spec_file, "spec file; a path below slm_lab/spec may be given without it")->required();
  app.add_option("spec_name", a.spec_name, "which spec of the file; not needed where it has one");
  app.add_option("mode", a.options.mode, "dev, train or search")->capture_default_str();
  app.add_option("-n,--name", a.options.name, "name of the run at dstack; default: of the spec");
  app.add_option("-s,--set", a.sets, "KEY=VALUE: fill ${KEY} in the spec file (repeatable)")
      ->check(assignment("KEY=VALUE", "env=Hopper-v5"))
      ->allow_extra_args(false);
  app.add_flag("--gpu", a.options.gpu, "rent a GPU too, which this version does not use");
  app.add_option("--max-duration", a.options.max_duration, "after which the machine is given back")
      ->capture_default_str();
  add_repo_option(app, a.options.repo);  // for the results
  app.add_flag("--private", a.options.is_private, "a repository that is made for it is private");
  app.add_option("--data", a.options.data, "folder in whose .remote what is sent is put together")
      ->capture_default_str();
  app.add_flag("--dry-run", a.options.dry_run, "print the task of dstack; start nothing");
  app.add_flag("-y,--yes", a.options.yes, "start without asking");
  return [arguments, &app, &invocation] {
    leave_out_name(app, arguments->spec_name, arguments->options.mode);
    arguments->options.root = invocation.root;
    LoadOptions load;
    load.repository = invocation.root;
    load.mode = arguments->options.mode;
    load.sets = arguments->sets;
    return run_remote(load_spec(arguments->spec_file, arguments->spec_name, load), arguments->options);
  };
}

}  // namespace slm
