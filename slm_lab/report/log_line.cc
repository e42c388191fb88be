#include "slm_lab/report/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <ctime>
#include <iterator>

#include "slm_lab/report/number_text.h"

namespace slm {
namespace {

/// The optional columns of the line; log_details() has the others.
constexpr std::array kInLine = {&SessionRow::explore_var, &SessionRow::entropy, &SessionRow::alpha,
                                &SessionRow::eval_episodes};

bool in_line(const Column& column) { return std::find(kInLine.begin(), kInLine.end(), column.value) != kInLine.end(); }

void append(std::string_view name, double value, std::string& line) {
  if (!std::isnan(value)) fmt::format_to(std::back_inserter(line), "  {} {:>8}", name, quantity_text(value));
}

constexpr std::array<std::string_view, 4> kLevels = {"ERROR", "WARNING", "INFO", "DEBUG"};
constexpr int kUnknownLevel = 2;

}  // namespace

int log_rank(std::string_view level) {
  for (std::size_t i = 0; i < kLevels.size(); ++i)
    if (!level.empty() && std::tolower(level[0]) == std::tolower(kLevels[i][0])) return static_cast<int>(i);
  return kUnknownLevel;
}

std::string log_line(const SessionRow& row) {
  std::string line =
      fmt::format("frame {:>9.0f}  fps {:>6}  return {:>8}  ma {:>8}  loss {:>8}", row.frame, count_text(row.fps),
                  return_text(row.total_reward), return_text(row.total_reward_ma), quantity_text(row.loss));
  append("lr", row.lr, line);
  for (const Column& column : kColumns)
    if (column.optional && in_line(column)) append(column.name, row.*column.value, line);
  return line;
}

std::string log_details(const SessionRow& row) {
  std::string text;
  for (const Column& column : kColumns)
    if (column.optional && !in_line(column)) append(column.name, row.*column.value, text);
  return text.empty() ? text : text.substr(2);
}

std::string stamped_line(std::chrono::system_clock::time_point time, std::string_view level, std::string_view unit,
                         std::string_view text) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y-%m-%d %H:%M:%S", &local);
  return fmt::format("{} | {} | {} | {}", stamp.data(), level, unit, text);
}

}  // namespace slm
