#include "slm_lab/experiment/video_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

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

void check_video_file(const fs::path& file) {
  if (encoder(file, 1).empty())
    throw Error(ExitCode::usage, fmt::format("--video {}: expected a file that ends in .mp4 or .gif", file.string()));
  if (find_program("ffmpeg").empty())
    throw Error(ExitCode::missing, "--video needs ffmpeg, which is not installed: apt-get install ffmpeg");
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
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
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> in{-1, -1}, errors{-1, -1};
  int error = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) == 0 && pipe2(errors.data(), O_CLOEXEC) == 0
                  ? 0
                  : errno;
  if (error == 0) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // a Ctrl-C is for us
    error = posix_spawn(&ffmpeg_, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  for (const int end : {in[0], errors[1]})
    if (end >= 0) ::close(end);
  frames_ = in[1];
  words_ = errors[0];
  if (error == 0) return;
  for (const int end : {frames_, words_})
    if (end >= 0) ::close(end);
  throw Error(ExitCode::io, fmt::format("cannot start ffmpeg: {}", std::strerror(error)));
}

VideoFile::~VideoFile() {
  if (ffmpeg_ < 0) return;  // closed
  kill(ffmpeg_, SIGKILL);
  wait();
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void VideoFile::add(const Picture& frame) {
  const char* bytes = reinterpret_cast<const char*>(frame.pixels.data());
  for (std::size_t left = sizeof(std::uint32_t) * frame.pixels.size(); left > 0;) {
    const ssize_t count = send(frames_, bytes, left, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    bytes += count;
    left -= static_cast<std::size_t>(count);
  }
}

void VideoFile::close() {
  ::close(std::exchange(frames_, -1));
  std::string said;
  std::array<char, 4096> buffer;
  for (ssize_t count; (count = ::read(words_, buffer.data(), buffer.size())) != 0;) {
    if (count < 0 && errno != EINTR) break;
    if (count > 0) said.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (const int status = wait(); !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::error_code ignored;
    fs::remove(partial_, ignored);
    throw Error(ExitCode::io, fmt::format("{}: ffmpeg failed: {}", file_.string(),
                                          said.empty() ? "without a word" : said.substr(0, said.find('\n'))));
  }
  fs::rename(partial_, file_);
}

/// Until it has ended; its status.
int VideoFile::wait() {
  int status = 0;
  while (waitpid(ffmpeg_, &status, 0) < 0 && errno == EINTR) {
  }
  ffmpeg_ = -1;
  for (int* end : {&frames_, &words_})
    if (*end >= 0) ::close(std::exchange(*end, -1));
  return status;
}

void VideoFile::fail() {
  close();  // throws with what ffmpeg said
  throw Error(ExitCode::io, file_.string() + ": ffmpeg ended before the video did");
}

}  // namespace slm
