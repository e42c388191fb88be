#include "slm_lab/experiment/search_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/search_pictures.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

using State = JournalTrial::State;

constexpr std::size_t kPictures = 0, kBestTrial = 1;  // keys of forked work
constexpr std::chrono::seconds kPictureInterval{20};
constexpr std::chrono::milliseconds kLastPictures{1500};  // that a stop waits for
constexpr int kMaxDraws = 1000;  // for one trial, until the space counts as having no legal spec

TrialState sampler_state(State state) {
  if (state == State::running) return TrialState::running;
  return state == State::failed ? TrialState::failed : TrialState::complete;
}

std::string crash_text(int signal) {
  return fmt::format("ended by signal {}{}", signal,
                     signal == SIGKILL ? ", as the system does where memory runs out" : "");
}

/// "gamma 0.98, lr 0.003": what a trial was given.
std::string values_text(std::span<const SearchDimension> searched, const SearchPoint& parameters) {
  std::vector<std::string> paths;
  for (const SearchDimension& dimension : searched) paths.push_back(dimension.path);
  const std::vector<std::string> names = short_names(paths);
  std::string text;
  for (std::size_t i = 0; i < searched.size(); ++i) {
    const JsonNode value = value_of(searched[i], parameters[i]);
    const bool real = value.is(JsonNode::Kind::number) && !value.is_integer;
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", names[i],
                        real ? fmt::format("{:.4g}", value.number) : to_json_line(value));
  }
  return text;
}

}  // namespace

Resources SearchSpec::needs_of_session() const {
  const double cpu = spec.meta.search_resources.cpu, gpu = spec.meta.search_resources.gpu;  // of a trial
  return {.cores = num_sessions() == 1 ? cpu : std::max(1.0, cpu / num_sessions()), .gpus = gpu / num_sessions()};
}

std::unique_ptr<Sampler> SearchSpec::sampler() const {
  return make_sampler(spec.meta.search_sampler, spec.search, static_cast<std::uint64_t>(spec.meta.seed));
}

std::optional<Draw> draw_trial(const SearchSpec& search, const Sampler& sampler, int trial,
                               std::span<const PastTrial> past) {
  std::string problem;
  for (int attempt = 0; attempt < kMaxDraws; ++attempt) {
    std::optional<SearchPoint> parameters = sampler.sample(trial, attempt, past);
    if (!parameters) return std::nullopt;
    Draw draw{std::move(*parameters), {}, attempt};
    draw.trial = trial_spec(search.loaded, search.searched, draw.parameters);
    if (draw.trial.problem.empty()) return draw;
    problem = draw.trial.problem;
  }
  throw SpecError(fmt::format("{}: none of {} specs drawn from the search space is legal; the last: {}",
                              search.loaded.file, kMaxDraws, problem));
}

SearchRun::SearchRun(const SearchSpec& search, const DataFolder& folder, SearchJournal& journal, SearchView& view,
                     const Options& options)
    : search_(search),
      folder_(folder),
      journal_(journal),
      view_(view),
      options_(options),
      sampler_(search.sampler()),
      results_(folder, search.loaded, search.searched) {
  const MetaConfig& meta = search.spec.meta;
  if (meta.search_scheduler)
    scheduler_ =
        make_scheduler(*meta.search_scheduler, search.spec.env.max_frame, static_cast<std::uint64_t>(meta.seed));
  tell_again();
}

void SearchRun::tell_again() {
  for (int trial = 0; trial < std::ssize(journal_.trials()); ++trial) {
    const JournalTrial& entry = journal_.trials()[trial];
    const TrialSpec spec = trial_spec(search_.loaded, search_.searched, entry.parameters);
    if (spec.loaded.hash != entry.spec_hash)
      throw Error(ExitCode::corrupt, fmt::format("{}: trial {} has another spec than its parameters give",
                                                 folder_.search_journal().string(), trial));
    save_trial_spec(folder_, trial, spec.loaded);
    if (entry.state == State::running)
      take_up(trial, spec);
    else
      results_.add(trial, entry, spec.spec);
  }
  if (!scheduler_) return;
  for (const JournalReport& report : journal_.reports()) {
    const Decision decision = scheduler_->report(report.trial, report.frame, report.value);
    const auto found = running_.find(report.trial);
    if (decision.goes_on || found == running_.end() || report.frame >= found->second.spec.env.max_frame) continue;
    found->second.stop_frame = report.frame;
    found->second.reason = decision.reason;
  }
}

/// Its sessions wait to start. Those that are done end at once.
void SearchRun::take_up(int trial, const TrialSpec& spec) {
  Trial& running = running_[trial];
  running.spec = spec.spec;
  running.hash = spec.loaded.hash;
  running.sessions_left = search_.num_sessions();
  for (int session = 0; session < search_.num_sessions(); ++session)
    waiting_.push_back(static_cast<JobId>(trial * search_.num_sessions() + session));
}

std::vector<PastTrial> SearchRun::past() const {
  std::vector<PastTrial> past;
  for (const EarlierTrial& trial : search_.earlier)
    past.push_back({trial.parameters, TrialState::complete, trial.value});
  for (const JournalTrial& trial : journal_.trials())
    past.push_back({trial.parameters, sampler_state(trial.state), trial.value});
  return past;
}

bool SearchRun::start_trial() {
  if (all_started()) return false;
  const int trial = static_cast<int>(journal_.trials().size());
  const std::vector<PastTrial> earlier = sampler_->reads_past() ? past() : std::vector<PastTrial>{};
  const std::optional<Draw> draw = draw_trial(search_, *sampler_, trial, earlier);
  exhausted_ = !draw.has_value();
  if (exhausted_) return false;
  save_trial_spec(folder_, trial, draw->trial.loaded);
  journal_.start_trial(draw->parameters, draw->trial.loaded.hash, draw->refused);
  take_up(trial, draw->trial);
  view_.print(
      "INFO", fmt::format("t{}", trial),
      fmt::format("starts: {}{}", values_text(search_.searched, draw->parameters),
                  draw->refused == 0 ? "" : fmt::format(" (after {} draws that are no legal spec)", draw->refused)));
  return true;
}

std::optional<Job> SearchRun::next(const Resources& free) {
  Resources needs = search_.needs_of_session();
  if (!needs.fit_into(free)) return std::nullopt;
  if (waiting_.empty() && !start_trial()) return std::nullopt;
  const JobId id = waiting_.front();
  const int trial = trial_of(id);
  needs.bytes = running_.at(trial).spec.session_bytes;
  if (!needs.fit_into(free)) return std::nullopt;  // alone it fits: that was checked with its spec
  waiting_.pop_front();
  SessionJob job;
  job.folder = folder_.root();
  job.trial = trial;
  job.log = folder_.trial_log(trial);
  job.session = static_cast<int>(id) % search_.num_sessions();
  job.threads = std::max(1, static_cast<int>(needs.cores));
  job.checkpoint_seconds = options_.checkpoint_seconds;
  if (scheduler_) job.ask_at = ask_at(trial);
  job.of_search = true;
  job.spec_hash = running_.at(trial).hash;
  view_.started(id, name_of(id), running_.at(trial).spec.env.max_frame);
  return Job{id, job, needs};
}

std::string SearchRun::name_of(JobId job) const {
  const int sessions = search_.num_sessions();
  return sessions == 1 ? fmt::format("t{}", trial_of(job)) : fmt::format("t{} s{}", trial_of(job), job % sessions);
}

Answer SearchRun::reported(JobId job, const SessionMessage& message) {
  Trial& trial = running_.at(trial_of(job));
  view_.show(job, message);
  if (message.kind == SessionMessage::Kind::error) trial.error = message.text;
  if (message.kind == SessionMessage::Kind::warning) view_.print("WARNING", name_of(job), message.text);
  if (trial.failed) return {.goes_on = false};
  if (message.kind != SessionMessage::Kind::log_point || search_.num_sessions() > 1) return {};
  const bool on = goes_on(trial_of(job), message.frame, message.total_reward_ma);
  if (!message.asks) return {.goes_on = on};
  journal_.flush();  // the answer must not be known longer than what it follows from
  return {.goes_on = on, .ask_at = ask_at(trial_of(job))};
}

/// Where the scheduler may stop the trial, or has done so in a report that its session tells again.
std::int64_t SearchRun::ask_at(int number) const {
  const std::int64_t next = scheduler_->next_comparison(number);
  return std::min(next, running_.at(number).stop_frame.value_or(next));
}

/// A session that was started again tells what is known already; then the answer is the same.
bool SearchRun::goes_on(int number, std::int64_t frame, double value) {
  Trial& trial = running_.at(number);
  if (frame > journal_.trials()[number].frame && std::isfinite(value)) {
    journal_.report({number, frame, value});
    if (scheduler_) {
      const Decision decision = scheduler_->report(number, frame, value);
      if (!decision.goes_on && frame < trial.spec.env.max_frame) {
        trial.stop_frame = frame;
        trial.reason = decision.reason;
      }
    }
  }
  return !trial.stop_frame || frame < *trial.stop_frame;
}

void SearchRun::crashed(JobId job, const std::string& how) {
  view_.print("WARNING", name_of(job), how + "; tried again from its checkpoint");
}

void SearchRun::ended(const JobEnded& job) {
  view_.ended(job.job);
  const int number = trial_of(job.job);
  Trial& trial = running_.at(number);
  --trial.sessions_left;
  if (job.exit_code != 0 && !trial.failed) {
    if (stop_signal() != 0) return;  // it stays a running one: the search goes on with it
    const std::string reason = !job.failure.empty()   ? job.failure
                               : !trial.error.empty() ? trial.error
                               : job.crashed          ? crash_text(job.exit_code - 128)
                                                      : fmt::format("ended with code {}", job.exit_code);
    // The disk's failure is not the trial's: others would meet it, too.
    if (job.exit_code == static_cast<int>(ExitCode::io)) throw Error(ExitCode::io, reason);
    trial.failed = true;
    trial.error = reason;
    if (first_failure_ == 0) first_failure_ = job.crashed ? static_cast<int>(ExitCode::defect) : job.exit_code;
    trial.sessions_left -=
        static_cast<int>(std::erase_if(waiting_, [&](JobId waiting) { return trial_of(waiting) == number; }));
  }
  if (trial.sessions_left > 0) return;
  if (trial.failed) return end_trial(number, State::failed, NAN, trial.error);
  double value = journal_.trials()[number].value;
  if (search_.num_sessions() > 1) {
    std::vector<double> values;
    for (int session = 0; session < search_.num_sessions(); ++session)
      if (const auto result = read_session_result(folder_, number, session)) values.push_back(result->total_reward_ma);
    value = mean(values);
  }
  if (!std::isfinite(value)) return end_trial(number, State::failed, NAN, "no episode ended: it has no score");
  end_trial(number, trial.stop_frame ? State::stopped : State::complete, value, trial.reason);
}

void SearchRun::end_trial(int number, State state, double value, const std::string& reason) {
  const SearchProgress before = progress();
  journal_.end_trial(number, state, value, reason);
  to_analyse_.push_back(number);
  const std::string unit = fmt::format("t{}", number);
  if (state == State::failed)
    view_.print("WARNING", unit, "failed: " + reason);
  else if (state == State::stopped)
    view_.print("INFO", unit, "stopped: " + reason);
  else
    view_.print("INFO", unit,
                fmt::format("done: total_reward_ma {}{}", return_text(value),
                            value > before.best_value || before.best_trial < 0 ? ", the best so far" : ""));
}

SearchProgress SearchRun::progress() const {
  SearchProgress progress;
  progress.max_trial = search_.max_trial();
  for (std::size_t i = 0; i < journal_.trials().size(); ++i) {
    const JournalTrial& trial = journal_.trials()[i];
    if (trial.state == State::running) continue;
    progress.frames += trial.frame;
    ++(trial.state == State::complete  ? progress.complete
       : trial.state == State::stopped ? progress.stopped
                                       : progress.failed);
    if (trial.state == State::failed || (progress.best_trial >= 0 && trial.value <= progress.best_value)) continue;
    progress.best_trial = static_cast<int>(i);
    progress.best_value = trial.value;
  }
  return progress;
}

void SearchRun::stopping(const std::string& text) { view_.print("WARNING", "search", text); }

void SearchRun::idle() {
  journal_.flush();
  for (const int trial : std::exchange(to_analyse_, {})) {
    results_.add(trial, journal_.trials()[trial], running_.at(trial).spec);
    running_.erase(trial);
    if (options_.trial_ended) options_.trial_ended();
  }
  const bool due = std::chrono::steady_clock::now() - drawn_ >= kPictureInterval;
  if (due && results_.any_new() && !pictures_.too_early(kPictures)) draw();
  results_.write_now_and_then(options_.keep);
  if (view_.live()) view_.draw(progress(), scheduler_ ? scheduler_->rungs() : std::vector<Rung>{});
}

void SearchRun::draw() {
  drawn_ = std::chrono::steady_clock::now();
  pictures_.start(kPictures, [this] {
    draw_search(folder_, search_.spec, search_.searched, journal_.trials(), results_.trials());
  });
}

void SearchRun::finish() {
  journal_.sync();
  view_.close();
  results_.write(options_.keep);
  if (stop_signal_count() < 2) draw();
  if (const ExperimentTrial* best = results_.best(); best != nullptr && done())
    pictures_.start(kBestTrial,
                    [this, trial = best->trial] { draw_graphs(folder_, read_saved_spec(folder_, trial), trial); });
  pictures_.finish(kLastPictures);
}

}  // namespace slm
