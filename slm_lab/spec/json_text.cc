#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/spec/json.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

bool is_plain(const JsonNode& node) { return node.elements.empty() && node.members.empty(); }

/// `indent` < 0: everything on one line.
void append(const JsonNode& node, int indent, std::string& out) {
  const auto new_line = [&](int levels) {
    if (indent >= 0) out.append("\n").append(2 * (indent + levels), ' ');
  };
  const int deeper = indent < 0 ? -1 : indent + 1;
  switch (node.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += node.boolean ? "true" : "false";
      return;
    case Kind::number:
      out += node.text;
      return;
    case Kind::string:
      out += json_quoted(node.text);
      return;
    case Kind::array: {
      const bool one_line = indent < 0 || std::all_of(node.elements.begin(), node.elements.end(), is_plain);
      out += '[';
      for (std::size_t i = 0; i < node.elements.size(); ++i) {
        if (i > 0) out += one_line ? ", " : ",";
        if (!one_line) new_line(1);
        append(node.elements[i], one_line ? -1 : deeper, out);
      }
      if (!one_line) new_line(0);
      out += ']';
      return;
    }
    case Kind::object:
      out += '{';
      for (std::size_t i = 0; i < node.members.size(); ++i) {
        if (i > 0) out += indent < 0 ? ", " : ",";
        new_line(1);
        out.append(json_quoted(node.members[i].key)).append(": ");
        append(node.members[i].value, deeper, out);
      }
      if (!node.members.empty()) new_line(0);
      out += '}';
      return;
  }
}

void append_canonical(const JsonNode& node, std::string& out) {
  if (node.is(Kind::number)) {
    if (const auto integer = node.integer())
      out += fmt::format("{}", *integer);
    else
      out += fmt::format("{}", node.number);  // the shortest text that reads back as this double
  } else if (node.is(Kind::array)) {
    out += '[';
    for (std::size_t i = 0; i < node.elements.size(); ++i) {
      if (i > 0) out += ',';
      append_canonical(node.elements[i], out);
    }
    out += ']';
  } else if (node.is(Kind::object)) {
    std::vector<const JsonMember*> sorted;
    for (const JsonMember& member : node.members) sorted.push_back(&member);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
    out += '{';
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (i > 0) out += ',';
      out.append(json_quoted(sorted[i]->key)).append(":");
      append_canonical(sorted[i]->value, out);
    }
    out += '}';
  } else {
    append(node, -1, out);
  }
}

}  // namespace

std::string to_json(const JsonNode& node) {
  std::string out;
  append(node, 0, out);
  return out + "\n";
}

std::string to_json_line(const JsonNode& node) {
  std::string out;
  append(node, -1, out);
  return out;
}

std::string to_canonical_json(const JsonNode& node) {
  std::string out;
  append_canonical(node, out);
  return out;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  return out + "\"";
}

std::string shortened(std::string_view text, std::size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  if (cut) {
    while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80) --max_bytes;
    text = text.substr(0, max_bytes);
  }
  std::string out;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  return cut ? out + "..." : out;
}

JsonNode json_string(std::string_view text) {
  JsonNode node;
  node.kind = Kind::string;
  node.text = text;
  return node;
}

}  // namespace slm
