#include "slm_lab/report/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"

namespace slm {
namespace {

constexpr std::size_t kSideBySide = 4;  // in 80 columns

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

std::string table_of(std::span<const SessionProfile> sessions) {
  std::vector<std::string> header = {"phase"}, all = {"total"}, speed = {"frames/s"};
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view name : kPhaseNames) rows.push_back({std::string(name)});
  for (const SessionProfile& session : sessions) {
    const double whole = total(session.seconds);
    const auto append = [&](std::vector<std::string>& row, double seconds) {
      row.push_back(fmt::format("{:.1f}%", 100 * share(seconds, whole)));
      row.push_back(fmt::format("{:.2f}", seconds));
    };
    header.insert(header.end(), {"", fmt::format("s{} (s)", session.session)});
    for (std::size_t i = 0; i < rows.size(); ++i) append(rows[i], session.seconds[i]);
    append(all, whole);
    speed.insert(speed.end(), {"", count_text(share(static_cast<double>(session.frames), whole))});
  }
  rows.push_back(all);
  rows.push_back(speed);
  return text_table(header, rows);
}

}  // namespace

std::string profile_table(std::span<const SessionProfile> sessions) {
  std::string text;
  for (; !sessions.empty(); sessions = sessions.subspan(std::min(kSideBySide, sessions.size())))
    text += table_of(sessions.first(std::min(kSideBySide, sessions.size())));
  return text;
}

std::string profile_line(const PhaseSeconds& seconds) {
  std::string text;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const double percent = 100 * share(seconds[i], total(seconds));
    if (percent >= 1) text += fmt::format("{}{} {:.0f}%", text.empty() ? "" : "  ", kPhaseNames[i], percent);
  }
  return text;
}

}  // namespace slm
