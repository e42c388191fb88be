#include "slm_lab/spec/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

/// The key of the placeholder that begins at `at`, or nothing.
std::string_view key_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("${")) return {};
  const std::size_t begin = at + 2;
  std::size_t end = begin;
  const auto is_key_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  while (end < text.size() && is_key_character(text[end])) ++end;
  return end > begin && end < text.size() && text[end] == '}' ? text.substr(begin, end - begin) : std::string_view{};
}

std::optional<JsonNode> parsed(std::string_view value) {
  try {
    return parse_json(value, "");
  } catch (const SpecError&) {
    return std::nullopt;
  }
}

/// What replaces a string that is just the placeholder: 4e6 becomes 4000000, so that it serves where an integer is
/// wanted.
std::string as_literal(std::string_view value) {
  const auto node = parsed(value);
  if (!node) return {};
  if (node->is(Kind::boolean)) return std::string(value);
  if (!node->is(Kind::number)) return {};
  const auto integer = node->integer();
  return integer ? fmt::format("{}", *integer) : node->text;
}

void collect(const JsonNode& node, const std::string& path, std::vector<LeftPlaceholder>& out) {
  for (std::size_t i = 0; node.is(Kind::string) && i < node.text.size(); ++i)
    if (const auto key = key_at(node.text, i); !key.empty()) out.push_back({node.position, path, std::string(key)});
  for (std::size_t i = 0; i < node.elements.size(); ++i) collect(node.elements[i], fmt::format("{}[{}]", path, i), out);
  for (const JsonMember& member : node.members)
    collect(member.value, path.empty() ? member.key : path + "." + member.key, out);
}

}  // namespace

TemplateValues parse_template_values(const std::vector<std::string>& arguments) {
  TemplateValues values;
  for (const std::string& argument : arguments) {
    const std::size_t at = argument.find('=');
    if (at == std::string::npos || at == 0)
      throw SpecError(fmt::format("-s {}: expected KEY=VALUE, as in -s env=ALE/Pong-v5", argument));
    if (!values.emplace(argument.substr(0, at), argument.substr(at + 1)).second)
      throw SpecError(fmt::format("-s {}: {} is given twice", argument, argument.substr(0, at)));
  }
  return values;
}

void FilledTemplate::replace(std::size_t source_begin, std::size_t source_end, std::string_view by) {
  replacements_.push_back({source_begin, source_end, text_.size(), text_.size() + by.size()});
  text_ += by;
  // Many placeholders times a long value could fill the memory.
  if (text_.size() > kMaxJsonBytes)
    throw SpecError(fmt::format("-s makes the spec larger than {} bytes", kMaxJsonBytes));
}

FilledTemplate::FilledTemplate(std::string_view source, const TemplateValues& values) {
  bool in_string = false;
  for (std::size_t i = 0; i < source.size();) {
    const std::string_view key = key_at(source, i);
    if (key.empty()) {
      const std::size_t length = in_string && source[i] == '\\' && i + 1 < source.size() ? 2 : 1;
      if (source[i] == '"') in_string = !in_string;
      text_ += source.substr(i, length);
      i += length;
      continue;
    }
    placeholders_.emplace(key);
    const std::size_t end = i + key.size() + 3;
    const auto value = values.find(key);
    if (!in_string) {
      const std::string left = value == values.end() ? "${" + std::string(key) + "}" : value->second;
      const bool is_json = value != values.end() && parsed(left);
      const std::string literal = as_literal(left);
      replace(i, end, !literal.empty() ? literal : is_json ? left : json_quoted(left));
    } else if (value == values.end()) {
      text_ += source.substr(i, end - i);
    } else {
      const bool whole = source[i - 1] == '"' && end < source.size() && source[end] == '"';
      const std::string literal = whole ? as_literal(value->second) : "";
      const std::string quoted = json_quoted(value->second);
      if (literal.empty()) {
        replace(i, end, std::string_view(quoted).substr(1, quoted.size() - 2));
      } else {
        text_.pop_back();  // the opening quote
        replace(i - 1, end + 1, literal);
        in_string = false;
        i = end + 1;
        continue;
      }
    }
    i = end;
  }
}

Locate FilledTemplate::locate(std::string_view source) const {
  return [in_source = locate_in(source), replacements = replacements_](std::size_t offset) {
    // The last replacement that begins at or before the offset.
    auto next = std::upper_bound(replacements.begin(), replacements.end(), offset,
                                 [](std::size_t o, const Replacement& r) { return o < r.text_begin; });
    if (next == replacements.begin()) return in_source(offset);
    const Replacement& r = *(next - 1);
    return in_source(offset < r.text_end ? r.source_begin : offset - r.text_end + r.source_end);
  };
}

std::vector<LeftPlaceholder> placeholders_left(const JsonNode& spec) {
  std::vector<LeftPlaceholder> found;
  collect(spec, "", found);
  return found;
}

}  // namespace slm
