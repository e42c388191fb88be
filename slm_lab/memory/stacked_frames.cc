#include "slm_lab/memory/stacked_frames.h"

#include <algorithm>
#include <cstring>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/vec_env.h"

namespace slm {
namespace {

/// The frames of so many steps, and of those before them that stand in their stacks.
std::int64_t num_frames_kept(std::int64_t num_steps, const EnvInfo& info) {
  return num_steps + static_cast<std::int64_t>(info.num_frames - 1) * info.num_envs;
}

}  // namespace

bool StackedFrames::pays(const EnvInfo& info) { return info.num_frames > 1 && info.obs_space.is_image(); }

Space StackedFrames::frame_space(const EnvInfo& info) {
  ensure(info.obs_space.size() % info.num_frames == 0, "the frames of a stack are of one size");
  return Space::bytes({info.obs_space.size() / info.num_frames});
}

std::int64_t StackedFrames::bytes(std::int64_t num_steps, const EnvInfo& info) {
  return num_frames_kept(num_steps, info) * RowStore::row_bytes(frame_space(info), 1);
}

StackedFrames::StackedFrames(std::int64_t num_steps, const EnvInfo& info)
    : num_envs_(info.num_envs),
      num_older_(info.num_frames - 1),
      frame_bytes_(frame_space(info).row_bytes()),
      capacity_(num_frames_kept(num_steps, info)),
      frames_(frame_space(info), 1, capacity_),
      next_history_(static_cast<std::size_t>(info.num_envs), 0) {}

void StackedFrames::add(std::int64_t step, const std::byte* obs, bool episode_over) {
  std::int32_t& history = next_history_[static_cast<std::size_t>(step % num_envs_)];
  const auto frame = static_cast<std::size_t>(frame_bytes_);
  // What could not be put together again would be learned from all the same.
  if (history == 0)
    ensure(std::memcmp(obs, obs + frame_bytes_, static_cast<std::size_t>(num_older_) * frame) == 0,
           "the stack of an episode's start holds copies of its first frame");
  else
    ensure(std::memcmp(newest(obs) - frame_bytes_, frames_.obs(slot(step - num_envs_)), frame) == 0,
           "a step adds one frame to the stack");
  frames_.write(slot(step), newest(obs))[0] = static_cast<float>(history);
  history = episode_over ? 0 : std::min(history + 1, static_cast<std::int32_t>(num_older_));
}

std::byte* StackedFrames::read_frames(std::int64_t step, std::int64_t n, std::byte* frames) const {
  const auto history = static_cast<std::int64_t>(frames_.extras(slot(step))[0]);
  for (std::int64_t back = n - 1; back >= 0; --back, frames += frame_bytes_)
    frames_.read_obs(slot(step - std::min(back, history) * num_envs_), frames);
  return frames;
}

void StackedFrames::prefetch(std::int64_t step) const {
  for (std::int64_t back = 0; back <= num_older_ && back * num_envs_ <= step; ++back)
    frames_.prefetch(slot(step - back * num_envs_));
}

void StackedFrames::serialize(Archive& archive) {
  archive("frames", frames_);
  archive("next_history", std::span(next_history_));
  if (std::ranges::any_of(next_history_, [&](std::int32_t n) { return n < 0 || n > num_older_; }))
    throw Error(ExitCode::corrupt, "more frames before an observation than it has");
}

}  // namespace slm
