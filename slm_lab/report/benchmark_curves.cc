#include "slm_lab/report/benchmark_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/report/delimited.h"

namespace slm {
std::string benchmark_curves_csv(std::span<const SessionMetrics> sessions, std::size_t max_points) {
  std::string text = "frame";
  std::vector<double> frames;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    text += fmt::format(",s{}", s);
    if (sessions[s].frames.size() > frames.size()) frames = sessions[s].frames;
  }
  text += '\n';
  const std::size_t points = frames.size();
  const std::size_t stride = std::max<std::size_t>(1, (points + max_points - 1) / max_points);
  for (std::size_t i = (points + stride - 1) % stride; i < points; i += stride) {  // from the end backwards, so to say
    text += fmt::format("{}", frames[i]);
    for (const SessionMetrics& session : sessions) {
      const bool none = i >= session.mean_returns_ma.size() || std::isnan(session.mean_returns_ma[i]);
      text += none ? "," : fmt::format(",{:.6g}", session.mean_returns_ma[i]);
    }
    text += '\n';
  }
  return text;
}

std::vector<SessionMetrics> parse_benchmark_curves(std::string_view text, std::string_view file) {
  std::vector<SessionMetrics> sessions;
  const auto header = [&](std::span<const std::string_view> names) {
    if (names[0] != "frame") throw Error(ExitCode::corrupt, fmt::format("{}: not a file of benchmark curves", file));
    sessions.resize(names.size() - 1);
  };
  read_delimited(text, file, header, [&](std::span<const double> numbers) {
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      sessions[s].frames.push_back(numbers[0]);
      sessions[s].mean_returns_ma.push_back(numbers[s + 1]);
    }
  });
  return sessions;
}

}  // namespace slm
