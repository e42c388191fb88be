#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace slm {

/// A fixed number of threads for tasks that are known by their index. Which thread does a task is left open: results
/// are independent of the pool's size as long as each task writes only what belongs to its index.
///
/// Who waits (a worker for tasks, the caller for those that a worker has begun) looks for some microseconds before it
/// sleeps: a step of an environment may take less time than to wake a thread. Nobody looks where there are more threads
/// than cores. A worker that wakes late, because other programs fill the cores, holds nobody up: the caller does what
/// is left.
class ThreadPool {
 public:
  explicit ThreadPool(int size);  ///< threads that compute, the caller of run() among them; 1 runs everything inline
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls task(0) ... task(num_tasks - 1), each once, and returns when all have ended. Of their exceptions the one of
  /// the lowest index is thrown. Denormals are as in the caller (FlushToZero). Allocates nothing. Only one thread may
  /// call it, and no task.
  template <class Task>
  void run(int num_tasks, Task&& task) {
    using Plain = std::remove_reference_t<Task>;
    run_all(num_tasks, const_cast<void*>(static_cast<const void*>(std::addressof(task))),
            [](void* context, int index) { (*static_cast<Plain*>(context))(index); });
  }

 private:
  using Call = void (*)(void* context, int index);

  void run_all(int num_tasks, void* context, Call call);
  void do_task(int index);
  void end_workers();
  bool tasks_are_left() const;
  void work();  // takes tasks until none is left
  void serve();
  template <class Done>
  bool look(Done&& done) const;  // whether it came to be before it was time to sleep

  const bool may_look_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, finished_;
  std::atomic<std::uint64_t> tasks_{0};  // of this call of run: their number, 32 bits, then the next to be taken
  std::atomic<std::uint32_t> done_{0};
  std::atomic<bool> stop_{false};

  void* context_ = nullptr;
  Call call_ = nullptr;
  bool flushes_ = false;  // as the caller does
  bool running_ = false;
  std::exception_ptr failure_;
  int failed_index_ = 0;
};

}  // namespace slm
