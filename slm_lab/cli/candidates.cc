#include "slm_lab/cli/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/names.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kCompleteModes[] = {"dev", "train", "train@latest", "search", "search@latest", "enjoy@latest"};

/// The command line up to the word to be completed, taken apart.
struct Place {
  const CLI::App* command;                             ///< the innermost
  const CLI::Option* option = nullptr;                 ///< whose value is wanted; null: a word of the command itself
  std::map<std::string, std::string> values;           ///< of options and words given before, by name
  std::vector<const CLI::Option*> words_to_come = {};  ///< of the command
};

void enter(Place& place, const CLI::App& command) {
  place.command = &command;
  place.words_to_come = command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

Place find_place(const CLI::App& program, const Words& before) {
  Place place;
  enter(place, program);
  for (const std::string& word : before) {
    if (place.option != nullptr) {
      place.values[place.option->get_name()] = word;
      place.option = nullptr;
    } else if (word.starts_with("-")) {
      const CLI::Option* option = find_option(*place.command, word.substr(0, word.find('=')));
      if (option != nullptr && takes_value(*option) && word.find('=') == word.npos) place.option = option;
    } else if (const CLI::App* sub = find_command(*place.command, word)) {
      enter(place, *sub);
    } else if (!place.words_to_come.empty()) {
      const CLI::Option& next = *place.words_to_come.front();
      place.values.try_emplace(next.get_name(), word);
      if (next.get_items_expected_max() <= 1) place.words_to_come.erase(place.words_to_come.begin());
    }
  }
  return place;
}

std::string value(const Place& place, const std::string& name, const std::string& otherwise = "") {
  const auto found = place.values.find(name);
  return found == place.values.end() ? otherwise : found->second;
}

Words spec_names(const std::string& file, const Invocation& invocation) {
  LoadOptions options;
  options.repository = invocation.root;
  options.allow_placeholders = true;
  Words names;
  try {
    const SpecFile specs(file, options);
    for (std::size_t i = 0; i < specs.size(); ++i) names.push_back(specs.name(i));
  } catch (const Error&) {  // none, yet
  }
  return names;
}

/// The runs of a spec, as train@ and enjoy@ take them.
Words modes(const Place& place) {
  Words words(std::begin(kCompleteModes), std::end(kCompleteModes));
  try {
    for (const DataFolder& run : DataFolder::all(value(place, "--data", "data"), value(place, "spec_name")))
      for (const char* mode : {run.is_search() ? "search@" : "train@", "enjoy@"})
        words.push_back(mode + run.root().string());
  } catch (const Error&) {
  }
  return words;
}

/// Of a spec, as --from and --refine take them.
Words searches(const Place& place) {
  Words words = {"latest"};
  try {
    for (const DataFolder& run : DataFolder::all(value(place, "--data", "data"), value(place, "spec_name")))
      if (run.is_search()) words.push_back(run.root().string());
  } catch (const Error&) {
  }
  return words;
}

/// Runs and searches of any spec, by their names in the data folder.
Words all_runs(const Place& place) {
  Words words = {"latest"};
  try {
    for (const DataFolder& run : DataFolder::all(value(place, "--data", "data"))) words.push_back(run_name(run));
  } catch (const Error&) {
  }
  return words;
}

Words benchmark_words() {
  Words words = {"all"};
  for (const BenchmarkEnv& env : benchmark_envs())
    for (const std::string_view word : {env.phase, env.group})
      if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
  for (const BenchmarkRow& row : benchmark_rows()) words.emplace_back(row.id);
  return words;
}

/// The choices of CLI::IsMember, "TEXT:{debug,info}".
Words choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{'), end = type.find('}');
  if (begin == type.npos || end == type.npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

/// What a word of a command or the value of an option may be.
Candidates values_of(const CLI::Option& option, const Place& place, const Invocation& invocation) {
  Candidates out;
  const auto offer = [&](const Words& words) {
    for (const std::string& word : words) out.words.push_back({word, ""});
  };
  const std::string name = option.get_name();
  if (name == "spec_file" || name == "files") {
    offer(shipped_spec_files(invocation.root));
    if (name == "files") offer(spec_names(value(place, name), invocation));
    out.files = true;
  } else if (name == "spec_name") {
    const Words names = spec_names(value(place, "spec_file"), invocation);
    offer(names);
    if (names.size() == 1) offer(modes(place));  // whose name may be left out
  } else if (name == "mode") {
    offer(modes(place));
  } else if (name == "folder") {
    offer({"latest"});
    out.files = true;
  } else if (name == "run" || name == "run_a" || name == "run_b" || name == "--folders") {
    offer(all_runs(place));
    out.files = true;
  } else if (name == "--from" || name == "--refine") {
    offer(searches(place));
    out.files = true;
  } else if (name == "rows") {
    offer(benchmark_words());
  } else if (name == "env") {
    offer(env_names());
  } else if (name == "kind") {
    offer(name_kinds());
  } else {
    offer(choices(option));
    out.files = out.words.empty();
  }
  return out;
}

Candidates options_of(const CLI::App& command) {
  Candidates out;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) out.words.push_back({"--" + name, option->get_description()});
  return out;
}

Candidates commands_of(const CLI::App& command, const Invocation& invocation) {
  Candidates out;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); }))
    out.words.push_back({sub->get_name(), sub->get_description()});
  if (command.get_parent() != nullptr) return out;
  out.words.push_back({"help", "of a command"});
  if (invocation.launcher != invocation.command_line.at(0))  // it knows some more
    for (const auto& [name, meaning] : kLauncherCommands) out.words.push_back({name, meaning});
  out.files = true;  // a spec file stands for `run`
  return out;
}

}  // namespace

Candidates candidates(const CLI::App& program, const Invocation& invocation, Words words) {
  if (words.empty()) words.emplace_back();
  const std::string current = words.back();
  words.pop_back();
  if (words.size() == 1 && words[0] == "help") words.clear();
  const Place place = find_place(program, with_command(words, program));
  Candidates out;
  if (const std::size_t equals = current.find('='); current.starts_with("--") && equals != current.npos) {
    const CLI::Option* option = find_option(*place.command, current.substr(0, equals));
    if (option != nullptr) out = values_of(*option, place, invocation);
    for (Candidate& candidate : out.words) candidate.text.insert(0, current, 0, equals + 1);
  } else if (place.option != nullptr) {
    out = values_of(*place.option, place, invocation);
  } else if (current.starts_with("-")) {
    out = options_of(*place.command);
  } else if (!place.words_to_come.empty()) {
    out = values_of(*place.words_to_come.front(), place, invocation);
  } else {
    out = commands_of(*place.command, invocation);
  }
  std::erase_if(out.words, [&](const Candidate& candidate) { return !candidate.text.starts_with(current); });
  return out;
}

}  // namespace slm
