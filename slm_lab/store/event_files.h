#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/report/tensorboard.h"

namespace slm {

/// The TensorBoard event files of one session, in a folder of their own. They are only ever appended to, as readers go
/// on from where they were: each process has a file, begun at its first point, and what earlier ones wrote stays. A row
/// that is in one of them, because the process was killed after its last checkpoint, is not written again: the session
/// comes to the same one.
class EventFiles {
 public:
  /// Looks at what is there. A file that a killed process left amid a record counts up to that.
  explicit EventFiles(std::filesystem::path folder);

  bool any() const { return any_; }
  /// Whole records.
  void append(std::string_view records, double now);
  /// `rows` of this kind, of which those of the call before are the first. `began`: when their wall_t was 0.
  void write(std::span<const SessionRow> rows, PointKind kind, double began, double now);
  void sync();

 private:
  struct Points {
    std::int64_t last_frame = -1;  // in the files
    std::size_t num_rows = 0;      // of those given so far
  };
  void look_at(const std::filesystem::path& file);

  std::filesystem::path folder_;
  bool any_ = false;
  std::array<Points, 2> points_;  // by PointKind
  std::size_t number_ = 0;        // of this process's file
  std::optional<Descriptor> file_;
};

}  // namespace slm
