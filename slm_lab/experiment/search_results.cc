#include "slm_lab/experiment/search_results.h"

#include <algorithm>
#include <utility>

#include "slm_lab/base/file.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/trial_spec.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kWriteInterval{5};
constexpr std::size_t kBestShown = 10;

std::string state_text(JournalTrial::State state) {
  switch (state) {
    using enum JournalTrial::State;
    case running:
      return "running";
    case complete:
      return "complete";
    case stopped:
      return "stopped";
    case failed:
      return "failed";
  }
  return "";
}

}  // namespace

SearchResults::SearchResults(const DataFolder& folder, const LoadedSpec& base, std::vector<SearchDimension> searched)
    : folder_(folder), base_(base), searched_(std::move(searched)) {
  for (const SearchDimension& dimension : searched_) names_.push_back(dimension.path);
}

void SearchResults::add(int trial, const JournalTrial& entry, const LabSpec& spec) {
  ExperimentTrial result{
      .trial = trial, .values = {}, .state = state_text(entry.state), .reason = entry.reason, .metrics = {}};
  for (std::size_t i = 0; i < searched_.size(); ++i)
    result.values.push_back(to_json_line(value_of(searched_[i], entry.parameters[i])));
  if (entry.state != JournalTrial::State::failed) {
    result.metrics = analyse_trial(folder_, spec, trial).metrics;
    for (int session = 0; session < spec.meta.max_session; ++session) {
      fs::remove(folder_.session_result(trial, session));
      fs::remove_all(folder_.checkpoints(trial, session));
    }
  }
  trials_[trial] = std::move(result);
  parameters_[trial] = entry.parameters;
  any_new_ = true;
}

void SearchResults::keep_best(int keep) const {
  if (keep < 0) return;
  std::vector<ExperimentTrial> ranked;
  for (const auto& [number, trial] : trials_) ranked.push_back(trial);
  std::sort(ranked.begin(), ranked.end(), is_better);
  for (std::size_t i = static_cast<std::size_t>(keep); i < ranked.size(); ++i)
    for (int session = 0; file_exists(folder_.weights(ranked[i].trial, session, /*best=*/false)); ++session)
      for (const bool best : {true, false}) fs::remove(folder_.weights(ranked[i].trial, session, best));
}

void SearchResults::write_now_and_then(int keep) {
  if (any_new_ && std::chrono::steady_clock::now() - written_ >= kWriteInterval) write(keep);
}

void SearchResults::write(int keep) {
  any_new_ = false;
  written_ = std::chrono::steady_clock::now();
  std::vector<ExperimentTrial> trials;
  for (const auto& [number, trial] : trials_) trials.push_back(trial);
  const std::string table = experiment_df_csv(names_, trials);
  write_file_durably(folder_.search_results("experiment_df.csv"), table);
  write_file_durably(folder_.root() / (folder_.spec_name() + "_experiment_df.csv"), table);
  write_file_durably(folder_.search_results("trial_data_dict.json"), trial_data_dict_json(names_, trials));
  if (const ExperimentTrial* best = this->best())
    write_file_durably(folder_.best_spec(),
                       spec_file_text(slm::best_spec(base_, searched_, parameters_.at(best->trial))));
  keep_best(keep);
}

std::string SearchResults::table() const {
  std::vector<ExperimentTrial> trials;
  for (const auto& [number, trial] : trials_) trials.push_back(trial);
  return experiment_table(names_, trials, kBestShown);
}

const ExperimentTrial* SearchResults::best() const {
  const ExperimentTrial* best = nullptr;
  for (const auto& [number, trial] : trials_)
    if (has_score(trial) && (best == nullptr || is_better(trial, *best))) best = &trial;
  return best;
}

}  // namespace slm
