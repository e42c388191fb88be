#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/descriptor.h"

namespace slm {

/// A program that is spoken to in lines: they go to its standard input and come from its standard output. It is in a
/// session of its own, so that what a terminal sends its programs does not reach it, and ends with its input.
class LineProcess {
 public:
  /// `errors`: the file that its standard error goes to. Throws Error(io) where it cannot be started.
  LineProcess(std::vector<std::string> command, const std::filesystem::path& errors);
  ~LineProcess();  ///< gives it a few seconds to end
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  void send(const std::string& line);  ///< without its end; to one that has ended nothing is sent
  /// Adds the complete lines that have come, after waiting for them up to `milliseconds`. Returns false when there will
  /// be no more: it has ended.
  bool receive(int milliseconds, std::vector<std::string>& lines);

 private:
  pid_t pid_ = -1;
  std::optional<Descriptor> in_, out_;  // ours of its standard input and output
  std::string partial_;                 // of a line
};

}  // namespace slm
