#pragma once

#include <optional>
#include <string>

#include "slm_lab/experiment/executor.h"

namespace slm {

/// Decides what runs: a trial, a benchmark, a search. It is asked and told while other jobs run; that is all a search
/// that stops its worse trials early needs.
class JobSource {
 public:
  virtual ~JobSource() = default;
  /// The next job to start among those that fit into `free`; nothing when none does, or none is left for now.
  virtual std::optional<Job> next(const Resources& free) = 0;
  /// A session said something. Returns whether it goes on: if not, it is told to checkpoint and end. A job that asks is
  /// told where it does: there it ends and is done.
  virtual Answer reported(JobId job, const SessionMessage& message) = 0;
  /// A session crashed, `how`, and will be started again from its checkpoint.
  virtual void crashed(JobId job, const std::string& how) = 0;
  /// A job has ended for good: it is done, failed, or was stopped. What takes time is left to idle(), as a core waits
  /// for its next job meanwhile.
  virtual void ended(const JobEnded& job) = 0;
  /// Everything is being stopped; `text` says why and what happens, for the user.
  virtual void stopping(const std::string& text) = 0;
  /// Called at least ten times a second, and after every ended(): for what depends on the clock or takes time.
  virtual void idle() {}
};

}  // namespace slm
