#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/experiment/executor.h"

namespace slm {

/// A child process per session: this program re-executed. A session that crashes takes nothing else down, and when this
/// process dies, however it dies, the kernel ends its sessions.
class LocalExecutor final : public Executor {
 public:
  /// Where a session process finds its end of the pipe; high enough to hide no other descriptor.
  static constexpr int kReportDescriptor = 64;

  explicit LocalExecutor(const Resources& budget);
  ~LocalExecutor() override;
  Resources budget() const override { return budget_; }
  void start(const Job& job) override;
  std::vector<JobEvent> wait(int milliseconds) override;
  void stop(JobId id, Stop how) override;
  void answer(JobId id, const Answer& answer) override;

 private:
  struct Child {
    JobId id;
    pid_t pid = -1;
    std::optional<Descriptor> pipe;     // its reports
    std::optional<Descriptor> answers;  // to it; its standard input
    std::string partial;                // of a line
    bool stopped = false;
  };
  static Child spawn(JobId id, const SessionJob& job);
  static void stop(Child& child, Stop how);
  /// Appends the complete lines that have arrived; returns false at the end of the pipe.
  static bool read_lines(Child& child, std::vector<JobEvent>& events);
  static JobEnded reap(Child& child);

  Resources budget_;
  std::vector<Child> children_;
  std::vector<JobEvent> events_;  // of start(), until the next wait()
};

}  // namespace slm
