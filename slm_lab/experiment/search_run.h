#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/experiment/forked_work.h"
#include "slm_lab/experiment/job_source.h"
#include "slm_lab/experiment/search_results.h"
#include "slm_lab/experiment/search_view.h"
#include "slm_lab/experiment/trial_spec.h"
#include "slm_lab/search/sampler.h"
#include "slm_lab/search/scheduler.h"
#include "slm_lab/store/earlier_trials.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// A spec to be searched, read and checked.
struct SearchSpec {
  LoadedSpec loaded;
  LabSpec spec;
  std::vector<SearchDimension> searched;
  std::vector<EarlierTrial> earlier = {};  ///< of another search, for the sampler

  int max_trial() const { return spec.meta.max_trial.value(); }
  int num_sessions() const { return spec.meta.search_scheduler ? 1 : spec.meta.max_session; }
  std::unique_ptr<Sampler> sampler() const;  ///< SpecError where it cannot draw from this space
  Resources needs_of_session() const;        ///< but for its memory, which the drawn spec decides
};

/// A draw for a trial that is a legal spec.
struct Draw {
  SearchPoint parameters;
  TrialSpec trial;
  int refused = 0;  ///< draws before it that were none
};
/// Nothing when the space has no others. Throws SpecError when of many draws none is legal.
std::optional<Draw> draw_trial(const SearchSpec& search, const Sampler& sampler, int trial,
                               std::span<const PastTrial> past);

/// A search on its way through an executor: draws trials as there is room for them, has the scheduler stop the worse
/// ones, and writes all that happens into the journal before it takes effect. What an earlier run of the program left
/// in the journal comes first: its reports are told to the scheduler again, and its unfinished trials go on.
class SearchRun final : public JobSource {
 public:
  struct Options {
    double checkpoint_seconds = 5;
    int keep = 3;  ///< as many trials keep their models; negative: all
    std::function<void()> trial_ended = nullptr;
  };
  SearchRun(const SearchSpec& search, const DataFolder& folder, SearchJournal& journal, SearchView& view,
            const Options& options);

  std::optional<Job> next(const Resources& free) override;
  Answer reported(JobId job, const SessionMessage& message) override;
  void crashed(JobId job, const std::string& how) override;
  void ended(const JobEnded& job) override;
  void stopping(const std::string& text) override;
  void idle() override;

  /// Afterwards: the files and pictures of the search.
  void finish();

  /// Whether every trial has ended.
  bool done() const { return running_.empty() && all_started(); }
  const SearchResults& results() const { return results_; }
  /// For a search without a best trial: the exit code of the first session that failed here, or that of a spec whose
  /// trials come to no score.
  int failure() const { return first_failure_ != 0 ? first_failure_ : static_cast<int>(ExitCode::usage); }

 private:
  /// A trial that has not ended.
  struct Trial {
    LabSpec spec;
    std::string hash;
    int sessions_left = 0;
    bool failed = false;                     // a session has: the others end
    std::optional<std::int64_t> stop_frame;  // decided
    std::string reason;                      // why it is stopped
    std::string error;                       // what a session said last
  };

  int trial_of(JobId job) const { return static_cast<int>(job) / search_.num_sessions(); }
  std::string name_of(JobId job) const;
  bool all_started() const { return exhausted_ || std::ssize(journal_.trials()) >= search_.max_trial(); }
  void tell_again();
  void take_up(int trial, const TrialSpec& spec);
  bool start_trial();
  bool goes_on(int trial, std::int64_t frame, double value);
  std::int64_t ask_at(int trial) const;
  void end_trial(int trial, JournalTrial::State state, double value, const std::string& reason);
  std::vector<PastTrial> past() const;
  SearchProgress progress() const;
  void draw();

  const SearchSpec& search_;
  const DataFolder folder_;
  SearchJournal& journal_;
  SearchView& view_;
  const Options options_;
  std::unique_ptr<Sampler> sampler_;
  std::unique_ptr<Scheduler> scheduler_;  // may be none
  SearchResults results_;

  std::map<int, Trial> running_;
  std::deque<JobId> waiting_;    // sessions to start
  std::vector<int> to_analyse_;  // trials that have ended
  bool exhausted_ = false;       // the space has no further trials
  int first_failure_ = 0;
  ForkedWork pictures_;
  std::chrono::steady_clock::time_point drawn_ = std::chrono::steady_clock::now();
};

}  // namespace slm
