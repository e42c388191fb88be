#include "slm_lab/report/benchmark_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "slm_lab/base/error.h"
#include "slm_lab/report/delimited.h"

namespace slm {

std::string benchmark_curves_csv(std::span<const SessionMetrics> sessions, std::size_t max_points) {
  std::string text = "frame";
  std::vector<double> frames;
  for (const SessionMetrics& session : sessions) {
    text += fmt::format(",s{}", session.session);
    if (session.frames.size() > frames.size()) frames = session.frames;
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
    bool known = names[0] == "frame";
    for (const std::string_view name : names.subspan(1)) {
      const std::string_view digits = name.substr(std::min<std::size_t>(1, name.size()));
      int& number = sessions.emplace_back().session;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      known = known && name.starts_with('s') && error == std::errc() && end == digits.data() + digits.size();
    }
    if (!known) throw Error(ExitCode::corrupt, fmt::format("{}: not a file of benchmark curves", file));
  };
  read_delimited(text, file, header, [&](std::span<const double> numbers) {
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      sessions[s].frames.push_back(numbers[0]);
      sessions[s].mean_returns_ma.push_back(numbers[s + 1]);
    }
  });
  for (SessionMetrics& session : sessions)  // no further than it came
    while (!session.frames.empty() && std::isnan(session.mean_returns_ma.back())) {
      session.frames.pop_back();
      session.mean_returns_ma.pop_back();
    }
  return sessions;
}

}  // namespace slm
