#include "slm_lab/experiment/analysis.h"

#include <fmt/format.h>

#include <map>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/experiment/reference_lines.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/graphs.h"
#include "slm_lab/report/metric_files.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// What the pictures of this spec say about it.
GraphSubject subject(const LabSpec& spec, std::string name) {
  return {std::move(name), spec.agent.algorithm_name, spec.env.name, reference_lines(spec.env.name)};
}

void draw_all(const DataFolder& folder, const LabSpec& spec, int trial) {
  std::vector<SessionMetrics> sessions;
  for (int session = 0; session < spec.meta.max_session; ++session) {
    const std::vector<SessionRow> train = session_table(folder, trial, session, "train");
    if (train.empty()) continue;
    if (const auto graph = session_graph(subject(spec, folder.session_prefix(trial, session)), train,
                                         session_table(folder, trial, session, "eval")))
      write_png(folder.session_graph(trial, session), *graph);
    sessions.push_back(session_metrics(train, random_baseline(spec.env.name)));
    sessions.back().session = session;
  }
  if (const auto graph = trial_graph(subject(spec, folder.trial_prefix(trial)), sessions))
    write_png(folder.trial_graph(trial), *graph);
}

/// Of its table and its result.
SessionMetrics metrics_of(const DataFolder& folder, const LabSpec& spec, int trial, int session,
                          const SessionResult& result) {
  SessionMetrics metrics =
      session_metrics(session_table(folder, trial, session, "train"), random_baseline(spec.env.name));
  metrics.session = session;
  metrics.episode_return_ma100 = result.ma100;
  metrics.eval_return_d100 = result.d100;
  return metrics;
}

}  // namespace

std::vector<SessionRow> session_table(const DataFolder& folder, int trial, int session, const char* df) {
  const fs::path csv = folder.session_csv(trial, session, df);
  return fs::exists(csv) ? read_csv(csv) : std::vector<SessionRow>{};
}

void draw_graphs(const DataFolder& folder, const LabSpec& spec, int trial) {
  try {
    draw_all(folder, spec, trial);
  } catch (const Error& error) {
    say(fmt::format("no graphs: {}", error.what()));
  }
}

TrialAnalysis analyse_trial(const DataFolder& folder, const LabSpec& spec, int trial) {
  TrialAnalysis analysis;
  std::vector<SessionMetrics> metrics;
  std::map<int, SessionResult> results;
  for (int session = 0; session < spec.meta.max_session; ++session) {
    const auto result = read_session_result(folder, trial, session);
    if (!result) continue;
    metrics.push_back(metrics_of(folder, spec, trial, session, *result));
    analysis.sessions.push_back({.name = fmt::format("s{}", session),
                                 .frame = static_cast<double>(result->frame),
                                 .fps = result->fps(),
                                 .seconds = result->seconds,
                                 .total_reward_ma = result->total_reward_ma,
                                 .episode_return_ma100 = result->ma100,
                                 .eval_return_d100 = result->d100,
                                 .opt_step = result->opt_step});
    results.emplace(session, *result);
  }
  analysis.metrics = trial_metrics(metrics);
  write_file_durably(folder.trial_metrics_scalar(trial), trial_metrics_scalar_json(analysis.metrics));
  write_trial_results(folder, trial, trial_metrics_json(analysis.metrics, metrics), results);
  return analysis;
}

}  // namespace slm
