#include <fmt/format.h>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/experiment/benchmark.h"
#include "slm_lab/experiment/benchmark_folder.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/report/table.h"
#include "slm_lab/store/manifest.h"

namespace slm {
namespace {

/// The newest run of exactly this spec, seed and number of sessions (all in the hash) by this version.
std::optional<DataFolder> find_run(const BenchmarkOptions& options, const LoadedSpec& loaded) {
  std::optional<DataFolder> found;
  for (const DataFolder& folder : DataFolder::all(options.data, loaded.name)) {
    const Manifest manifest = read_manifest(folder);  // written after the spec, so both are there
    if (manifest.spec_hash == loaded.hash && manifest.version == version()) found = folder;
  }
  return found;
}

bool is_done(const std::optional<BenchmarkResult>& result, const LoadedSpec& loaded) {
  return result && result->failures.empty() && result->spec_hash == loaded.hash && result->version == version();
}

std::string state_text(const BenchmarkPlan& plan, const std::optional<BenchmarkResult>& result) {
  switch (plan.kind) {
    case BenchmarkPlan::Kind::done:
      return "done";
    case BenchmarkPlan::Kind::resume:
      return "unfinished in " + plan.folder->root().string();
    case BenchmarkPlan::Kind::refused:
      return plan.reason.substr(0, plan.reason.find('\n'));
    case BenchmarkPlan::Kind::start:
      break;
  }
  if (!result) return "not run";
  return fmt::format("has a result for another spec, seed, number of sessions or version (seed {}, {} sessions, {})",
                     result->seed, result->num_sessions, result->version);
}

}  // namespace

BenchmarkPlan plan_benchmark_row(const BenchmarkRow& row, const BenchmarkOptions& options) {
  BenchmarkPlan plan{&row};
  try {
    plan.loaded = load_benchmark_spec(row, options.repository, options.sessions, options.seed, options.overrides);
    SpecReport report(plan.loaded->file);
    plan.spec = read_lab_spec(*plan.loaded, report);
    check_runnable(*plan.spec);
  } catch (const Error& error) {
    plan.kind = BenchmarkPlan::Kind::refused;
    plan.reason = error.what();
    return plan;
  }
  if (options.again) return plan;
  if (is_done(BenchmarkFolder(options.results, options.repository).result(row), *plan.loaded)) {
    plan.kind = BenchmarkPlan::Kind::done;
  } else {
    plan.folder = find_run(options, *plan.loaded);
    if (plan.folder) plan.kind = BenchmarkPlan::Kind::resume;
  }
  return plan;
}

void list_benchmark(const BenchmarkOptions& options) {
  const BenchmarkFolder folder(options.results, options.repository);
  std::vector<std::vector<std::string>> rows;
  for (const BenchmarkRow& row : benchmark_rows())
    rows.push_back({std::string(row.id), std::string(benchmark_env(row).phase), std::string(row.spec_file),
                    std::string(row.spec_name), state_text(plan_benchmark_row(row, options), folder.result(row))});
  fmt::print("{}", text_table({"row", "phase", "spec file", "spec name", "state"}, rows));
}

void render_benchmark(const BenchmarkOptions& options) {
  const BenchmarkFolder folder(options.results, options.repository);
  folder.render();
  fmt::print("{}", folder.page().string() + "\n");
}

}  // namespace slm
