#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace slm {

struct EnjoyOptions {
  std::filesystem::path data = "data";  ///< where run folders are found by `latest`
  std::string spec_name;                ///< whose latest run; empty: the latest of any
  std::optional<int> episodes;          ///< default: 10, of a video 1
  bool sample = false;                  ///< as in training instead of greedy
  std::optional<int> session;           ///< default: the one whose weights have the best score
  bool last_weights = false;            ///< those of the end instead of the best ones
  std::optional<std::uint64_t> seed;    ///< of the episodes; default: the spec's
  std::filesystem::path video;          ///< the file to make of them (video_file.h); empty: none
};

/// Plays weights of a run and prints each return. `where` is a run folder, a spec file inside one (the name of
/// SLM-Lab's {spec}_t{trial}_s{session}_spec.json names the session too), or `latest`. Writes nothing but the video.
int enjoy(const std::string& where, const EnjoyOptions& options);

}  // namespace slm
