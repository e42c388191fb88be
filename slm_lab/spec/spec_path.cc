#include "slm_lab/spec/spec_path.h"

#include <fmt/format.h>

#include <charconv>
#include <variant>
#include <vector>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;
using Step = std::variant<std::string, std::size_t>;  // a key, or an index of a list

/// Nothing when the path is malformed.
std::vector<Step> split(std::string_view path) {
  std::vector<Step> steps;
  for (std::size_t begin = 0; begin <= path.size();) {
    if (steps.size() > kMaxJsonDepth) return {};
    const std::string_view part = path.substr(begin, path.find('.', begin) - begin);
    begin += part.size() + 1;
    const std::size_t bracket = part.find('[');
    if (part.empty() || bracket == 0) return {};
    steps.emplace_back(std::string(part.substr(0, bracket)));
    for (std::size_t at = bracket; at < part.size();) {  // bracket may be npos
      const std::size_t close = part.find(']', at);
      if (part[at] != '[' || close == std::string_view::npos) return {};
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(part.data() + at + 1, part.data() + close, index);
      if (error != std::errc() || end != part.data() + close) return {};
      steps.emplace_back(index);
      at = close + 1;
    }
  }
  return steps;
}

void set_origin(JsonNode& node, std::string_view origin) {
  node.origin = origin;
  node.position = {};
  for (JsonNode& element : node.elements) set_origin(element, origin);
  for (JsonMember& member : node.members) {
    member.position = {};
    set_origin(member.value, origin);
  }
}

JsonNode& step_into(JsonNode& node, const Step& step, std::string_view origin) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    if (!node.is(Kind::array)) throw SpecError(fmt::format("[{}] is asked for, but there is no list", *index));
    if (*index >= node.elements.size())
      throw SpecError(fmt::format("[{}] is asked for, but the list has {} entries", *index, node.elements.size()));
    return node.elements[*index];
  }
  const auto& key = std::get<std::string>(step);
  if (!node.is(Kind::object) && !node.is(Kind::null))
    throw SpecError(fmt::format("\"{}\" is asked for, but {} is no object", key, to_json_line(node)));
  if (node.is(Kind::null)) node.origin = origin;
  const std::size_t members = node.members.size();
  JsonNode& value = node.at_or_insert(key);
  if (node.members.size() > members) value.origin = origin;
  return value;
}

}  // namespace

void set_at_path(JsonNode& spec, std::string_view path, JsonNode value, std::string_view origin) {
  const std::vector<Step> steps = split(path);
  if (steps.empty())
    throw SpecError(fmt::format("{} {}: not a path; write it as agent.algorithm.gamma", origin, json_quoted(path)));
  set_origin(value, origin);
  JsonNode* node = &spec;
  try {
    for (const Step& step : steps) node = &step_into(*node, step, origin);
  } catch (const SpecError& error) {
    throw SpecError(fmt::format("{} {}: {}", origin, path, error.what()));
  }
  *node = std::move(value);
}

const JsonNode* find_at_path(const JsonNode& spec, std::string_view path) {
  const std::vector<Step> steps = split(path);
  const JsonNode* node = steps.empty() ? nullptr : &spec;
  for (const Step& step : steps) {
    if (!node) break;
    const auto* index = std::get_if<std::size_t>(&step);
    if (!index)
      node = node->find(std::get<std::string>(step));
    else
      node = *index < node->elements.size() ? &node->elements[*index] : nullptr;
  }
  return node;
}

std::string text_at(const JsonNode& spec, std::string_view path) {
  const JsonNode* node = find_at_path(spec, path);
  return node != nullptr && node->is(JsonNode::Kind::string) ? node->text : "";
}

std::int64_t integer_at(const JsonNode& spec, std::string_view path) {
  const JsonNode* node = find_at_path(spec, path);
  return node != nullptr ? node->integer().value_or(0) : 0;
}

JsonNode parse_value(std::string_view text) {
  try {
    return parse_json(text, "");
  } catch (const SpecError&) {
    return json_string(text);
  }
}

}  // namespace slm
