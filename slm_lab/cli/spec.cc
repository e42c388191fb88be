#include <fmt/format.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/error.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/schema.h"

namespace slm {
namespace {

struct CheckArguments {
  std::string file, name;
  std::vector<std::string> sets;
};

/// Checks one spec; returns whether it is accepted.
bool check_one(const CheckArguments& arguments, const std::string& name, const LoadOptions& options) {
  try {
    const LoadedSpec loaded = load_spec(arguments.file, name, options);
    SpecReport report(loaded.file);
    report.allow_placeholders = true;
    const LabSpec spec = read_lab_spec(loaded, report);
    fmt::print("{}: {}: accepted\n", arguments.file, name);
    if (!report.has_placeholders)  // or it might rest on a default
      fmt::print("  {}\n", training_rate_text(spec.agent.plan->training_rate(spec.env.num_envs)));
    for (const SpecFinding& finding : report.inert_keys()) fmt::print("  inert  {}\n", report.line(finding));
    for (const SpecFinding& finding : report.notes()) fmt::print("  note   {}\n", report.line(finding));
    return true;
  } catch (const SpecError& error) {
    fmt::print("{}: {}: refused\n", arguments.file, name);
    fmt::print(stderr, "{}\n", error.what());
    return false;
  }
}

int check(const CheckArguments& arguments, const Invocation& invocation) {
  LoadOptions options;
  options.repository = invocation.root;
  options.sets = arguments.sets;
  options.allow_placeholders = true;
  bool accepted = true;
  const auto names =
      arguments.name.empty() ? spec_names(arguments.file, options) : std::vector<std::string>{arguments.name};
  for (const std::string& name : names) accepted = check_one(arguments, name, options) && accepted;
  return accepted ? 0 : static_cast<int>(ExitCode::usage);
}

SpecReport format() {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "", report);
  read_lab_spec(reader);
  return report;
}

}  // namespace

std::function<int()> add_spec(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(1);
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check_app =
      app.add_subcommand("check", "read specs and report every problem, inert key and note, and how often each trains");
  check_app->add_option("file", arguments->file, "spec file")->required();
  check_app->add_option("name", arguments->name, "one spec of the file; default: all");
  check_app->add_option("-s,--set", arguments->sets, "KEY=VALUE: fill ${KEY} (repeatable)")->allow_extra_args(false);
  CLI::App* schema_app =
      app.add_subcommand("schema", "print the JSON Schema of spec files, for editors and validators");
  CLI::App* docs_app = app.add_subcommand("docs", "print docs/spec.md: every key with its type, default and meaning");
  return [=, &invocation] {
    if (check_app->parsed()) return check(*arguments, invocation);
    if (schema_app->parsed()) fmt::print("{}\n", spec_json_schema(format().format()));
    if (docs_app->parsed()) fmt::print("{}", spec_document(format().format()));
    return 0;
  };
}

}  // namespace slm
