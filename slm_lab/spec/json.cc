#include "slm_lab/spec/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

/// Builds the tree from the parser's events. The parser does not say where a token stands; but events come in the order
/// of the text, so a cursor that skips what lies between tokens finds each token's first character again.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(std::string_view text, std::string_view file, const Locate& locate)
      : text_(text), file_(file), locate_(locate) {
    if (text_.starts_with("\xEF\xBB\xBF")) cursor_ = 3;  // the byte order mark, which the parser skips as well
  }

  JsonNode take() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() override { return add(Kind::null, word_end()) != nullptr; }
  bool boolean(bool value) override {
    add(Kind::boolean, word_end())->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value), true); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value), true); }
  bool number_float(number_float_t value, const string_t& written) override {
    return number(value, written.find_first_of(".eE") == std::string::npos);
  }
  bool string(string_t& value) override {
    if (value.find('\0') != std::string::npos)
      return fail(token_start(), "a string may not hold the character \\u0000");
    add(Kind::string, string_end())->text = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return fail(token_start(), "not JSON"); }

  bool start_object(std::size_t) override { return open(Kind::object); }
  bool start_array(std::size_t) override { return open(Kind::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    const std::size_t start = token_start();
    if (value.find('\0') != std::string::npos) return fail(start, "a key may not hold the character \\u0000");
    JsonNode& object = *open_.back();
    if (!keys_.back().insert(value).second) {
      const Position first = object.find_member(value)->position;
      return fail(start, fmt::format("duplicate key {}; it stands already at {}:{}", json_quoted(value), first.line,
                                     first.column));
    }
    cursor_ = string_end();
    object.members.push_back({std::move(value), locate_(start), {}});
    return true;
  }

  bool parse_error(std::size_t bytes_read, const std::string&, const nlohmann::json::exception& e) override {
    const std::size_t start = token_start();
    std::string what = e.what();
    if (what.find("out_of_range") != std::string::npos)
      return fail(start, fmt::format("{} is too large for a number", text_.substr(start, word_end() - start)));
    if (text_.find_first_not_of(" \t\r\n") == std::string::npos) return fail(0, "there is nothing in it");
    if (start >= text_.size()) return fail(text_.size(), "the text ends too early: a bracket or brace is not closed");
    const char c = text_[start];
    if (c == '/' || c == '#') return fail(start, "JSON has no comments");
    if ((c == '}' || c == ']') && previous_is_comma(start))
      return fail(start, fmt::format("unexpected '{}' after a comma: JSON has no trailing commas", c));
    // The parser's own text, without its name and its own idea of the position.
    if (const auto at = what.find(": "); at != std::string::npos) what.erase(0, at + 2);
    const std::size_t where = c == '"' && what.find("invalid string") != std::string::npos && bytes_read > start
                                  ? bytes_read - 1  // inside a long string the start alone would not help
                                  : start;
    return fail(where, what);
  }

 private:
  /// The first character at or behind the cursor that is not between tokens.
  std::size_t token_start() const {
    std::size_t i = cursor_;
    while (i < text_.size() && std::string_view(" \t\r\n,:").find(text_[i]) != std::string_view::npos) ++i;
    return i;
  }
  /// Behind a string token: the parser has accepted it, so the closing quote is there.
  std::size_t string_end() const {
    std::size_t i = token_start() + 1;
    while (i < text_.size() && text_[i] != '"') i += text_[i] == '\\' ? 2 : 1;
    return i + 1;
  }
  /// Behind a number or a literal.
  std::size_t word_end() const {
    std::size_t i = token_start();
    while (i < text_.size() && std::string_view(" \t\r\n,:]}[{\"").find(text_[i]) == std::string_view::npos) ++i;
    return i;
  }
  bool previous_is_comma(std::size_t at) const {
    return text_.substr(cursor_, at - cursor_).find(',') != std::string_view::npos;
  }

  JsonNode* add(Kind kind, std::size_t end) {
    JsonNode* node = &root_;
    if (!open_.empty()) {
      JsonNode& parent = *open_.back();
      node = parent.is(Kind::object) ? &parent.members.back().value : &parent.elements.emplace_back();
    }
    node->kind = kind;
    node->position = locate_(token_start());
    cursor_ = end;
    return node;
  }
  bool number(double value, bool is_integer) {
    const std::size_t start = token_start(), end = word_end();
    JsonNode& node = *add(Kind::number, end);
    node.number = value;
    node.is_integer = is_integer;
    node.text = text_.substr(start, end - start);
    return true;
  }
  bool open(Kind kind) {
    if (open_.size() == kMaxJsonDepth)
      return fail(token_start(), fmt::format("nested deeper than {} levels", kMaxJsonDepth));
    open_.push_back(add(kind, token_start() + 1));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    cursor_ = token_start() + 1;
    open_.pop_back();
    keys_.pop_back();
    return true;
  }
  bool fail(std::size_t offset, std::string_view message) {
    const Position p = locate_(std::min(offset, text_.size()));
    error_ = fmt::format("{}:{}:{}: {}", file_, p.line, p.column, message);
    return false;
  }

  std::string_view text_, file_;
  const Locate& locate_;
  std::size_t cursor_ = 0;  // behind the last token
  JsonNode root_;
  // Pointers into root_ stay valid: a node's parent does not grow while the node is open.
  std::vector<JsonNode*> open_;
  std::vector<std::set<std::string>> keys_;  // of each open object: a hostile file may have a million
  std::string error_;
};

}  // namespace

std::optional<std::int64_t> JsonNode::integer() const {
  if (kind != Kind::number) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  // Every integer up to 2^53 is exact in a double.
  if (std::nearbyint(number) != number || std::abs(number) > 9007199254740992.0) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

const JsonMember* JsonNode::find_member(std::string_view key) const {
  for (const JsonMember& member : members)
    if (member.key == key) return &member;
  return nullptr;
}

const JsonNode* JsonNode::find(std::string_view key) const {
  const JsonMember* member = find_member(key);
  return member ? &member->value : nullptr;
}

JsonNode* JsonNode::find(std::string_view key) { return const_cast<JsonNode*>(std::as_const(*this).find(key)); }

JsonNode& JsonNode::at_or_insert(std::string_view key) {
  if (kind != Kind::object) {
    elements.clear();
    kind = Kind::object;
  }
  if (JsonNode* found = find(key)) return *found;
  members.push_back({std::string(key), {}, {}});
  return members.back().value;
}

Locate locate_in(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') starts.push_back(i + 1);
  // The last answer is where the next count begins: a file may be one line of a million tokens.
  std::size_t last_offset = 0;
  Position last{1, 1};
  return [text, starts = std::move(starts), last_offset, last](std::size_t offset) mutable {
    const auto next = std::upper_bound(starts.begin(), starts.end(), offset);
    const int line = static_cast<int>(next - starts.begin());
    if (line != last.line || offset < last_offset) {
      last = {line, 1};
      last_offset = *(next - 1);
    }
    const std::string_view between = text.substr(last_offset, offset - last_offset);
    // Bytes 10xxxxxx continue a character.
    const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    last.column += static_cast<int>(std::count_if(between.begin(), between.end(), is_first));
    last_offset = offset;
    return last;
  };
}

JsonNode parse_json(std::string_view text, std::string_view file) { return parse_json(text, file, locate_in(text)); }

JsonNode parse_json(std::string_view text, std::string_view file, const Locate& locate) {
  if (text.size() > kMaxJsonBytes)
    throw SpecError(fmt::format("{}: {} bytes; a spec file may have up to {}", file, text.size(), kMaxJsonBytes));
  // The parser would take this character for the end of the text.
  if (const auto at = text.find('\0'); at != std::string_view::npos) {
    const Position p = locate(at);
    throw SpecError(fmt::format("{}:{}:{}: a zero byte; this is not a text file", file, p.line, p.column));
  }
  TreeBuilder builder(text, file, locate);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) throw SpecError(builder.error());
  return builder.take();
}

}  // namespace slm
