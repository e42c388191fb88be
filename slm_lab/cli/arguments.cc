#include "slm_lab/cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "slm_lab/base/near_name.h"

namespace slm {
namespace {

bool looks_like_file(const std::string& word) {
  return word.find('=') == std::string::npos && word.find_first_of("./") != std::string::npos;
}

/// The option of any command that the word names, or null.
const CLI::Option* option_of_any(const CLI::App& program, const std::string& word) {
  if (const CLI::Option* option = find_option(program, word)) return option;
  for (const CLI::App* sub : program.get_subcommands([](const CLI::App*) { return true; }))
    if (const CLI::Option* option = option_of_any(*sub, word)) return option;
  return nullptr;
}

/// Whether the next word is the value of this one: of `--data DIR` and `-s X=Y`, not of `--data=DIR` and `-sX=Y`.
bool wants_value(const CLI::App& program, const std::string& word) {
  const CLI::Option* option = word.starts_with("-") ? option_of_any(program, word) : nullptr;
  return option != nullptr && takes_value(*option);
}

/// Options first: the command is the first word that is one and no option's value; a spec file stands for `run`. Where
/// there is neither, the first such word comes to the front, to be refused.
std::vector<std::string> command_to_front(std::vector<std::string> arguments, const CLI::App& program) {
  auto first_word = arguments.end();
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (wants_value(program, *word)) {
      if (++word == arguments.end()) break;
      continue;
    }
    if (word->starts_with("-")) continue;
    if (const CLI::App* command = find_command(program, *word)) {
      const bool named = word + 1 != arguments.end() && find_command(*command, word[1]) != nullptr;  // spec check
      std::rotate(arguments.begin(), word, word + (named ? 2 : 1));
      return arguments;
    }
    if (looks_like_file(*word)) {
      arguments.insert(arguments.begin(), "run");
      return arguments;
    }
    if (first_word == arguments.end()) first_word = word;
  }
  if (first_word != arguments.end()) std::rotate(arguments.begin(), first_word, first_word + 1);
  return arguments;
}

const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : chosen(*commands.front());
}

/// "run", "spec check"; empty for the program itself.
std::string path_of(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "";
  const std::string parent = path_of(*app.get_parent());
  return parent.empty() ? app.get_name() : parent + " " + app.get_name();
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const auto near = near_name(word, names);
  return near ? fmt::format("; did you mean {}?", *near) : "";
}

std::string unexpected(const CLI::App& command, const std::vector<std::string>& arguments) {
  const std::vector<std::string> left = command.remaining(true);
  const auto is_left = [&](const std::string& word) { return std::find(left.begin(), left.end(), word) != left.end(); };
  const auto is_option = [&](const std::string& word) { return word.starts_with("-") && is_left(word); };
  auto word = std::find_if(arguments.begin(), arguments.end(), is_option);
  if (word == arguments.end()) word = std::find_if(arguments.begin(), arguments.end(), is_left);
  if (word == arguments.end()) return "unexpected arguments";
  if (!word->starts_with("-")) return fmt::format("unexpected argument {}", *word);
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::string name = word->substr(0, word->find('='));
  if (command.get_parent() == nullptr && option_of_any(command, name))
    return fmt::format("{} without a command or a spec file, as in slm-lab SPEC_FILE SPEC_NAME train {}", name, *word);
  return fmt::format("no option {}{}", name, did_you_mean(name, names));
}

std::string missing_command(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return fmt::format("expected one of {}", fmt::join(names, ", "));
}

}  // namespace

const CLI::App* find_command(const CLI::App& command, const std::string& word) {
  const auto found = command.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
  return found.empty() ? nullptr : found.front();
}

const CLI::Option* find_option(const CLI::App& command, const std::string& word) {
  for (const CLI::Option* option : command.get_options())
    if (option->check_name(word)) return option;
  return nullptr;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::vector<std::string> with_command(std::vector<std::string> arguments, const CLI::App& program) {
  if (arguments.empty() || find_command(program, arguments[0])) return arguments;
  const std::string first = arguments[0];
  if (first == "--help" || first == "-h") return arguments;
  if (first == "--version" || first == "-V") return {"version"};
  if (first == "help") {
    if (arguments.size() == 1) return {"--help"};
    std::rotate(arguments.begin(), arguments.begin() + 1, arguments.end());
    arguments.back() = "--help";
    return arguments;
  }
  if (first.starts_with("-")) return command_to_front(std::move(arguments), program);
  if (looks_like_file(first)) arguments.insert(arguments.begin(), "run");
  return arguments;
}

std::string explain(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App& command = chosen(app);
  const std::string path = path_of(command), called = path.empty() ? "slm-lab" : "slm-lab " + path;
  std::string what = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    what = unexpected(command, arguments);
  else if (what.find("subcommand is required") != std::string::npos)
    what = missing_command(command);
  return fmt::format("{}: {}; see `{} --help`", called, what, called);
}

void leave_out_name(const CLI::App& app, std::string& spec_name, std::string& mode) {
  const auto given = [&](const char* option) { return app.get_option(option)->count() > 0; };
  const std::vector<std::string> modes = {"dev", "train", "search", "enjoy"};
  const std::string word = spec_name.substr(0, spec_name.find('@'));
  const bool is_mode = !given("mode") && std::find(modes.begin(), modes.end(), word) != modes.end();
  if (is_mode) mode = spec_name;
  if (is_mode || (given("spec_file") && !given("spec_name"))) spec_name = "";
}

CLI::Validator whole_number(long long low, long long high) {
  const bool bounded = high < std::numeric_limits<long long>::max();
  const std::string range = bounded ? fmt::format("from {} to {}", low, high) : fmt::format(">= {}", low);
  // To a reader of the help an int has no end.
  const std::string shown = high < std::numeric_limits<int>::max() ? range : fmt::format(">= {}", low);
  return {[=](std::string& text) {
            long long value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_number = error == std::errc() && end == text.data() + text.size();
            if (is_number && value >= low && value <= high) return std::string();
            const bool too_large = error == std::errc::result_out_of_range;
            return fmt::format("expected a whole number {}, not {}",
                               too_large ? fmt::format("from {} to {}", low, high) : range, text);
          },
          shown};
}

CLI::Validator assignment(const std::string& form, const std::string& example) {
  return {[=](std::string& text) {
            const std::size_t at = text.find('=');
            if (at != std::string::npos && at > 0) return std::string();
            return fmt::format("expected {}, as in {}; not {}", form, example, text);
          },
          ""};
}

CLI::Validator number_from(double low) {
  return {[low](std::string& text) {
            double value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
            if (is_number && value >= low) return std::string();
            return fmt::format("expected a number >= {}, not {}", low, text);
          },
          fmt::format(">= {}", low)};
}

}  // namespace slm
