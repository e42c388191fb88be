#include "slm_lab/experiment/stop_signal.h"

#include <csignal>
#include <initializer_list>

namespace slm {
namespace {

// A signal handler can reach nothing but globals.
volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t signal_count = 0;

void mark(int signal) {
  last_signal = signal;
  signal_count = signal_count + 1;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = mark;  // without SA_RESTART, so that a waiting poll() returns
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

int stop_signal() { return last_signal; }

int stop_signal_count() { return signal_count; }

}  // namespace slm
