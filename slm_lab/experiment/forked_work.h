#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>

namespace slm {

/// Work whose only trace are files (pictures, pages), done by forked processes of low priority: it holds up nothing,
/// and what goes wrong with it ends nothing. Each kind of work has a key and runs once at a time. Only for a process
/// without threads.
class ForkedWork {
 public:
  ForkedWork() = default;
  ~ForkedWork();  ///< ends what still runs
  ForkedWork(const ForkedWork&) = delete;
  ForkedWork& operator=(const ForkedWork&) = delete;

  /// Starts `work`, or keeps it until what still runs for this key has ended; of several that wait, the last one
  /// counts. Where no process can be started, the work is left undone.
  void start(std::size_t key, std::function<void()> work);
  /// Whether work for this key runs or waits, or ended less than 20 times its own duration ago: so it takes a twentieth
  /// of the time at most.
  bool too_early(std::size_t key);
  /// Waits until all work is done; after a stop signal only for `patience`, after a second one not at all. What is not
  /// done by then is ended.
  void finish(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Process {
    pid_t pid = -1;
    int pipe = -1;  // its end is seen here
    Clock::time_point started{}, ended{};
    std::function<void()> next;  // empty: nothing waits
  };
  static void fork_to(Process& process, const std::function<void()>& work);
  static void end(Process& process);
  /// Takes note of what has ended and starts what waited for that; waits up to `milliseconds` for something to end.
  /// Returns whether work is left.
  bool reap(int milliseconds);

  std::map<std::size_t, Process> processes_;
};

}  // namespace slm
