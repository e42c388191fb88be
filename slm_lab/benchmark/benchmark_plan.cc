#include "slm_lab/benchmark/benchmark_plan.h"

#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr std::int64_t kSeed = 1000;  // settings are chosen with others

/// The row as it is run: with the page's sessions and seed unless others were asked for.
LoadedSpec load_row(const BenchmarkRow& row, const BenchmarkOptions& options) {
  const auto published = BenchmarkFolder(benchmark_page_folder(options.repository), options.repository).result(row);
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

}  // namespace

bool is_done(const std::optional<BenchmarkResult>& result, const LoadedSpec& loaded) {
  return result && result->finished() && result->spec_hash == loaded.hash;
}

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
    const auto result = BenchmarkFolder(options.results, options.repository).result(row);
    if (is_done(result, *plan.loaded) && !options.again) {
      plan.kind = BenchmarkPlan::Kind::done;
      plan.version = result->version;
      return plan;
    }
    plan.folder = find_run(options, *plan.loaded);
    if (plan.folder && options.again && all_sessions_done(*plan.folder, /*trial=*/0, plan.spec->meta.max_session))
      plan.folder.reset();
    if (plan.folder) plan.kind = BenchmarkPlan::Kind::resume;
  } catch (const Error& error) {
    plan.refuse(error);
  }
  return plan;
}

}  // namespace slm
