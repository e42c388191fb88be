#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slm {

/// The legal values of a key.
struct Range {
  std::optional<double> low, high;
  bool low_open = false, high_open = false;  ///< the bound itself is not legal
  std::vector<std::string> names;            ///< for strings: the legal ones, compared without case
};
Range between(double low, double high);  ///< both included
Range at_least(double low);
Range above(double low);  ///< not included
Range one_of(std::vector<std::string> names);

/// " in [0, 1]", " >= 1", " > 0": to follow "a number"; empty where it has no bounds.
std::string to_text(const Range& range);

struct FormatObject;

/// What a spec may hold under one key: recorded by a describing SpecReader, written out by schema.h.
struct FormatKey {
  enum class Role { field, child, choice, inert };

  std::string name;
  Role role = Role::field;
  std::vector<std::string> types;     ///< JSON Schema's words, an array as "array of number"; several: any of them
  bool required = false;              ///< by every pass so far; see FormatObject::is_required
  std::vector<std::string> prefixes;  ///< may also be written with these: actor_, critic_
  std::string default_text;           ///< JSON; empty when required
  Range range;
  std::string doc;                      ///< of an inert key: the reason
  std::unique_ptr<FormatObject> child;  ///< role child
  int last_pass = 0;                    ///< the last pass over the object that asked for the key
};

/// One object of the format. It may be described several times, as agent.net is by the reader of one net and by that of
/// an actor and a critic: each time is a pass, and what any pass asks for is legal.
struct FormatObject {
  using Branch = std::pair<std::string, std::unique_ptr<FormatObject>>;
  struct Choice {
    std::string key;
    std::vector<Branch> branches;  ///< by the chosen name: the further keys
  };
  std::vector<FormatKey> keys;
  std::vector<Choice> choices;
  int passes = 0;

  void begin_pass() { ++passes; }
  /// The key of this name, made when new.
  FormatKey& key(std::string_view name);
  /// A pass asks for the key.
  void ask(FormatKey& key, bool required) const;
  bool is_required(const FormatKey& key) const { return key.required && key.last_pass == passes; }
};

}  // namespace slm
