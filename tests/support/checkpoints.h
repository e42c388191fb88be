#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

#include "tests/support/nap.h"
#include "tests/support/process.h"

namespace slm {

/// The number of the newest checkpoint of session 0; 0 when there is none.
inline int newest_checkpoint(const std::filesystem::path& data) {
  int newest = 0;
  std::error_code gone;  // folders come and go while the run works
  for (const auto& run : std::filesystem::directory_iterator(data, gone))
    for (const auto& model : std::filesystem::directory_iterator(run.path() / "model", gone)) {
      if (!model.path().filename().string().ends_with("_s0_checkpoints")) continue;
      for (const auto& generation : std::filesystem::directory_iterator(model.path(), gone)) {
        const std::string name = generation.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos) newest = std::max(newest, std::stoi(name));
      }
    }
  return newest;
}

/// Waits until checkpoint `number` is there; false when the process ended before.
inline bool await_checkpoint(const Process& process, const std::filesystem::path& data, int number) {
  while (newest_checkpoint(data) < number) {
    if (!process.running()) return false;
    nap(std::chrono::microseconds(200));
  }
  return true;
}

}  // namespace slm
