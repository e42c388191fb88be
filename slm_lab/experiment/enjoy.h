#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace slm {

struct EnjoyOptions {
  std::filesystem::path data = "data";  ///< where `latest`... run folders are found
  int episodes = 10;
  bool sample = false;                ///< as in training instead of greedy
  std::optional<std::uint64_t> seed;  ///< of the episodes; default: the spec's
};

/// Plays the best weights of the best session of a run folder and prints each return. Writes nothing.
int enjoy(const std::string& folder, const EnjoyOptions& options);

}  // namespace slm
