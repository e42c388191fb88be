#include "slm_lab/experiment/benchmark.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/benchmark_folder.h"
#include "slm_lab/experiment/local_executor.h"
#include "slm_lab/experiment/session_pool.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

/// The rows that are not done, from their run folders to their results files.
class BenchmarkRun {
 public:
  BenchmarkRun(std::vector<BenchmarkPlan> plans, const BenchmarkOptions& options)
      : options_(options), folder_(options.results, options.repository), plans_(std::move(plans)) {
    const auto longer = [](const BenchmarkPlan& a, const BenchmarkPlan& b) { return a.row->cost > b.row->cost; };
    std::stable_sort(plans_.begin(), plans_.end(), longer);  // so that no core idles while a last long row ends
    for (const BenchmarkPlan& plan : plans_) open(plan);
  }

  int run() {
    const int threads = options_.threads > 0 ? options_.threads : available_cores();
    const int slots = std::min(options_.sessions * static_cast<int>(runs_.size()), threads);
    const std::unique_ptr<Executor> executor =
        options_.make_executor ? options_.make_executor(slots) : std::make_unique<LocalExecutor>(slots);
    PoolOptions pool;
    pool.threads_per_session = std::max(1, threads / slots);
    pool.checkpoint_seconds = options_.checkpoint_seconds;
    pool.log_level = options_.log_level;
    pool.compact = true;
    run_sessions(runs_, *executor, pool, [&](std::size_t run, const TrialOutcome& outcome) { end(run, outcome); });
    return exit_code_;
  }

 private:
  void open(const BenchmarkPlan& plan) {
    const DataFolder folder = plan.folder ? *plan.folder : DataFolder::create(options_.data, plan.loaded->name);
    locks_.emplace_back(folder.root(),
                        FolderLock::Options{.inherit = true, .wait_for_orphans = std::chrono::seconds(5)});
    if (!plan.folder) save_spec(folder, *plan.loaded);
    manifests_.push_back(
        open_manifest(folder, plan.loaded->hash, plan.spec->meta.seed, kernels().name, options_.command_line));
    runs_.push_back({folder, *plan.spec, /*trial=*/0, std::string(plan.row->id)});
  }

  void end(std::size_t run, const TrialOutcome& outcome) {
    const TrialRun& trial = runs_[run];
    close_manifest(trial.folder, manifests_[run], outcome.seconds, outcome.exit_code);
    for (const SessionFailure& failure : outcome.failures) fmt::print(stderr, "{}: {}\n", trial.name, failure.text());
    if (exit_code_ == 0) exit_code_ = outcome.exit_code;
    if (outcome.exit_code != 0 && outcome.failures.empty()) return;  // interrupted: not over
    draw_graphs(trial.folder, trial.spec, trial.trial);
    analyse_trial(trial.folder, trial.spec, trial.trial);
    save(run, outcome);
    folder_.render();
  }

  void save(std::size_t run, const TrialOutcome& outcome) const {
    const BenchmarkPlan& plan = plans_[run];
    const DataFolder& folder = runs_[run].folder;
    BenchmarkResult result{.row = std::string(plan.row->id),
                           .spec_file = std::string(plan.row->spec_file),
                           .spec_name = std::string(plan.row->spec_name),
                           .spec_hash = plan.loaded->hash,
                           .overrides = options_.overrides,
                           .version = version(),
                           .git_revision = git_revision(),
                           .cpu = cpu_name(),
                           .cores = cpu_cores(),
                           .kernel = kernels().name,
                           .seed = plan.spec->meta.seed,
                           .num_sessions = plan.spec->meta.max_session,
                           .sessions = {},
                           .failures = {},
                           .wall_seconds = manifests_[run].wall_seconds,
                           .date = local_time()};
    std::vector<SessionMetrics> metrics;
    for (int session = 0; session < result.num_sessions; ++session) {
      const auto ended = read_session_result(folder, /*trial=*/0, session);
      if (!ended) continue;
      result.sessions.push_back({.session = session,
                                 .total_reward_ma = ended->total_reward_ma,
                                 .ma100 = ended->ma100,
                                 .d100 = ended->d100,
                                 .frames = ended->frame,
                                 .seconds = ended->seconds,
                                 .weights_sha256 = ended->weights_sha256});
      metrics.push_back(read_session_metrics(folder.session_metrics(/*trial=*/0, session, "train")));
    }
    for (const SessionFailure& failure : outcome.failures) result.failures.push_back({failure.session, failure.reason});
    folder_.save(*plan.row, result, metrics);
  }

  const BenchmarkOptions& options_;
  BenchmarkFolder folder_;
  std::vector<BenchmarkPlan> plans_;
  // One of each per plan:
  std::vector<TrialRun> runs_;
  std::vector<Manifest> manifests_;
  std::list<FolderLock> locks_;
  int exit_code_ = 0;
};

}  // namespace

int run_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options) {
  std::vector<BenchmarkPlan> to_run;
  int exit_code = 0;
  for (const BenchmarkRow* row : rows) {
    BenchmarkPlan plan = plan_benchmark_row(*row, options);
    if (plan.kind == BenchmarkPlan::Kind::done) {
      fmt::print(stderr, "{}: done already (same spec, seed, sessions and version); --again runs it anew\n", row->id);
    } else if (plan.kind == BenchmarkPlan::Kind::refused) {
      fmt::print(stderr, "{}: cannot run: {}\n", row->id, plan.reason);
      exit_code = static_cast<int>(ExitCode::usage);
    } else {
      if (plan.kind == BenchmarkPlan::Kind::resume)
        fmt::print(stderr, "{}: continues {}\n", row->id, plan.folder->root().string());
      to_run.push_back(std::move(plan));
    }
  }
  catch_stop_signals(SecondStop::end_at_once);
  const BenchmarkFolder folder(options.results, options.repository);
  if (to_run.empty()) {
    folder.render();
  } else {
    const int code = BenchmarkRun(std::move(to_run), options).run();
    if (exit_code == 0 || stop_signal() != 0) exit_code = code;
  }
  fmt::print("{}", benchmark_table(folder.envs(rows)));
  if (stop_signal() != 0)
    fmt::print(stderr, "stopped; what was done is kept. The same command goes on.\n");
  else
    fmt::print("page: {}\n", folder.page().string());
  return exit_code;
}

}  // namespace slm
