#pragma once

#include <sys/types.h>

#include "slm_lab/experiment/executor.h"

namespace slm {

/// A child process per session: this program re-executed. A session that crashes takes nothing else down, and when this
/// process dies, however it dies, the kernel ends its sessions.
class LocalExecutor final : public Executor {
 public:
  /// Where a session process finds its end of the pipe; high enough to hide no other descriptor.
  static constexpr int kReportDescriptor = 64;

  explicit LocalExecutor(int slots) : slots_(slots) {}
  ~LocalExecutor() override;
  int slots() const override { return slots_; }
  void start(const SessionJob& job) override;
  std::vector<SessionEvent> wait(int milliseconds) override;
  void stop_all(bool now) override;

 private:
  struct Child {
    SessionJob job;
    pid_t pid = -1;
    int pipe = -1;        // its reports
    std::string partial;  // of a line
    bool stopped = false;
  };
  /// Appends the complete lines that have arrived; returns false at the end of the pipe.
  static bool read_lines(Child& child, std::vector<SessionEvent>& events);
  SessionEvent reap(Child& child);

  int slots_;
  std::vector<Child> children_;
};

}  // namespace slm
