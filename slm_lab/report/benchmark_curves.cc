#include "slm_lab/report/benchmark_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end; (end = text.find(separator)) != std::string_view::npos; text.remove_prefix(end + 1))
    parts.push_back(text.substr(0, end));
  parts.push_back(text);
  return parts;
}

double parse_number(std::string_view field, std::string_view file) {
  if (field.empty()) return Scalars::kNone;
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    throw Error(ExitCode::corrupt, fmt::format("{}: {} is no number", file, field));
  return value;
}

}  // namespace

std::string benchmark_curves_csv(std::span<const SessionMetrics> sessions, std::size_t max_points) {
  std::string text = "frame";
  std::size_t points = sessions.empty() ? 0 : sessions[0].frames.size();
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    text += fmt::format(",s{}", s);
    points = std::min(points, sessions[s].frames.size());
  }
  text += '\n';
  const std::size_t stride = std::max<std::size_t>(1, (points + max_points - 1) / max_points);
  for (std::size_t i = (points + stride - 1) % stride; i < points; i += stride) {  // from the end backwards, so to say
    text += fmt::format("{}", sessions[0].frames[i]);
    for (const SessionMetrics& session : sessions) {
      const double value = session.mean_returns_ma[i];
      text += std::isnan(value) ? "," : fmt::format(",{:.6g}", value);
    }
    text += '\n';
  }
  return text;
}

std::vector<SessionMetrics> parse_benchmark_curves(std::string_view text, std::string_view file) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  if (lines.empty() || !lines[0].starts_with("frame"))
    throw Error(ExitCode::corrupt, fmt::format("{}: not a file of benchmark curves", file));
  const std::size_t width = split(lines[0], ',').size();
  std::vector<SessionMetrics> sessions(width - 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> fields = split(lines[i], ',');
    if (fields.size() != width)
      throw Error(ExitCode::corrupt, fmt::format("{}:{}: expected {} fields", file, i + 1, width));
    for (std::size_t s = 0; s + 1 < width; ++s) {
      sessions[s].frames.push_back(parse_number(fields[0], file));
      sessions[s].mean_returns_ma.push_back(parse_number(fields[s + 1], file));
    }
  }
  return sessions;
}

}  // namespace slm
