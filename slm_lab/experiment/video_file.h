#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/report/scene_picture.h"

namespace slm {

/// A video in the making, encoded by the ffmpeg of this machine. The file appears, or is replaced, when it is whole.
class VideoFile {
 public:
  /// `file` ends in .mp4 or .gif. Throws Error(usage) for another ending, Error(missing) where there is no ffmpeg,
  /// Error(io) where the folder is none.
  VideoFile(std::filesystem::path file, int width, int height, double frames_per_second);
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;
  ~VideoFile();

  /// The next frame. Throws Error(io) where ffmpeg has ended, with what it said.
  void add(const Picture& frame);
  void close();  ///< after the last frame; throws as add()

 private:
  [[noreturn]] void fail();

  std::filesystem::path file_, partial_;
  pid_t ffmpeg_ = -1;                        // -1: it has ended
  std::optional<Descriptor> frames_, said_;  // our ends of its input and of its errors
};

/// The media type of a film, by the ending of its name (image/gif, say); empty for other files.
std::string film_type(const std::filesystem::path& file);

/// Throws as the constructor of VideoFile would, before anything is played.
void check_video_file(const std::filesystem::path& file);

}  // namespace slm
