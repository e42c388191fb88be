#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slm_lab/base/error.h"

namespace slm {

// The JSON files that we write and read ourselves (spec files have a reader of their own, which knows where in the file
// a value stands).

using Json = nlohmann::ordered_json;

/// The document in `text`, an object. Throws Error(corrupt) naming `file` when it is none, or nests deeper than ours
/// do.
Json parse_json_file(std::string_view text, std::string_view file);

/// What `read` returns; a key that it misses or a value of another type becomes Error(corrupt) naming `file`.
template <class Read>
auto read_json(std::string_view file, const Read& read, std::string_view advice = "") {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw Error(ExitCode::corrupt, fmt::format("{}: damaged: {}{}", file, error.what(), advice));
  }
}

/// Indent 2 and a line end. Numbers that are not finite are null.
std::string json_file_text(const Json& json);

/// The number, NaN for null.
double number_or_nan(const Json& json);

}  // namespace slm
