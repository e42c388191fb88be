#include "slm_lab/spec/format.h"

#include <fmt/format.h>

namespace slm {

Range between(double low, double high) { return {.low = low, .high = high, .names = {}}; }
Range at_least(double low) { return {.low = low, .high = {}, .names = {}}; }
Range above(double low) { return {.low = low, .high = {}, .low_open = true, .names = {}}; }
Range one_of(std::vector<std::string> names) { return {.low = {}, .high = {}, .names = std::move(names)}; }

std::string to_text(const Range& range) {
  if (range.low && range.high)
    return fmt::format(" in {}{}, {}{}", range.low_open ? "(" : "[", *range.low, *range.high,
                       range.high_open ? ")" : "]");
  if (range.low) return fmt::format(" {} {}", range.low_open ? ">" : ">=", *range.low);
  if (range.high) return fmt::format(" {} {}", range.high_open ? "<" : "<=", *range.high);
  return "";
}

FormatKey& FormatObject::key(std::string_view name) {
  for (FormatKey& known : keys)
    if (known.name == name) return known;
  keys.emplace_back().name = name;
  return keys.back();
}

void FormatObject::ask(FormatKey& key, bool required) const {
  const bool every_pass_before = key.last_pass == 0 ? passes <= 1 : key.required && key.last_pass >= passes - 1;
  key.required = required && every_pass_before;
  key.last_pass = passes;
}

}  // namespace slm
