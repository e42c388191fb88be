#include "slm_lab/experiment/run_overview.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/manifest.h"

namespace slm {
namespace {

constexpr std::size_t kMaxName = 60;  // characters in the table

std::string state_of(const DataFolder& folder, int exit_code) {
  if (exit_code == static_cast<int>(ExitCode::ok)) return "done";
  if (is_held(folder.root())) return "running";
  if (exit_code == static_cast<int>(ExitCode::diverged)) return "diverged";
  if (exit_code == static_cast<int>(ExitCode::interrupted) || exit_code == static_cast<int>(ExitCode::terminated))
    return "stopped";
  return exit_code < 0 ? "killed" : "failed";
}

void read_sessions(const DataFolder& folder, RunOverview& run) {
  if (const auto file = folder.trial_metrics_scalar(0); run.state == "done" && file_exists(file)) {
    const TrialMetrics metrics = parse_trial_metrics_scalar(read_file(file), file.string());
    run.frame = std::isnan(metrics.frame) ? 0 : static_cast<std::int64_t>(metrics.frame);
    run.total_reward_ma = metrics.scalar.total_reward_ma;
    run.eval_return_d100 = metrics.eval_return_d100;
    return;
  }
  std::vector<double> returns;
  double frames = 0;
  for (int session = 0; session < run.sessions; ++session) {
    const auto file = folder.session_csv(0, session, "train");
    if (!file_exists(file)) continue;
    const std::optional<SessionRow> row = read_last_csv_row(file);
    if (!row) continue;
    frames += row->frame;
    returns.push_back(row->total_reward_ma);
  }
  run.frame = static_cast<std::int64_t>(frames / std::max(run.sessions, 1));
  run.total_reward_ma = mean(returns);
}

void read_trials(const std::vector<JournalTrial>& trials, RunOverview& run) {
  for (const JournalTrial& trial : trials) {
    if (trial.state != JournalTrial::State::running) ++run.trials;
    run.total_reward_ma = std::fmax(run.total_reward_ma, trial.value);
  }
}

void read_overview(const DataFolder& folder, const SearchJournal* journal, RunOverview& run) {
  const LoadedSpec spec = load_spec(folder.spec_file().string(), folder.spec_name(), {});
  run.algorithm = shortened(text_at(spec.root, "agent.algorithm.name"), kMaxName);
  run.env = shortened(text_at(spec.root, "env.name"), kMaxName);
  run.max_frame = integer_at(spec.root, "env.max_frame");
  run.sessions = static_cast<int>(integer_at(spec.root, "meta.max_session"));
  const Manifest manifest = read_manifest(folder);
  run.started = manifest.starts.front().started;
  run.wall_seconds = manifest.wall_seconds();
  run.seed = manifest.seed;
  run.version = manifest.version();
  run.state = state_of(folder, manifest.starts.back().exit_code);
  if (folder.is_search()) {
    run.max_trial = static_cast<int>(integer_at(spec.root, "meta.max_trial"));
    read_trials(journal != nullptr ? journal->trials() : SearchJournal::read(folder), run);
  } else {
    read_sessions(folder, run);
  }
}

std::string progress_text(const RunOverview& run) {
  if (run.kind == "search") return fmt::format("{}/{} trials", run.trials, run.max_trial);
  return fmt::format("{}/{}", count_text(static_cast<double>(run.frame)),
                     count_text(static_cast<double>(run.max_frame)));
}

}  // namespace

RunOverview run_overview(const DataFolder& folder, const SearchJournal* journal) {
  RunOverview run;
  run.name = folder.root().filename().string();
  run.folder = folder.root().string();
  run.spec_name = folder.spec_name();
  try {
    run.name = run_name(folder);
    run.kind = folder.is_search() ? "search" : "run";
    read_overview(folder, journal, run);
  } catch (const std::exception& error) {  // one that is damaged, or being removed, does not hide the others
    run.state = "damaged";
    run.problem = error.what();
  }
  return run;
}

std::string overview_table(const std::vector<RunOverview>& runs) {
  std::vector<std::vector<std::string>> rows;
  for (const RunOverview& run : runs)
    rows.push_back({shortened(run.name, kMaxName), run.state, run.algorithm, run.env, progress_text(run),
                    run.kind == "search" ? "-" : fmt::format("{}", run.sessions), return_text(run.total_reward_ma),
                    return_text(run.eval_return_d100), duration_text(run.wall_seconds), run.started});
  return text_table({"run", "state", "algorithm", "env", "frames", "sessions", "ma", "D-100", "time", "started"}, rows);
}

Json overview_json(const RunOverview& run) {
  Json json{{"name", run.name},
            {"folder", run.folder},
            {"kind", run.kind},
            {"spec_name", run.spec_name},
            {"state", run.state},
            {"algorithm", run.algorithm},
            {"env", run.env},
            {"seed", run.seed},
            {"version", run.version},
            {"started", run.started},
            {"wall_seconds", run.wall_seconds},
            {"total_reward_ma", run.total_reward_ma}};
  if (run.kind == "search") {
    json["trials"] = run.trials;
    json["max_trial"] = run.max_trial;
  } else {
    json["sessions"] = run.sessions;
    json["frame"] = run.frame;
    json["max_frame"] = run.max_frame;
    json["eval_return_d100"] = run.eval_return_d100;
  }
  if (!run.problem.empty()) json["problem"] = run.problem;
  return json;
}

std::string overview_json(const std::vector<RunOverview>& runs) {
  Json list = Json::array();
  for (const RunOverview& run : runs) list.push_back(overview_json(run));
  return json_file_text(list);
}

}  // namespace slm
