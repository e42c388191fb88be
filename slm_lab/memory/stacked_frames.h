#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "slm_lab/memory/row_store.h"

namespace slm {

struct EnvInfo;

/// The observations of a ring's last steps where each is a stack of frames (EnvInfo::num_frames): every frame is kept
/// once, and stacks are put together again when they are read. Steps are counted from the start, those of all
/// environments in turn; beyond the ring there is room for the older frames in the stacks of its oldest steps.
class StackedFrames {
 public:
  /// Whether it pays: pixels in stacks. A row of numbers is drawn faster where it lies in one piece.
  static bool pays(const EnvInfo& info);
  static Space frame_space(const EnvInfo& info);
  /// Bytes of memory that it takes when it is full.
  static std::int64_t bytes(std::int64_t num_steps, const EnvInfo& info);

  StackedFrames(std::int64_t num_steps, const EnvInfo& info);

  /// The next step: the observation that was acted on, and whether its episode ended there.
  void add(std::int64_t step, const std::byte* obs, bool episode_over);
  /// The newest frame of a stack.
  const std::byte* newest(const std::byte* obs) const { return obs + num_older_ * frame_bytes_; }

  /// The observation of a step.
  void read(std::int64_t step, std::byte* obs) const { read_frames(step, num_older_ + 1, obs); }
  /// The observation after it but for its newest frame, whose place is returned.
  std::byte* read_older_of_next(std::int64_t step, std::byte* obs) const { return read_frames(step, num_older_, obs); }
  void prefetch(std::int64_t step) const;

  void serialize(Archive& archive);

 private:
  std::int64_t slot(std::int64_t step) const { return step % capacity_; }
  /// The last `n` frames up to that of a step; returns their end.
  std::byte* read_frames(std::int64_t step, std::int64_t n, std::byte* frames) const;

  std::int64_t num_envs_, num_older_;  // num_older_: frames of a stack besides the newest
  std::int64_t frame_bytes_, capacity_;
  RowStore frames_;                         // newest frame; how many of num_older_ before it are of its episode
  std::vector<std::int32_t> next_history_;  // (num_envs)  that number for the next observation
};

}  // namespace slm
