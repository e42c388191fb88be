#include "slm_lab/base/thread_pool.h"

#include <fmt/format.h>

#include <system_error>

#include "slm_lab/base/error.h"
#include "slm_lab/base/float_mode.h"

namespace slm {

ThreadPool::ThreadPool(int size) {
  ensure(size >= 1, "a thread pool needs at least one thread");
  workers_.reserve(static_cast<std::size_t>(size - 1));
  try {
    for (int i = 1; i < size; ++i) workers_.emplace_back([this] { serve(); });
  } catch (const std::system_error& error) {  // no destructor runs: those that did start are ended here
    end_workers();
    throw Error(ExitCode::missing, fmt::format("cannot start {} threads: {}", size, error.code().message()));
  }
}

ThreadPool::~ThreadPool() { end_workers(); }

void ThreadPool::end_workers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run_all(int num_tasks, void* context, Call call) {
  ensure(!running_, "a task must not use the pool that runs it");
  if (num_tasks <= 0) return;
  {
    const std::lock_guard lock(mutex_);
    context_ = context;
    call_ = call;
    num_tasks_ = num_tasks;
    next_ = 0;
    running_ = true;
    busy_ = static_cast<int>(workers_.size());
    ++round_;
  }
  start_.notify_all();
  work();
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return busy_ == 0; });
  running_ = false;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::work() {
  for (int index = next_++; index < num_tasks_; index = next_++) {
    try {
      call_(context_, index);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_ || index < failed_index_) {
        failure_ = std::current_exception();
        failed_index_ = index;
      }
    }
  }
}

void ThreadPool::serve() {
  set_flush_to_zero();
  std::uint64_t done = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    start_.wait(lock, [&] { return stop_ || round_ != done; });
    if (stop_) return;
    done = round_;
    lock.unlock();
    work();
    lock.lock();
    if (--busy_ == 0) finished_.notify_one();
  }
}

}  // namespace slm
