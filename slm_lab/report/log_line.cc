#include "slm_lab/report/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "slm_lab/report/number_text.h"

namespace slm {

std::string log_line(const SessionRow& row) {
  std::string line =
      fmt::format("frame {:>9.0f}  fps {:>6}  return {:>8}  ma {:>8}  loss {:>8}", row.frame, count_text(row.fps),
                  return_text(row.total_reward), return_text(row.total_reward_ma), quantity_text(row.loss));
  const auto add = [&](std::string_view name, double value) {
    if (!std::isnan(value)) fmt::format_to(std::back_inserter(line), "  {} {:>8}", name, quantity_text(value));
  };
  add("lr", row.lr);
  for (const Column& column : kColumns)
    if (column.optional) add(column.name, row.*column.value);
  return line;
}

std::string stamped_line(std::chrono::system_clock::time_point time, std::string_view level, std::string_view unit,
                         std::string_view text) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} | {} | {} | {}", fmt::localtime(std::chrono::system_clock::to_time_t(time)),
                     level, unit, text);
}

}  // namespace slm
