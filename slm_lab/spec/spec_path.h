#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slm_lab/spec/json.h"

namespace slm {

/// Sets the value at a dotted path, "agent.net.hid_layers[0]", making the objects on the way. Every node it makes gets
/// `origin`, as does the value. Throws SpecError where the path is malformed, leads through a value that is no object,
/// or beyond the end of a list.
void set_at_path(JsonNode& spec, std::string_view path, JsonNode value, std::string_view origin);

/// Null when there is nothing at the path.
const JsonNode* find_at_path(const JsonNode& spec, std::string_view path);

/// The text of a string at the path, the value of a whole number; nothing else counts: "", 0.
std::string text_at(const JsonNode& spec, std::string_view path);
std::int64_t integer_at(const JsonNode& spec, std::string_view path);

/// A value as one writes it on the command line: JSON where it is JSON, a string otherwise.
JsonNode parse_value(std::string_view text);

}  // namespace slm
