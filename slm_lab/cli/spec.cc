#include <fmt/format.h>

#include <filesystem>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/error.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/schema.h"

namespace slm {
namespace {

struct CheckArguments {
  std::vector<std::string> files;  // behind one of them may stand the name of one of its specs
  std::vector<std::string> sets, overrides;
};

/// Checks one spec; returns whether it is accepted.
bool check_one(SpecFile& file, std::size_t index, const std::string& file_name) {
  const std::string name = shortened(file.name(index), 64);
  try {
    const LoadedSpec loaded = file.take(index);
    SpecReport report(loaded.file);
    report.allow_placeholders = true;
    const LabSpec spec = read_lab_spec(loaded, report);
    const std::vector<MissingFeature> missing = missing_features(spec, loaded.root);
    fmt::print("{}: {}: accepted{}\n", file_name, name, missing.empty() ? "" : ", but cannot run here");
    for (const MissingFeature& feature : missing) fmt::print("  missing  {}: {}\n", feature.what, feature.why);
    if (!report.has_placeholders)  // or it might rest on a default
      fmt::print("  {}\n", training_rate_text(spec.agent.plan->training_rate(spec.env.num_envs)));
    for (const SpecFinding& finding : report.inert_keys()) fmt::print("  inert    {}\n", report.line(finding));
    for (const SpecFinding& finding : report.notes()) fmt::print("  note     {}\n", report.line(finding));
    return true;
  } catch (const SpecError& error) {
    fmt::print("{}: {}: refused\n", file_name, name);
    fmt::print(stderr, "{}\n", error.what());
    return false;
  }
}

bool is_file(const std::string& word) {
  std::error_code error;
  return word.ends_with(".json") || std::filesystem::exists(word, error);
}

/// Every spec of the file, or the one of this name.
bool check_file(const std::string& file_name, const std::string& name, const LoadOptions& options) {
  SpecFile file(file_name, options);
  const bool holds_none = file.size() == 0;  // which index_of() refuses
  if (!name.empty() || holds_none) return check_one(file, file.index_of(name), file_name);
  bool accepted = true;
  for (std::size_t i = 0; i < file.size(); ++i) accepted = check_one(file, i, file_name) && accepted;
  return accepted;
}

int check(const CheckArguments& arguments, const Invocation& invocation) {
  LoadOptions options;
  options.repository = invocation.root;
  options.sets = arguments.sets;
  options.overrides = arguments.overrides;
  options.allow_placeholders = true;
  std::vector<std::string> files = arguments.files;
  std::string name;
  if (files.size() == 2 && !is_file(files[1])) {
    name = files[1];
    files.pop_back();
  }
  bool accepted = true;
  for (const std::string& file : files) {
    try {
      accepted = check_file(file, name, options) && accepted;
    } catch (const SpecError& error) {
      if (files.size() == 1) throw;
      fmt::print(stderr, "{}\n", error.what());  // and on to the others
      accepted = false;
    }
  }
  return accepted ? 0 : static_cast<int>(ExitCode::usage);
}

SpecReport format() {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "", report);
  read_lab_spec(reader);
  return report;
}

/// The defaults of the keys that an environment reads from "env" besides those of all environments.
std::string environment_defaults() {
  std::string out =
      "\n## Defaults of the environments\n\nThe keys of `env` that only some environments have, with the defaults of "
      "each. "
      "Above, a default that differs between them is left empty.\n\n| `name` | keys and defaults |\n|---|---|\n";
  for (const EnvEntry& entry : env_table()) {
    SpecReport report = SpecReport::describing();
    SpecReader reader(nullptr, "", report);
    entry.read_kwargs(reader, entry.name);
    std::string keys;
    for (const FormatKey& key : report.format().keys)
      if (key.role == FormatKey::Role::field)
        keys += fmt::format("{}`{}` {}", keys.empty() ? "" : ", ", key.name, key.default_text);
    if (!keys.empty()) out += fmt::format("| `{}` | {} |\n", entry.name == "ALE/" ? "ALE/..." : entry.name, keys);
  }
  return out;
}

}  // namespace

std::function<int()> add_spec(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(1);
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check_app =
      app.add_subcommand("check", "read specs and report every problem, inert key and note, and how often each trains");
  check_app->add_option("files", arguments->files, "spec files; behind a single one, the name of one of its specs")
      ->required();
  check_app->add_option("-s,--set", arguments->sets, "KEY=VALUE: fill ${KEY} (repeatable)")
      ->check(assignment("KEY=VALUE", "env=CartPole-v1"))
      ->allow_extra_args(false);
  check_app->add_option("--override", arguments->overrides, "PATH=VALUE: set any key of each spec (repeatable)")
      ->check(assignment("PATH=VALUE", "env.num_envs=8"))
      ->allow_extra_args(false);
  check_app->footer("\nExample:\n  slm-lab spec check demo.json --override env.num_envs=8");
  CLI::App* schema_app =
      app.add_subcommand("schema", "print the JSON Schema of spec files, for editors and validators");
  schema_app->footer("\nExample:\n  slm-lab spec schema > spec.schema.json");
  CLI::App* docs_app = app.add_subcommand("docs", "print docs/spec.md: every key with its type, default and meaning");
  docs_app->footer("\nExample:\n  slm-lab spec docs > docs/spec.md");
  return [=, &invocation] {
    if (check_app->parsed()) return check(*arguments, invocation);
    if (schema_app->parsed()) fmt::print("{}\n", spec_json_schema(format().format()));
    if (docs_app->parsed()) fmt::print("{}{}", spec_document(format().format()), environment_defaults());
    return 0;
  };
}

}  // namespace slm
