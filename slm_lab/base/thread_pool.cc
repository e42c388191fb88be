#include "slm_lab/base/thread_pool.h"

#include <fmt/format.h>

#include <chrono>
#include <system_error>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/float_mode.h"

namespace slm {
namespace {

/// Some times what it takes to wake a thread, which is about 5 us. Longer than acting and observing between two steps,
/// shorter than an update.
constexpr std::chrono::microseconds kLooking{50};

std::uint64_t number(std::uint64_t tasks) { return tasks >> 32; }
std::uint64_t next(std::uint64_t tasks) { return tasks & 0xffffffff; }

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

ThreadPool::ThreadPool(int size) : may_look_(size <= available_cores()) {
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
    flushes_ = flushes_to_zero();
    running_ = true;
    done_ = 0;
    tasks_.store(static_cast<std::uint64_t>(num_tasks) << 32, std::memory_order_release);
  }
  start_.notify_all();
  work();
  const auto finished = [&] { return done_.load(std::memory_order_acquire) == static_cast<std::uint32_t>(num_tasks); };
  if (!look(finished)) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, finished);
  }
  running_ = false;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::do_task(int index) {
  if (flushes_to_zero() != flushes_) set_flush_to_zero(flushes_);
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

bool ThreadPool::tasks_are_left() const {
  const std::uint64_t tasks = tasks_.load(std::memory_order_acquire);
  return next(tasks) < number(tasks);
}

void ThreadPool::work() {
  std::uint64_t tasks = tasks_.load(std::memory_order_acquire);
  while (next(tasks) < number(tasks)) {
    // Whichever call of run the number is of: who has taken a task knows that its call lasts until the task is done.
    if (!tasks_.compare_exchange_weak(tasks, tasks + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
    do_task(static_cast<int>(next(tasks)));
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == number(tasks)) {
      { const std::lock_guard lock(mutex_); }  // not between the caller's last look and its sleep
      finished_.notify_one();
    }
    tasks = tasks_.load(std::memory_order_acquire);
  }
}

void ThreadPool::serve() {
  const auto called = [&] { return stop_ || tasks_are_left(); };
  for (;;) {
    if (!look(called)) {
      std::unique_lock lock(mutex_);
      start_.wait(lock, called);
    }
    if (stop_) return;
    work();
  }
}

template <class Done>
bool ThreadPool::look(Done&& done) const {
  if (!may_look_) return done();
  constexpr int kLooksPerClock = 32;
  const auto until = std::chrono::steady_clock::now() + kLooking;
  do {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (done()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

}  // namespace slm
