#include "slm_lab/experiment/session_process.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/checkpoint_timer.h"
#include "slm_lab/experiment/divergence_causes.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/experiment/session_events.h"
#include "slm_lab/experiment/session_files.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/log_line.h"
#include "slm_lab/store/checkpoint.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

/// A session of a run folder, its files and its reports.
class SessionProcess {
 public:
  SessionProcess(const SessionJob& job, const SessionLine& line)
      : folder_(DataFolder::open(job.folder)),
        job_(job),
        line_(line),
        spec_(read_saved_spec(folder_, job.trial, job.spec_hash)),
        pool_(job.threads),
        session_(spec_, job.trial, job.session, &pool_),
        files_(folder_, job.trial, job.session),
        events_(folder_, job, spec_),
        checkpoints_(folder_.checkpoints(job.trial, job.session), program_text()),
        timer_(job.checkpoint_seconds) {}

  int run() {
    const ProfiledThread profiled(session_.profile());
    if (read_session_result(folder_, job_.trial, job_.session)) return done_before();
    resume();
    Next next = job_.of_search && !tell_again(session_.record().rows()) ? Next::end : points();
    while (next == Next::step && !session_.finished()) {
      step();
      next = points();
    }
    if (next == Next::stop) return stop();
    return finish() ? 0 : 128 + stop_signal();
  }

 private:
  static bool stopped() { return stop_signal() != 0; }

  /// By an earlier run, which may have been killed before it told that or had put away what only it needs.
  int done_before() {
    if (!job_.of_search) return 0;
    tell_again(read_csv(folder_.session_csv(job_.trial, job_.session, "train")));
    if (is_whole_trial() && file_exists(folder_.session_result(job_.trial, job_.session))) end_trial();
    return 0;
  }

  bool is_whole_trial() const { return job_.of_search && spec_.meta.max_session == 1; }

  enum class Next { step, stop, end };

  /// Evaluates and logs where the last step, here or in an earlier run, made that due.
  Next points() {
    if (session_.evaluation_due() && !session_.evaluate_now(stopped)) {
      send(SessionMessage::Kind::warning,
           fmt::format("the evaluation at frame {} was stopped and starts again when the run continues",
                       session_.frame()));
      return Next::stop;
    }
    if (session_.log_point_due() && !log_point()) return Next::end;
    return stop_signal() != 0 ? Next::stop : Next::step;
  }

  void step() {
    try {
      session_.step();
      if (session_.diverged()) warn_of(session_.divergence());
    } catch (const Error& error) {
      if (error.code() != ExitCode::diverged) throw;
      throw Error(ExitCode::diverged, fmt::format("{}. {}\n  {}", error.what(), causes(), keep_what_is_good()));
    }
  }

  void warn_of(const std::string& divergence) {
    constexpr int kEnough = 10;
    if (++num_divergences_ > kEnough) return;
    send(SessionMessage::Kind::warning, divergence);
    if (num_divergences_ == kEnough) send(SessionMessage::Kind::warning, "further ones like it are not told");
  }

  std::string causes() const { return divergence_causes(load_saved_spec(folder_, job_.trial, job_.spec_hash).root); }

  /// The nets are lost; what was done up to the last log point is not. Returns what the user should know of it.
  std::string keep_what_is_good() {
    files_.write_what_is_good(session_, spec_);
    events_.end(/*success=*/false);
    const auto& rows = session_.record().rows();
    return fmt::format(
        "It happened at frame {}. Kept in {}: the rows up to {} and the best weights; {}. The run would "
        "go the same way again: start a new one with other settings.",
        session_.frame(), folder_.root().string(),
        rows.empty() ? "the start (no log point was reached)"
                     : fmt::format("frame {}", static_cast<std::int64_t>(rows.back().frame)),
        checkpoint_frame_ ? fmt::format("the last weights and the checkpoint of frame {} ({})", *checkpoint_frame_,
                                        folder_.checkpoints(job_.trial, job_.session).string())
                          : "no last weights, as no checkpoint was due before");
  }

  void resume() {
    const auto program = checkpoints_.load([&](Archive& state) { session_.serialize(state); },
                                           [&](const std::string& text) { send(SessionMessage::Kind::warning, text); });
    if (!program) return;
    checkpoint_frame_ = session_.frame();
    send(SessionMessage::Kind::warning,
         fmt::format(
             "continues from frame {}{}", session_.frame(),
             *program == program_text() ? "" : fmt::format(", saved by {}; this is {}", *program, program_text())));
    if (const std::string remark = session_.env_remark(); !remark.empty()) send(SessionMessage::Kind::warning, remark);
  }

  /// To a search that may not have heard, or not have kept, what the files know. Returns whether it goes on.
  bool tell_again(std::span<const SessionRow> rows) {
    for (const SessionRow& row : rows) {
      SessionMessage message = this->message(SessionMessage::Kind::log_point);
      message.frame = static_cast<std::int64_t>(row.frame);
      message.total_reward_ma = as_in_csv(row.total_reward_ma);
      if (!tell(message)) return false;
      if (stop_signal() != 0) return true;
    }
    return true;
  }

  /// Returns whether it goes on.
  bool log_point() {
    if (!tell_log_point()) return false;
    if (!session_.finished() && timer_.due()) checkpoint();
    return true;
  }

  bool tell_log_point() {
    const PhaseTimer timer(Phase::log);
    const SessionRow& row = session_.log_point();
    events_.write(session_);
    SessionMessage message = this->message(SessionMessage::Kind::log_point);
    message.text = log_line(row);
    message.details = log_details(row);
    return tell(message);
  }

  /// Of a log point. Returns whether it goes on.
  bool tell(SessionMessage& message) {
    message.asks = job_.ask_at && message.frame >= *job_.ask_at && std::isfinite(message.total_reward_ma);
    line_.report(message);
    if (!message.asks) return true;
    const Answer answer = line_.answer();
    job_.ask_at = answer.ask_at;
    return answer.goes_on;
  }

  void checkpoint() {
    const PhaseTimer timer(Phase::checkpoint);
    timer_.begin_save();
    files_.write(session_, spec_);
    checkpoints_.save([&](Archive& state) { session_.serialize(state); });
    timer_.end_save();
    checkpoint_frame_ = session_.frame();
    send(SessionMessage::Kind::checkpoint, "");
  }

  int stop() {
    checkpoint();
    return 128 + stop_signal();
  }

  void keep_end() {
    if (!job_.of_search) return checkpoint();
    const PhaseTimer timer(Phase::checkpoint);
    files_.write(session_, spec_);
  }

  /// Returns whether it came to the end.
  bool finish() {
    keep_end();
    SessionResult result;
    result.phase_seconds = session_.phase_seconds();
    result.seconds = total(result.phase_seconds);
    result.frame = session_.frame();
    result.episodes = session_.record().episodes();
    result.opt_step = session_.algorithm().opt_step();
    result.total_reward_ma = session_.record().rows().back().total_reward_ma;
    result.best_total_reward_ma = session_.record().best_total_reward_ma();
    result.ma100 = session_.record().episode_return_ma100();
    if (!job_.of_search) {
      const auto evaluation = session_.evaluate_final(stopped);
      if (!evaluation) {
        send(SessionMessage::Kind::warning,
             "trained to the end; the episodes for D-100 were stopped and start again when the run continues");
        return false;
      }
      result.d100 = {evaluation->mean(), evaluation->std(), static_cast<int>(evaluation->returns.size())};
    }
    result.weights_sha256 = weights_sha256(session_.algorithm());
    events_.end(/*success=*/true);
    files_.write_result(result);
    if (is_whole_trial()) end_trial();
    return true;
  }

  /// A search has as many trials as others have log points: here, beside the others, and not in its driver. The result,
  /// by which a session counts as done, goes last.
  void end_trial() const {
    analyse_trial(folder_, spec_, job_.trial);
    std::filesystem::remove_all(folder_.checkpoints(job_.trial, job_.session));
    std::filesystem::remove(folder_.session_result(job_.trial, job_.session));
  }

  void send(SessionMessage::Kind kind, std::string text) const {
    SessionMessage message = this->message(kind);
    message.text = std::move(text);
    line_.report(message);
  }

  SessionMessage message(SessionMessage::Kind kind) const {
    const auto& rows = session_.record().rows();
    SessionMessage message;
    message.kind = kind;
    message.frame = session_.frame();
    message.phase_seconds = session_.phase_seconds();
    message.seconds = total(message.phase_seconds);
    message.fps = static_cast<double>(message.frame) / message.seconds;
    message.return_ma = session_.record().episode_return_ma100();
    message.best = session_.record().best_total_reward_ma();
    if (!rows.empty()) message.total_reward_ma = as_in_csv(rows.back().total_reward_ma);
    return message;
  }

  DataFolder folder_;
  SessionJob job_;
  const SessionLine& line_;
  LabSpec spec_;
  ThreadPool pool_;
  Session session_;
  SessionFiles files_;
  SessionEvents events_;
  CheckpointStore checkpoints_;
  CheckpointTimer timer_;
  int num_divergences_ = 0;                       // steps of this process in which physics diverged
  std::optional<std::int64_t> checkpoint_frame_;  // of the newest checkpoint
};

}  // namespace

int run_session(const SessionJob& job, const SessionLine& line) { return SessionProcess(job, line).run(); }

}  // namespace slm
