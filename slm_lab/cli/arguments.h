#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace slm {

/// The command line with its command in front, whatever short form the user chose:
///   SPEC_FILE SPEC_NAME MODE       run SPEC_FILE SPEC_NAME MODE
///   -s KEY=VALUE SPEC_FILE ...     run -s KEY=VALUE SPEC_FILE ...; likewise -s KEY=VALUE COMMAND ...
///   help COMMAND, --version        COMMAND --help, version
std::vector<std::string> with_command(std::vector<std::string> arguments,
                                      const std::function<bool(const std::string&)>& is_command);

/// What is wrong with a command line that `app` could not parse, and what was probably meant.
std::string explain(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& arguments);

/// Checks of an option's text, before it is converted: "expected a whole number >= 1, not x".
CLI::Validator whole_number(long long low, long long high = std::numeric_limits<long long>::max());
CLI::Validator number_from(double low);

}  // namespace slm
