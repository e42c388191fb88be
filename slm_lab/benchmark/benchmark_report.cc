#include "slm_lab/benchmark/benchmark_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/experiment/reference_lines.h"

namespace slm {
namespace {

/// A log point of which only the mean return is kept.
SessionRow point_of(const SessionMetrics& session, std::size_t at) {
  SessionRow row;
  row.fps = row.wall_t = row.t = row.epi = row.opt_step = SessionRow::kNone;
  row.frame = session.frames[at];
  row.total_reward_ma = session.mean_returns_ma[at];
  return row;
}

void add_sessions(const BenchmarkRow& row, const std::string& label, const std::vector<SessionMetrics>& sessions,
                  ReportChart& chart) {
  const AlgorithmColor* color = find_algorithm_color(row.algorithm);
  const bool second = std::ranges::any_of(
      chart.sessions, [&](const ReportSession& other) { return color != nullptr && other.color == color->color; });
  for (const SessionMetrics& metrics : sessions) {
    ReportSession& session = chart.sessions.emplace_back();
    session.name = fmt::format("{} s{}", row.algorithm, metrics.session);
    session.group = label;
    if (color != nullptr) session.color = color->color;
    session.dashed = second;
    for (std::size_t i = 0; i < metrics.frames.size(); ++i) session.rows.push_back(point_of(metrics, i));
  }
}

/// One for each environment that anything ran in.
void add_charts(const BenchmarkFolder& results, ReportPage& page) {
  for (const BenchmarkEnv& env : benchmark_envs()) {
    ReportChart chart{.title = std::string(env.name)};
    for (const BenchmarkRow& row : benchmark_rows()) {
      if (row.group() != env.group) continue;
      if (const auto sessions = results.curves(row)) add_sessions(row, results.label(row), *sessions, chart);
    }
    if (chart.sessions.empty()) continue;
    chart.lines = {target_line(env)};
    page.charts.push_back(std::move(chart));
  }
}

}  // namespace

bool holds_benchmark(const std::filesystem::path& folder) {
  std::error_code failure;
  return std::filesystem::is_directory(folder / "results", failure) &&
         !std::filesystem::exists(folder / "manifest.json", failure);
}

ReportPage benchmark_report(const std::filesystem::path& folder, const std::filesystem::path& repository) {
  const BenchmarkFolder results(folder, repository);
  const std::vector<BenchmarkPageEnv> envs = results.envs({});
  ReportPage page{.title = "Benchmark", .subtitle = benchmark_overview(envs)};
  add_charts(results, page);
  page.tables.push_back(benchmark_rows_table(envs));
  ReportTable where{.title = "Where they ran", .header = {"machine and program", "rows"}, .rows = {}};
  for (const auto& [origin, rows] : benchmark_origins(envs))
    where.rows.push_back({origin, fmt::format("{}", fmt::join(rows, ", "))});
  page.tables.push_back(std::move(where));
  page.texts = {{"What the columns mean", std::string(benchmark_legend())}};
  return page;
}

}  // namespace slm
