#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "slm_lab/base/archive.h"

namespace slm {

/// The complete states of one session, the newest and the one before: FOLDER/000123/{state.safetensors, manifest.json}.
/// A generation appears by a rename after everything in it is on the disk, and an older one goes only after that, so at
/// every instant a complete state exists. The manifest holds the SHA-256 of the state.
///
/// Large arrays (a replay) are cut into segments, FOLDER/segments/{SHA-256 of its bytes}, which generations share: a
/// checkpoint writes only the segments that changed.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Throws Error(io) when the state cannot be written; what was there stays.
  void save(Archive state);

  /// The newest undamaged state; `warn` is told about each damaged one. Nothing when there is none at all; throws
  /// Error(corrupt) when there are some and all are damaged.
  std::optional<Archive> load(const std::function<void(const std::string&)>& warn) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace slm
