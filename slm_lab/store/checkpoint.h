#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/store/segments.h"

namespace slm {

/// What a session calls its records in its state. When a finished run gives up its replay, they stay, large or not.
inline constexpr std::string_view kTrainRecord = "record", kEvalRecord = "eval_record";

/// The complete states of one session, the newest and the one before: FOLDER/000123/{state.safetensors, manifest.json,
/// SHA256SUMS} (`sha256sum -c` reads the last). A generation appears by a rename after everything in it is on the disk,
/// and an older one goes only after that, so at every instant a complete state exists. The large arrays (a replay, the
/// rows of a long record) lie in FOLDER/segments, which generations share; the manifest lists them with their
/// checksums.
///
/// An error of reading (a disk, a permission, too many open files) is thrown as Error(io) and touches nothing: only
/// what was read and found wrong is damaged.
class CheckpointStore {
 public:
  /// `program` is noted in the manifests.
  explicit CheckpointStore(std::filesystem::path folder, std::string program = "");

  /// `serialize` fills the archive with the state. Throws Error(io) when it cannot be written; what was there stays.
  void save(const std::function<void(Archive&)>& serialize);

  /// Gives the newest undamaged state to `restore` and returns the program that wrote it. When that or `restore` throws
  /// Error(corrupt), `warn` is told and the generation before is tried. Nothing when there is none at all; throws
  /// Error(corrupt) when there are some and all are damaged, Error(usage) when they are of another format.
  std::optional<std::string> load(const std::function<void(Archive&)>& restore,
                                  const std::function<void(const std::string&)>& warn);

  /// Whether the session can go on from here: the newest generation has all of its large arrays.
  bool usable() const;
  /// Puts the files of the newest generation under `prefix`; false where there is none, or one with large arrays other
  /// than records.
  bool pack(Archive& archive, const std::string& prefix) const;
  /// Takes the generation that pack() put there, where there is none here.
  void unpack(Archive& archive, const std::string& prefix) const;

 private:
  struct Generation {
    std::uint64_t number = 0;
    SegmentTable large;
  };
  std::filesystem::path path_of(std::uint64_t number) const;
  std::vector<std::uint64_t> generations() const;
  Generation read_manifest(std::uint64_t number, std::string& program) const;
  void remove_older(const Generation& newest) const;

  std::filesystem::path folder_;
  std::string program_;
  SegmentStore segments_;
  std::optional<Generation> good_;  // saved or loaded last
};

}  // namespace slm
