#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace slm {

/// One session of one run folder, to be run somewhere.
struct SessionJob {
  std::filesystem::path folder;
  int trial = 0;
  int session = 0;
  std::size_t run = 0;  ///< the caller's number for the run folder and trial; comes back in the events
  int threads = 1;
  double checkpoint_seconds = 5;  ///< wall-clock between two checkpoints
};

/// Something that happened to a job: a line it reported, or its end.
struct SessionEvent {
  int trial = 0;
  int session = 0;
  std::size_t run = 0;
  bool exited = false;
  int exit_code = 0;     ///< once exited; 128 + signal when a signal ended it
  bool crashed = false;  ///< once exited: ended by a signal that nobody here sent
  std::string line;      ///< otherwise: a SessionMessage
};

/// Runs sessions somewhere, passes on what they report, and can stop them. It decides nothing.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual int slots() const = 0;  ///< sessions that can run at once
  virtual void start(const SessionJob& job) = 0;
  /// What happened since the last call; waits up to `milliseconds` for something to happen.
  virtual std::vector<SessionEvent> wait(int milliseconds) = 0;
  /// Asks every running session to checkpoint and end (`now`: to end at once).
  virtual void stop_all(bool now) = 0;
};

}  // namespace slm
