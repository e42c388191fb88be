#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// A place in a file, both counted from 1; columns count characters, not bytes. Line 0: not in a file.
struct Position {
  int line = 0, column = 0;
  auto operator<=>(const Position&) const = default;
};

struct JsonMember;

/// One value of a JSON document, which knows where it stands in the file and how it was written there.
struct JsonNode {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;
  bool is_integer = false;          ///< written without fraction and exponent
  std::string text;                 ///< of a string: its value; of a number: as written
  std::vector<JsonNode> elements;   ///< of an array
  std::vector<JsonMember> members;  ///< of an object, in the order of the file
  Position position;                ///< of the value's first character
  std::string origin;               ///< where the value came from when not from the file, as "--override"

  bool is(Kind k) const { return kind == k; }
  /// The value of an integral number that an int64 holds, whether written 1000000 or 1e6.
  std::optional<std::int64_t> integer() const;
  const JsonNode* find(std::string_view key) const;
  JsonNode* find(std::string_view key);
  const JsonMember* find_member(std::string_view key) const;
  /// The member's value, appended as null where it is missing; a node that is not an object becomes an empty one.
  JsonNode& at_or_insert(std::string_view key);
};

struct JsonMember {
  std::string key;
  Position position;  ///< of the key's opening quote
  JsonNode value;
};

constexpr int kMaxJsonDepth = 64;
constexpr std::size_t kMaxJsonBytes = 4 << 20;

/// Where the byte at `offset` of a parsed text stands in the file shown to the user.
using Locate = std::function<Position(std::size_t offset)>;
/// For a text that is the file; it must outlive the function. Fast when asked in the order of the text.
Locate locate_in(std::string_view text);

/// Strict JSON: no comments, no trailing commas, no NaN, no number beyond a double, no duplicate keys, no more than
/// kMaxJsonDepth levels and kMaxJsonBytes bytes. Throws SpecError "file:line:column: message".
JsonNode parse_json(std::string_view text, std::string_view file);
JsonNode parse_json(std::string_view text, std::string_view file, const Locate& locate);

/// JSON text with members in their order, two spaces per level, arrays of plain values on one line.
std::string to_json(const JsonNode& node);
/// The same on one line, for messages.
std::string to_json_line(const JsonNode& node);
/// JSON text that depends on the meaning alone: keys sorted, no spaces, 1e6 and 1000000 alike.
std::string to_canonical_json(const JsonNode& node);
std::string json_quoted(std::string_view text);
/// For messages: control characters escaped, and no more than about `max_bytes`, cut between characters.
std::string shortened(std::string_view text, std::size_t max_bytes);

JsonNode json_string(std::string_view text);

}  // namespace slm
