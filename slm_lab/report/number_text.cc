#include "slm_lab/report/number_text.h"

#include <fmt/format.h>

#include <cmath>

namespace slm {

std::string count_text(double count) {
  if (!std::isfinite(count)) return "-";
  for (const auto& [size, suffix] : {std::pair{1e9, 'G'}, {1e6, 'M'}, {1e3, 'k'}}) {
    if (count < size) continue;
    std::string digits = fmt::format("{:.{}f}", count / size, count < 9.995 * size ? 2 : count < 99.95 * size ? 1 : 0);
    if (digits.find('.') != std::string::npos) {
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.back() == '.') digits.pop_back();
    }
    return digits + suffix;
  }
  return fmt::format("{:.0f}", count);
}

std::string return_text(double value) {
  if (std::isnan(value)) return "-";
  return fmt::format("{:.{}f}", value, std::abs(value) < 10000 ? 2 : 0);
}

std::string quantity_text(double value) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude < 1e-3 || magnitude >= 1e5) return fmt::format("{:.2e}", value);
  return fmt::format("{:#.3g}", value);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  const auto days = total / 86400, hours = total / 3600 % 24, minutes = total / 60 % 60;
  if (days > 0) return fmt::format("{}d {:02}:{:02}", days, hours, minutes);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60);
  return fmt::format("{}:{:02}", minutes, total % 60);
}

}  // namespace slm
