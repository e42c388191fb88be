#include "slm_lab/experiment/search_results.h"

#include <algorithm>
#include <utility>

#include "slm_lab/base/file.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/trial_spec.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kWriteInterval{5};
constexpr std::size_t kBestShown = 10;

}  // namespace

SearchResults::SearchResults(const DataFolder& folder, const LoadedSpec& base, std::vector<SearchDimension> searched)
    : folder_(folder), base_(base), searched_(std::move(searched)) {
  for (const SearchDimension& dimension : searched_) names_.push_back(dimension.path);
}

void SearchResults::add(int trial, const JournalTrial& entry, const LabSpec& spec) {
  ExperimentTrial result{
      .trial = trial, .values = {}, .state = to_string(entry.state), .reason = entry.reason, .metrics = {}};
  for (std::size_t i = 0; i < searched_.size(); ++i)
    result.values.push_back(to_json_line(value_of(searched_[i], entry.parameters[i])));
  if (entry.state != JournalTrial::State::failed) {
    if (!file_exists(folder_.trial_metrics(trial)) || spec.meta.max_session > 1) end_trial(trial, spec);
    const fs::path scalars = folder_.trial_metrics_scalar(trial);
    result.metrics = parse_trial_metrics_scalar(read_file(scalars), scalars.string());
  }
  trials_[trial] = std::move(result);
  parameters_[trial] = entry.parameters;
  any_new_ = true;
}

/// What a session does that is alone in its trial, unless it was killed then.
void SearchResults::end_trial(int trial, const LabSpec& spec) const {
  analyse_trial(folder_, spec, trial);
  for (int session = 0; session < spec.meta.max_session; ++session) {
    fs::remove(folder_.session_result(trial, session));
    fs::remove_all(folder_.checkpoints(trial, session));
  }
}

void SearchResults::keep_best(int keep) {
  if (keep < 0) return;
  std::vector<ExperimentTrial> ranked = trials();
  std::sort(ranked.begin(), ranked.end(), is_better);
  for (std::size_t i = static_cast<std::size_t>(keep); i < ranked.size(); ++i) {
    const int trial = ranked[i].trial;
    if (!without_models_.insert(trial).second) continue;
    for (int session = 0; session < integer_at(base_.root, "meta.max_session"); ++session)
      for (const bool best : {true, false}) fs::remove(folder_.weights(trial, session, best));
  }
}

void SearchResults::write_now_and_then(int keep) {
  if (any_new_ && std::chrono::steady_clock::now() - written_ >= kWriteInterval) write(keep);
}

std::vector<ExperimentTrial> SearchResults::trials() const {
  std::vector<ExperimentTrial> trials;
  for (const auto& [number, trial] : trials_) trials.push_back(trial);
  return trials;
}

void SearchResults::write(int keep) {
  any_new_ = false;
  written_ = std::chrono::steady_clock::now();
  const std::vector<ExperimentTrial> trials = this->trials();
  const std::string table = experiment_df_csv(names_, trials);
  write_file_durably(folder_.search_results("experiment_df.csv"), table);
  write_file_durably(folder_.experiment_df(), table);
  write_file_durably(folder_.search_results("trial_data_dict.json"), trial_data_dict_json(names_, trials));
  if (const ExperimentTrial* best = this->best())
    write_file_durably(folder_.best_spec(),
                       spec_file_text(slm::best_spec(base_, searched_, parameters_.at(best->trial))));
  keep_best(keep);
}

std::string SearchResults::table() const { return experiment_table(names_, trials(), kBestShown); }

const ExperimentTrial* SearchResults::best() const {
  const ExperimentTrial* best = nullptr;
  for (const auto& [number, trial] : trials_)
    if (has_score(trial) && (best == nullptr || is_better(trial, *best))) best = &trial;
  return best;
}

}  // namespace slm
