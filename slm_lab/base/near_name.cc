#include "slm_lab/base/near_name.h"

#include <algorithm>
#include <vector>

namespace slm {
namespace {

constexpr std::size_t kFar = 1'000'000;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // not std::tolower: it follows the locale
  return out;
}

/// How much the longer exceeds the shorter when it begins with or, less near, contains it.
std::size_t containment(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (a.size() < 3) return kFar;  // two letters are in everything
  const std::size_t position = b.find(a);
  if (position == b.npos) return kFar;
  return b.size() - a.size() + (position == 0 ? 0 : kFar / 2);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows of the dynamic programme for i - 2, i - 1 and i characters of `a`; columns for j characters of `b`.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> near_name(std::string_view name, std::span<const std::string> legal) {
  constexpr std::size_t kLongest = 200;  // longer is no typing mistake, and would cost time to compare
  if (name.empty() || name.size() > kLongest) return std::nullopt;
  const std::string asked = lower(name);
  const auto nearest = [&](const auto& distance, std::size_t limit) {
    const std::string* best = nullptr;
    for (const std::string& candidate : legal) {
      if (candidate.empty() || candidate.size() > kLongest) continue;
      const std::size_t d = distance(asked, lower(candidate));
      if (d <= limit) best = &candidate, limit = d - (d > 0);
      if (d == 0) break;
    }
    return best ? std::optional(*best) : std::nullopt;
  };
  if (auto best = nearest(edit_distance, std::max<std::size_t>(1, name.size() / 3))) return best;
  return nearest(containment, kFar - 1);
}

}  // namespace slm
