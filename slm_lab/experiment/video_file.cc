#include "slm_lab/experiment/video_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "slm_lab/base/child_process.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/find_program.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr double kMostInGif = 50;  // frames a second, more are not shown

/// What makes a video of this ending; nothing where the ending is another.
std::vector<std::string> encoder(const fs::path& file, double frames_per_second) {
  if (file.extension() == ".mp4")
    return {"-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"};
  if (file.extension() == ".gif")  // colours chosen frame by frame: those of all would have to wait for the last
    return {"-filter_complex",
            fmt::format("fps={},split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1",
                        std::min(kMostInGif, frames_per_second)),
            "-f", "gif"};
  return {};
}

fs::path partial_name(const fs::path& file) { return file.string() + ".partial"; }

}  // namespace

std::string film_type(const fs::path& file) {
  return file.extension() == ".mp4" ? "video/mp4" : file.extension() == ".gif" ? "image/gif" : "";
}

void check_video_file(const fs::path& file) {
  if (encoder(file, 1).empty())
    throw Error(ExitCode::usage, fmt::format("--video {}: expected a file that ends in .mp4 or .gif", file.string()));
  if (find_program("ffmpeg").empty())
    throw Error(ExitCode::missing, "--video needs ffmpeg, which is not installed: apt-get install ffmpeg");
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (fs::is_directory(file)) throw Error(ExitCode::usage, fmt::format("--video {}: is a folder", file.string()));
  if (!fs::is_directory(folder)) throw Error(ExitCode::io, fmt::format("{}: there is no such folder", folder.string()));
}

VideoFile::VideoFile(fs::path file, int width, int height, double frames_per_second)
    : file_(std::move(file)), partial_(partial_name(file_)) {
  check_video_file(file_);
  std::vector<std::string> words = {find_program("ffmpeg").string(),
                                    "-nostdin",
                                    "-loglevel",
                                    "error",
                                    "-y",
                                    "-f",
                                    "rawvideo",
                                    "-pix_fmt",
                                    "bgr0",
                                    "-s",
                                    fmt::format("{}x{}", width, height),
                                    "-r",
                                    fmt::format("{}", frames_per_second),
                                    "-i",
                                    "pipe:0"};
  for (std::string& word : encoder(file_, frames_per_second)) words.push_back(std::move(word));
  words.push_back("file:" + partial_.string());  // whatever the name begins with

  DescriptorPair frames = make_socket_pair(), said = make_pipe();
  ffmpeg_ = ChildProgram(std::move(words))
                .give(frames.first.number(), STDIN_FILENO)
                .open("/dev/null", O_WRONLY, STDOUT_FILENO)
                .give(said.second.number(), STDERR_FILENO)
                .own_group()
                .start();
  frames_.emplace(std::move(frames.second));
  said_.emplace(std::move(said.first));
}

VideoFile::~VideoFile() {
  if (ffmpeg_ < 0) return;  // closed
  kill(ffmpeg_, SIGKILL);
  wait_for_end(ffmpeg_);
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void VideoFile::add(const Picture& frame) {
  const char* bytes = reinterpret_cast<const char*>(frame.pixels.data());
  for (std::size_t left = sizeof(std::uint32_t) * frame.pixels.size(); left > 0;) {
    const ssize_t count = send(frames_->number(), bytes, left, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    bytes += count;
    left -= static_cast<std::size_t>(count);
  }
}

void VideoFile::close() {
  frames_.reset();
  const std::string said = read_to_end(*said_);
  const int status = wait_for_end(std::exchange(ffmpeg_, -1));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::error_code ignored;
    fs::remove(partial_, ignored);
    throw Error(ExitCode::io, fmt::format("{}: ffmpeg failed: {}", file_.string(),
                                          said.empty() ? "without a word" : said.substr(0, said.find('\n'))));
  }
  fs::rename(partial_, file_);
}

void VideoFile::fail() {
  close();  // throws with what ffmpeg said
  throw Error(ExitCode::io, file_.string() + ": ffmpeg ended before the video did");
}

}  // namespace slm
