#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "slm_lab/base/descriptor.h"

namespace slm {

/// worker.py at work, a program that is spoken to through a socket. It ends with us, however we end, and leaves nothing
/// behind; what it prints is kept in memory, for messages.
///
/// A command is one byte, and so is the answer: 'k', or 'e' with a text behind it that says what went wrong. Texts are
/// JSON behind their length (32 bits). A pipe or a socket wakes Python as fast as anything can (a futex, which it
/// reaches through ctypes, takes half as long again), and tells each side that the other has gone.
class PythonProcess {
 public:
  /// `who`: what messages begin with. `memory`: the descriptor of what is shared with it; -1: nothing. It is given up
  /// where it does not answer for `patience`. Throws Error(missing) where it cannot be started.
  PythonProcess(std::string who, const std::string& python, int memory, std::chrono::duration<double> patience);
  ~PythonProcess();
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;

  // Each throws Error(io) with the last lines of what it printed, where it has ended or is given up.
  void send(char command);
  void send_text(const std::string& text);
  char receive();
  std::string receive_text();

  [[noreturn]] void fail(const std::string& what);  ///< the same for a failure that it told

 private:
  void send_bytes(const void* data, std::size_t size);
  void receive_bytes(void* data, std::size_t size);
  [[noreturn]] void fail_ended();
  void end(std::chrono::duration<double> grace);  ///< by itself within `grace`, or at once
  std::string last_lines() const;
  void forget_old_output() const;

  std::string who_;
  std::chrono::duration<double> patience_;
  pid_t pid_ = -1;  // -1: it has ended, as status_ says
  int status_ = 0;
  Descriptor output_;
  std::optional<Descriptor> socket_;
  unsigned num_answers_ = 0;
};

}  // namespace slm
