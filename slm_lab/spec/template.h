#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/json.h"

namespace slm {

/// The values given with -s, by key.
using TemplateValues = std::map<std::string, std::string, std::less<>>;

/// From "KEY=VALUE" arguments, each split at its first '='. Throws SpecError for a malformed or repeated one.
TemplateValues parse_template_values(const std::vector<std::string>& arguments);

/// A spec file's text with its ${KEY} placeholders filled.
class FilledTemplate {
 public:
  /// A number, true or false replaces the whole of a string that is just the placeholder, "${k}"; anything else is
  /// inserted into the string as it is. Outside of strings JSON is inserted as JSON and other text as a string. What
  /// has no value stays, outside of strings as the string "${k}". Throws SpecError when the result is too large.
  FilledTemplate(std::string_view source, const TemplateValues& values);

  const std::string& text() const { return text_; }
  const std::set<std::string, std::less<>>& placeholders() const { return placeholders_; }  ///< of the source
  /// Positions in `source`, which must outlive the function, of offsets in text().
  Locate locate(std::string_view source) const;

 private:
  struct Replacement {
    std::size_t source_begin, source_end, text_begin, text_end;
  };
  void replace(std::size_t source_begin, std::size_t source_end, std::string_view by);

  std::string text_;
  std::vector<Replacement> replacements_;
  std::set<std::string, std::less<>> placeholders_;
};

/// A placeholder that got no value.
struct LeftPlaceholder {
  Position position;
  std::string path, key;
};
std::vector<LeftPlaceholder> placeholders_left(const JsonNode& spec);

}  // namespace slm
