#include "slm_lab/benchmark/benchmark.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <system_error>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/benchmark/benchmark_plan.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/forked_work.h"
#include "slm_lab/experiment/kernel_names.h"
#include "slm_lab/experiment/local_executor.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/experiment/session_pool.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/store/finished_trial.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr std::chrono::seconds kLastPage{2};  // that a stop waits for

/// The rows that are not done, from their run folders to their results files. What goes wrong with one of them, its
/// folder or its pictures included, is said and ends no other.
class BenchmarkRun {
 public:
  BenchmarkRun(std::vector<BenchmarkPlan> plans, const BenchmarkOptions& options)
      : options_(options), folder_(options.results, options.repository) {
    const auto longer = [](const BenchmarkPlan& a, const BenchmarkPlan& b) { return a.row->cost > b.row->cost; };
    std::stable_sort(plans.begin(), plans.end(), longer);  // so that no core idles while a last long row ends
    for (BenchmarkPlan& plan : plans) contain(plan.row->id, [&] { open(std::move(plan)); });
  }

  int run() {
    int sessions = 0;
    for (const TrialRun& trial : runs_) sessions += trial.spec.meta.max_session;
    if (sessions == 0) return exit_code_;
    const int threads = options_.threads > 0 ? options_.threads : available_cores();
    const Resources budget{static_cast<double>(threads), memory_limit()};
    const std::unique_ptr<Executor> executor =
        options_.make_executor ? options_.make_executor(budget) : std::make_unique<LocalExecutor>(budget);
    PoolOptions pool;
    pool.threads_per_session = std::max(1, threads / sessions);
    pool.checkpoint_seconds = options_.checkpoint_seconds;
    pool.log_level = options_.log_level;
    pool.compact = true;
    run_sessions(runs_, *executor, pool, [&](std::size_t run, const TrialOutcome& outcome) {
      contain(runs_[run].name, [&] { end(run, outcome); });
    });
    page_.finish(kLastPage);
    if (shows_stopped_) contain("page", [&] { folder_.render(); });
    return exit_code_;
  }

 private:
  template <class Work>
  void contain(std::string_view row, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      say(fmt::format("{}: {}", row, error.what()));
      if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code());
    } catch (const std::system_error& error) {  // of the file system
      say(fmt::format("{}: {}", row, error.what()));
      if (exit_code_ == 0) exit_code_ = static_cast<int>(ExitCode::io);
    }
  }

  void open(BenchmarkPlan plan) {
    const DataFolder folder = plan.folder ? *plan.folder : DataFolder::create(options_.data, plan.loaded->name);
    auto lock = std::make_unique<FolderLock>(
        folder.root(), FolderLock::Options{.inherit = true, .wait_for_orphans = std::chrono::seconds(5)});
    if (plan.folder) {
      manifests_.push_back(continue_manifest(folder, kernel_names(*plan.spec), options_.command_line));
    } else {
      manifests_.push_back(start_manifest(folder, options_.data, plan.loaded->hash, plan.spec->meta.seed,
                                          kernel_names(*plan.spec), options_.command_line));
      save_spec(folder, *plan.loaded);
    }
    runs_.push_back({folder, *plan.spec, /*trial=*/0, std::string(plan.row->id)});
    locks_.push_back(std::move(lock));
    plans_.push_back(std::move(plan));
  }

  void end(std::size_t run, const TrialOutcome& outcome) {
    const TrialRun& trial = runs_[run];
    if (exit_code_ == 0) exit_code_ = outcome.exit_code;
    for (const SessionFailure& failure : outcome.failures) say(fmt::format("{}: {}", trial.name, failure.text()));
    const bool interrupted = outcome.exit_code != 0 && outcome.failures.empty();
    if (!interrupted) analyse_trial(trial.folder, trial.spec, trial.trial);
    if (outcome.exit_code == 0) pack_trial(trial.folder, trial.trial, trial.spec.meta.max_session, false);
    manifests_[run].keep(outcome.profiles);
    close_manifest(trial.folder, manifests_[run], outcome.seconds, outcome.exit_code);
    const RowResult row = result_of(run, outcome);
    if (!replaces(row.result, folder_.result(*plans_[run].row))) {
      if (!interrupted)
        say(fmt::format(
            "{}: ran with --override, and a result without is there, which stays; --results FOLDER keeps both",
            trial.name));
      return;
    }
    folder_.save(*plans_[run].row, row.result, row.curves);
    if (interrupted)
      shows_stopped_ = true;
    else
      page_.start(0, [this] { folder_.render(); });
  }

  struct RowResult {
    BenchmarkResult result;
    std::vector<SessionMetrics> curves;  ///< of its sessions
  };

  RowResult result_of(std::size_t run, const TrialOutcome& outcome) const {
    const BenchmarkPlan& plan = plans_[run];
    const DataFolder& folder = runs_[run].folder;
    BenchmarkResult result{.row = std::string(plan.row->id),
                           .spec_file = std::string(plan.row->spec_file),
                           .spec_name = std::string(plan.row->spec_name),
                           .spec_hash = plan.loaded->hash,
                           .overrides = options_.overrides,
                           .version = version(),
                           .git_revision = revision(),
                           .cpu = cpu_name(),
                           .cores = cpu_cores(),
                           .kernel = manifests_[run].starts.back().kernel,
                           .seed = plan.spec->meta.seed,
                           .num_sessions = plan.spec->meta.max_session,
                           .max_frame = plan.spec->env.max_frame,
                           .sessions = {},
                           .failures = {},
                           .wall_seconds = manifests_[run].wall_seconds(),
                           .date = local_time()};
    std::vector<SessionMetrics> curves;
    for (int session = 0; session < result.num_sessions; ++session) {
      const std::vector<SessionRow> rows = session_table(folder, /*trial=*/0, session, "train");
      if (const auto done = read_session_result(folder, /*trial=*/0, session)) {
        result.sessions.push_back({.session = session,
                                   .total_reward_ma = done->total_reward_ma,
                                   .ma100 = done->ma100,
                                   .d100 = done->d100,
                                   .frames = done->frame,
                                   .seconds = done->seconds,
                                   .weights_sha256 = done->weights_sha256});
      } else if (!rows.empty() && outcome.failures.empty()) {  // what failed has rows too
        result.sessions.push_back({.session = session,
                                   .total_reward_ma = rows.back().total_reward_ma,
                                   .d100 = {},
                                   .frames = static_cast<std::int64_t>(rows.back().frame),
                                   .seconds = rows.back().wall_t,
                                   .weights_sha256 = {}});
      } else {
        continue;
      }
      curves.push_back(session_metrics(rows, random_baseline(plan.spec->env.name)));
      curves.back().session = session;
    }
    for (const SessionFailure& failure : outcome.failures) result.failures.push_back({failure.session, failure.reason});
    return {result, curves};
  }

  const BenchmarkOptions& options_;
  BenchmarkFolder folder_;
  std::vector<BenchmarkPlan> plans_;
  // One of each per plan:
  std::vector<TrialRun> runs_;
  std::vector<Manifest> manifests_;
  std::vector<std::unique_ptr<FolderLock>> locks_;
  ForkedWork page_;
  bool shows_stopped_ = false;  // rows as far as they came; the page does not have them yet
  int exit_code_ = 0;
};

/// What is planned, unless it turns out here that it cannot run.
BenchmarkPlan plan_to_run(const BenchmarkRow& row, const BenchmarkOptions& options) {
  BenchmarkPlan plan = plan_benchmark_row(row, options);
  try {
    if (plan.kind == BenchmarkPlan::Kind::start || plan.kind == BenchmarkPlan::Kind::resume) check_runnable(*plan.spec);
  } catch (const Error& error) {
    plan.refuse(error);
  }
  return plan;
}

}  // namespace

int run_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options) {
  catch_stop_signals(SecondStop::end_at_once);
  std::vector<BenchmarkPlan> to_run;
  int exit_code = 0;
  for (const BenchmarkRow* row : rows) {
    BenchmarkPlan plan = plan_to_run(*row, options);
    if (!plan.part.empty()) throw MissingPart(fmt::format("{}: {}", row->id, plan.reason), plan.part);
    if (plan.kind == BenchmarkPlan::Kind::done) {
      say(fmt::format("{}: done already (same spec, seed and sessions, version {}); --again runs it anew", row->id,
                      plan.version));
    } else if (plan.kind == BenchmarkPlan::Kind::refused) {
      say(fmt::format("{}: cannot run: {}", row->id, plan.reason));
      exit_code = plan.exit_code;
    } else {
      if (plan.kind == BenchmarkPlan::Kind::resume)
        say(fmt::format("{}: continues {}", row->id, plan.folder->root().string()));
      to_run.push_back(std::move(plan));
    }
  }
  const BenchmarkFolder folder(options.results, options.repository);
  if (to_run.empty()) {
    folder.render();
  } else {
    const int code = BenchmarkRun(std::move(to_run), options).run();
    if (exit_code == 0 || stop_signal() != 0) exit_code = code;
  }
  std::fputs(benchmark_table(folder.envs(rows)).c_str(), stdout);
  if (stop_signal() != 0)
    say("stopped; what was done is kept. The same command goes on.");
  else
    std::fputs(fmt::format("page: {}\n", folder.page().string()).c_str(), stdout);
  return exit_code;
}

}  // namespace slm
