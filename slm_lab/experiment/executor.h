#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slm_lab/experiment/session_message.h"

namespace slm {

/// The number by which whoever starts a job knows it; comes back in its events.
using JobId = std::size_t;

/// One session of one run folder, to be run somewhere.
struct SessionJob {
  std::filesystem::path folder;
  std::filesystem::path log;  ///< where what it prints is appended
  int trial = 0;
  int session = 0;
  int threads = 1;
  double checkpoint_seconds = 5;  ///< wall-clock between two checkpoints
  /// At its first log point with a score from this frame on it waits for an Answer, so that where it ends depends on no
  /// clock; without one it never asks.
  std::optional<std::int64_t> ask_at = {};
  /// One of the many trials of a search: no final evaluation, and its state goes when it has ended.
  bool of_search = false;
  std::string spec_hash = {};  ///< of the spec of its trial; empty: that of the run's manifest
};

/// To a session that asks: whether it goes on, or ends there and is done, and from which frame on it asks again.
struct Answer {
  bool goes_on = true;
  std::int64_t ask_at = 0;
};

/// What a job takes, and what an executor has to give.
struct Resources {
  double cores = 0;
  std::int64_t bytes = 0;
  double gpus = 0;  ///< which a cluster counts; on this machine none is taken

  bool fit_into(const Resources& free) const { return cores <= free.cores && bytes <= free.bytes && gpus <= free.gpus; }
};

/// A session and what it takes.
struct Job {
  JobId id = 0;
  SessionJob session;
  Resources needs;
};

/// It runs.
struct JobStarted {
  JobId job;
};
/// It said something.
struct JobReported {
  JobId job;
  SessionMessage message;
};
/// It runs no longer.
struct JobEnded {
  JobId job;
  int exit_code = 0;     ///< 128 + signal when a signal ended it
  bool crashed = false;  ///< ended by a signal that nobody here sent
  std::string failure;   ///< why it could not be started, or what went and took it along; empty otherwise
};
using JobEvent = std::variant<JobStarted, JobReported, JobEnded>;

enum class Stop {
  at_checkpoint,  ///< asks it to checkpoint and end
  now             ///< ends it
};

/// Runs sessions somewhere, passes on what they report, and can stop any one of them. It decides nothing.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual Resources budget() const = 0;  ///< in all, whatever runs
  /// What each machine has: a job runs on one of them.
  virtual std::vector<Resources> machines() const { return {budget()}; }
  /// A job that cannot be started ends with a failure: it takes no other down.
  virtual void start(const Job& job) = 0;
  /// What happened since the last call; waits up to `milliseconds` for something to happen.
  virtual std::vector<JobEvent> wait(int milliseconds) = 0;
  virtual void stop(JobId id, Stop how) = 0;
  /// To a session that asked with its last report.
  virtual void answer(JobId id, const Answer& answer) = 0;
};

}  // namespace slm
