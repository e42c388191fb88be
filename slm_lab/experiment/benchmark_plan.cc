#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "slm_lab/base/error.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/benchmark.h"
#include "slm_lab/experiment/benchmark_folder.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSeed = 1000;  // settings are chosen with others

fs::path page_folder(const BenchmarkOptions& options) { return options.repository / "docs" / "benchmarks"; }

/// The row as it is run: with the page's sessions and seed unless others were asked for.
LoadedSpec load_row(const BenchmarkRow& row, const BenchmarkOptions& options) {
  const auto published = BenchmarkFolder(page_folder(options), options.repository).result(row);
  return load_benchmark_spec(row, options.repository,
                             options.sessions.value_or(published ? published->num_sessions : row.sessions),
                             options.seed.value_or(published ? published->seed : kSeed), options.overrides);
}

/// The newest run of exactly this spec, seed and number of sessions (all in the hash), by whichever version: a campaign
/// of weeks survives updates, and a checkpoint that another version cannot read says so. A run whose manifest is
/// damaged is none of this row's.
std::optional<DataFolder> find_run(const BenchmarkOptions& options, const LoadedSpec& loaded) {
  std::optional<DataFolder> found;
  for (const DataFolder& folder : DataFolder::all(options.data, loaded.name)) {
    try {
      if (read_manifest(folder).spec_hash == loaded.hash) found = folder;
    } catch (const Error& error) {
      if (error.code() == ExitCode::io) throw;
    }
  }
  return found;
}

bool is_done(const std::optional<BenchmarkResult>& result, const LoadedSpec& loaded) {
  return result && result->finished() && result->spec_hash == loaded.hash;
}

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

void BenchmarkPlan::refuse(const Error& error) {
  kind = Kind::refused;
  reason = error.what();
  exit_code = static_cast<int>(error.code());
  if (const auto* missing = dynamic_cast<const MissingPart*>(&error)) part = missing->part();
}

BenchmarkPlan plan_benchmark_row(const BenchmarkRow& row, const BenchmarkOptions& options) {
  BenchmarkPlan plan{&row};
  try {
    plan.loaded = load_row(row, options);
    SpecReport report(plan.loaded->file);
    plan.spec = read_lab_spec(*plan.loaded, report);  // refuses what does not fit into memory; see run_sessions
    check_present(*plan.spec);
    if (options.again) return plan;
    const auto result = BenchmarkFolder(options.results, options.repository).result(row);
    if (is_done(result, *plan.loaded)) {
      plan.kind = BenchmarkPlan::Kind::done;
      plan.version = result->version;
    } else {
      plan.folder = find_run(options, *plan.loaded);
      if (plan.folder) plan.kind = BenchmarkPlan::Kind::resume;
    }
  } catch (const Error& error) {
    plan.refuse(error);
  }
  return plan;
}

void list_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options) {
  const BenchmarkFolder folder(options.results, options.repository);
  const std::vector<BenchmarkPageEnv> page = BenchmarkFolder(page_folder(options), options.repository).envs({});
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
  const BenchmarkFolder page(page_folder(options), options.repository);
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
