#pragma once

#include <CLI/CLI.hpp>
#include <limits>
#include <string>
#include <vector>

namespace slm {

/// The command line with its command in front, whatever short form the user chose:
///   SPEC_FILE SPEC_NAME MODE       run SPEC_FILE SPEC_NAME MODE
///   -s KEY=VALUE SPEC_FILE ...     run -s KEY=VALUE SPEC_FILE ...; likewise -s KEY=VALUE COMMAND ...
///   help COMMAND, --version        COMMAND --help, version
/// Options of the front keep their order behind the command.
std::vector<std::string> with_command(std::vector<std::string> arguments, const CLI::App& program);

/// The command below `command` with this name, and the option of `command` that the word names ("--data"); or null.
const CLI::App* find_command(const CLI::App& command, const std::string& word);
const CLI::Option* find_option(const CLI::App& command, const std::string& word);
bool takes_value(const CLI::Option& option);

/// What is wrong with a command line that `app` could not parse, and what was probably meant.
std::string explain(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& arguments);

/// `FILE` and `FILE MODE` instead of `FILE NAME MODE`, as `app` has parsed them: a file with one spec needs no name.
void leave_out_name(const CLI::App& app, std::string& spec_name, std::string& mode);

/// Checks of an option's text, before it is converted: "expected a whole number >= 1, not x".
CLI::Validator whole_number(long long low, long long high = std::numeric_limits<long long>::max());
CLI::Validator number_from(double low);
CLI::Validator assignment(const std::string& form, const std::string& example);  ///< "KEY=VALUE", "env=CartPole-v1"

}  // namespace slm
