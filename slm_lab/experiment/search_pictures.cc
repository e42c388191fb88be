#include "slm_lab/experiment/search_pictures.h"

#include <fmt/format.h>

#include <string>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/say.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/drawing.h"
#include "slm_lab/report/search_graphs.h"
#include "slm_lab/search/importance.h"

namespace slm {
namespace {

bool is_logarithmic(SearchDistribution distribution) {
  using enum SearchDistribution;
  return distribution == loguniform || distribution == qloguniform || distribution == lograndint ||
         distribution == qlograndint;
}

SearchedTrial::End end_of(JournalTrial::State state) {
  switch (state) {
    using enum JournalTrial::State;
    case running:
      return SearchedTrial::End::running;
    case complete:
      return SearchedTrial::End::finished;
    case stopped:
      return SearchedTrial::End::stopped;
    case failed:
      return SearchedTrial::End::failed;
  }
  return SearchedTrial::End::running;
}

std::vector<SearchedParameter> parameters_of(std::span<const SearchDimension> searched,
                                             std::span<const JournalTrial> journal, std::uint64_t seed) {
  std::vector<PastTrial> past;
  for (const JournalTrial& trial : journal)
    if (trial.state == JournalTrial::State::complete || trial.state == JournalTrial::State::stopped)
      past.push_back({trial.parameters, TrialState::complete, trial.value});
  const std::vector<double> importance = parameter_importance(searched, past, seed);
  std::vector<SearchedParameter> parameters;
  for (std::size_t i = 0; i < searched.size(); ++i) {
    SearchedParameter parameter{.path = searched[i].path, .logarithmic = is_logarithmic(searched[i].distribution)};
    for (const JsonNode& choice : searched[i].choices) parameter.choices.push_back(to_json_line(choice));
    parameter.importance = importance[i];
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

/// The mean total_reward_ma of its sessions, as far as all have come.
void read_curve(const DataFolder& folder, int trial, int num_sessions, SearchedTrial& out) {
  std::vector<std::vector<double>> returns;
  for (int session = 0; session < num_sessions; ++session) {
    const auto csv = folder.session_csv(trial, session, "train");
    if (!file_exists(csv)) continue;
    const std::vector<SessionRow> rows = read_csv(csv);
    if (returns.empty())
      for (const SessionRow& row : rows) out.frames.push_back(row.frame);
    std::vector<double>& curve = returns.emplace_back();
    for (const SessionRow& row : rows) curve.push_back(row.total_reward_ma);
  }
  if (returns.empty()) return;
  out.returns = spread(returns).mean;
  out.frames.resize(out.returns.size());
}

}  // namespace

void draw_search(const DataFolder& folder, const LabSpec& spec, std::span<const SearchDimension> searched,
                 std::span<const JournalTrial> journal, std::span<const ExperimentTrial> trials) {
  try {
    SearchSubject subject{.name = folder.spec_name(),
                          .algorithm = spec.agent.algorithm_name,
                          .env = spec.env.name,
                          .parameters = parameters_of(searched, journal, static_cast<std::uint64_t>(spec.meta.seed)),
                          .trials = {}};
    const int num_sessions = spec.meta.search_scheduler ? 1 : spec.meta.max_session;
    for (std::size_t i = 0; i < journal.size(); ++i) {
      SearchedTrial trial{.number = static_cast<int>(i), .parameters = journal[i].parameters};
      trial.end = end_of(journal[i].state);
      trial.total_reward_ma = journal[i].value;
      for (const ExperimentTrial& ended : trials)
        if (ended.trial == trial.number) trial.strength = ended.metrics.scalar.strength;
      read_curve(folder, trial.number, num_sessions, trial);
      subject.trials.push_back(std::move(trial));
    }
    for (const SearchGraph& graph : search_graphs(subject))
      write_picture(folder.experiment_graph(graph.of), drawing_png(graph.drawing));
  } catch (const Error& error) {
    say(fmt::format("no pictures: {}", error.what()));
  }
}

}  // namespace slm
