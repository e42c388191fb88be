#include "slm_lab/spec/field.h"

#include <algorithm>
#include <cctype>

#include "slm_lab/base/near_name.h"

namespace slm {
namespace {

bool same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool contains(const Range& range, double value) {
  if (range.low && (range.low_open ? value <= *range.low : value < *range.low)) return false;
  return !range.high || (range.high_open ? value < *range.high : value <= *range.high);
}

std::string nearest_number(double value, const Range& range, bool integer) {
  double nearest = integer ? std::nearbyint(value) : value;
  if (range.low && nearest <= *range.low) nearest = range.low_open && integer ? *range.low + 1 : *range.low;
  if (range.high && nearest >= *range.high) nearest = range.high_open && integer ? *range.high - 1 : *range.high;
  // An open bound of a real number has no nearest neighbour; and an integer too large for its type none in the range.
  if (nearest == value || !contains(range, nearest)) return "";
  return fmt::format("; nearest legal value: {}", nearest);
}

std::optional<std::string> legal_name(const std::string& text, const Range& range) {
  if (range.names.empty()) return text;
  for (const std::string& name : range.names)
    if (same_but_for_case(name, text)) return name;
  return std::nullopt;
}

std::string nearest_name(const std::string& text, const Range& range) {
  if (text.size() > 100) return "";  // not a slip of the fingers
  const auto name = near_name(text, range.names);
  return name ? fmt::format("; did you mean {}?", *name) : "";
}

}  // namespace slm
