#include "slm_lab/benchmark/benchmark_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/benchmark/benchmark_plan.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string state_text(const BenchmarkPlan& plan, const std::optional<BenchmarkResult>& result) {
  switch (plan.kind) {
    case BenchmarkPlan::Kind::done:
      return fmt::format("done ({})", plan.version);
    case BenchmarkPlan::Kind::resume:
      return "unfinished in " + plan.folder->root().string();
    case BenchmarkPlan::Kind::refused:
      return first_line(plan.reason);
    case BenchmarkPlan::Kind::start:
      break;
  }
  if (!result) return "not run";
  if (result->under_way() && result->spec_hash == plan.loaded->hash) return "begun, in a run folder that is not here";
  return fmt::format("has a result for another spec, seed or number of sessions (seed {}, {} sessions, {})",
                     result->seed, result->num_sessions, result->version);
}

/// What the page says of a row, against the spec as it is shipped now.
std::string page_text(const BenchmarkPageEnv& env, const BenchmarkPageRow& row) {
  if (!row.result) return "not run";
  return fmt::format("{} ({}, seed {}, {} sessions{})", status_text(env, row), row.result->version, row.result->seed,
                     row.result->num_sessions, row.spec_changed ? "; the spec has changed since" : "");
}

/// Whether a program works in the folder.
std::string owner(const DataFolder& folder) {
  try {
    const FolderLock lock(folder.root());
    return "stopped";
  } catch (const Error& error) {
    return error.code() == ExitCode::busy ? "running" : error.what();
  }
}

double frames_of(const DataFolder& folder, int session) {
  const std::vector<SessionRow> rows = session_table(folder, /*trial=*/0, session, "train");
  return rows.empty() ? 0 : rows.back().frame;
}

/// State, sessions that are done, frames.
std::vector<std::string> status_cells(const BenchmarkPlan& plan, const std::optional<BenchmarkResult>& published) {
  if (plan.kind == BenchmarkPlan::Kind::refused) return {first_line(plan.reason), "", ""};
  const MetaConfig& meta = plan.spec->meta;
  const double all = static_cast<double>(plan.spec->env.max_frame) * meta.max_session;
  int done = 0;
  double frames = 0;
  for (int session = 0; plan.folder && session < meta.max_session; ++session) {
    const auto result = read_session_result(*plan.folder, 0, session);
    done += result.has_value();
    frames += result ? static_cast<double>(result->frame) : frames_of(*plan.folder, session);
  }
  std::string state = plan.folder ? owner(*plan.folder) : "waiting";
  const bool on_page = is_done(published, *plan.loaded);
  if (on_page || plan.kind == BenchmarkPlan::Kind::done) {
    state = on_page ? "done (on the page)" : "done";
    done = meta.max_session;
    frames = all;
  }
  return {state, fmt::format("{} of {}", done, meta.max_session),
          fmt::format("{} of {} ({:.0f} %)", count_text(frames), count_text(all),
                      std::floor(100 * std::min(1.0, frames / all)))};
}

}  // namespace

void list_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options) {
  const BenchmarkFolder folder(options.results, options.repository);
  const std::vector<BenchmarkPageEnv> page =
      BenchmarkFolder(benchmark_page_folder(options.repository), options.repository).envs({});
  std::vector<std::vector<std::string>> cells;
  for (const BenchmarkPageEnv& env : page)
    for (const BenchmarkPageRow& shown : env.rows) {
      const BenchmarkRow& row = *select_benchmark_rows(std::vector{shown.id})[0];
      if (std::ranges::find(rows, &row) == rows.end()) continue;
      cells.push_back({shown.id, std::string(benchmark_phase(row)), shown.spec_file, shown.spec_name,
                       page_text(env, shown), state_text(plan_benchmark_row(row, options), folder.result(row))});
    }
  fmt::print("{}", text_table({"row", "phase", "spec file", "spec name", "on the page", "here"}, cells));
}

void print_benchmark_status(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options) {
  const BenchmarkFolder page(benchmark_page_folder(options.repository), options.repository);
  std::vector<std::vector<std::string>> cells;
  for (const BenchmarkRow* row : rows) {
    cells.push_back({std::string(row->id)});
    for (std::string& cell : status_cells(plan_benchmark_row(*row, options), page.result(*row)))
      cells.back().push_back(std::move(cell));
  }
  fmt::print("{}", text_table({"row", "state", "sessions done", "frames"}, cells));
}

void render_benchmark(const BenchmarkOptions& options) {
  const BenchmarkFolder folder(options.results, options.repository);
  folder.render();
  fmt::print("{}", folder.page().string() + "\n");
}

}  // namespace slm
