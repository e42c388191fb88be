#include "slm_lab/experiment/analysis.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/graphs.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/report/summary.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

void write_trial_metrics(const DataFolder& folder, int trial, std::span<const SessionMetrics> sessions) {
  const TrialMetrics metrics = trial_metrics(sessions);
  write_file_durably(folder.trial_metrics(trial), trial_metrics_json(metrics, sessions));
  const std::string scalar = trial_metrics_scalar_json(metrics);
  write_file_durably(folder.info() / folder.trial_metrics_scalar_name(trial), scalar);
  write_file_durably(folder.root() / folder.trial_metrics_scalar_name(trial), scalar);
}

/// What the pictures of this spec say about it.
GraphSubject subject(const LabSpec& spec, std::string prefix) {
  GraphSubject subject{std::move(prefix), spec.agent.algorithm_name, spec.env.name, std::nullopt};
  const double threshold = find_env(spec.env.name)->reward_threshold;
  if (!std::isnan(threshold)) subject.target = threshold;
  return subject;
}

void draw_all(const DataFolder& folder, const LabSpec& spec, int trial) {
  std::vector<SessionMetrics> sessions;
  for (int session = 0; session < spec.meta.max_session; ++session) {
    for (const char* df : {"train", "eval"}) {
      const fs::path csv = folder.session_csv(trial, session, df);
      if (!fs::exists(csv)) continue;
      const std::vector<SessionRow> rows = read_csv(csv);
      for (const Graph& graph : session_graphs(subject(spec, folder.session_prefix(trial, session)), df, rows))
        write_graph(folder.graph(), graph, /*svg_too=*/false);
      if (df == std::string_view("train")) sessions.push_back(session_metrics(rows, random_baseline(spec.env.name)));
    }
  }
  if (sessions.empty()) return;
  for (const Graph& graph : trial_graphs(subject(spec, folder.trial_prefix(trial)), sessions)) {
    write_graph(folder.graph(), graph, /*svg_too=*/true);
    write_graph(folder.root(), graph, /*svg_too=*/false);  // where one looks first
  }
}

}  // namespace

void draw_graphs(const DataFolder& folder, const LabSpec& spec, int trial) {
  try {
    draw_all(folder, spec, trial);
  } catch (const Error& error) {
    std::fputs(fmt::format("no graphs: {}\n", error.what()).c_str(), stderr);
  }
}

std::string analyse_trial(const DataFolder& folder, const LabSpec& spec, int trial) {
  std::vector<SessionMetrics> metrics;
  std::vector<SessionSummary> summaries;
  for (int session = 0; session < spec.meta.max_session; ++session) {
    const auto result = read_session_result(folder, trial, session);
    if (!result) continue;
    metrics.push_back(read_session_metrics(folder.session_metrics(trial, session, "train")));
    summaries.push_back({.name = fmt::format("s{}", session),
                         .frame = static_cast<double>(result->frame),
                         .fps = result->fps(),
                         .seconds = result->seconds,
                         .total_reward_ma = result->total_reward_ma,
                         .episode_return_ma100 = result->ma100,
                         .eval_return_d100 = result->d100});
  }
  write_trial_metrics(folder, trial, metrics);
  return trial_summary(summaries);
}

}  // namespace slm
