#include "slm_lab/experiment/stop_signal.h"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace slm {
namespace {

constexpr int kMomentMicroseconds = 150'000;  // to end in order after a second signal

// A signal handler can reach nothing but globals.
volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t signal_count = 0;
volatile std::sig_atomic_t ends_at_once = 0;

void mark(int signal) {
  last_signal = signal;
  signal_count = signal_count + 1;
  if (ends_at_once == 0 || signal_count < 2) return;
  // Whatever the process is doing, and not only where it looks for signals. Its sessions end with it.
  const itimerval moment{{0, 0}, {0, kMomentMicroseconds}};
  setitimer(ITIMER_REAL, &moment, nullptr);
}

void end(int) { _exit(128 + last_signal); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART, so that a waiting poll() returns
  sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void catch_stop_signals(SecondStop second) {
  ends_at_once = second == SecondStop::end_at_once ? 1 : 0;
  handle(SIGALRM, end);
  handle(SIGINT, mark);
  handle(SIGTERM, mark);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, mark);
  for (const int signal : {SIGPIPE, SIGXFSZ}) handle(signal, SIG_IGN);
}

int stop_signal() { return last_signal; }

int stop_signal_count() { return signal_count; }

}  // namespace slm
