#include "slm_lab/experiment/video_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

namespace slm::video_file_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder that is all of PATH, with a program in it that is called ffmpeg.
class VideoFileTest : public testing::Test {
 protected:
  VideoFileTest() : path_(std::getenv("PATH")) { setenv("PATH", (scratch_ / "bin").c_str(), 1); }
  ~VideoFileTest() override { setenv("PATH", path_.c_str(), 1); }

  void install_ffmpeg(const std::string& script) {
    fs::create_directories(scratch_ / "bin");
    const fs::path program = scratch_ / "bin/ffmpeg";
    std::ofstream(program) << "#!/bin/sh\nPATH=/usr/bin:/bin\n" << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
  }
  std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::string refusal(const fs::path& file, ExitCode code) {
    try {
      VideoFile video(file, 2, 1, 50);
      for (int frame = 0; frame < 100'000; ++frame) video.add({2, 1, {0x0a0b0c, 0x0d0e0f}});
      video.close();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "";
  }

  ScratchFolder scratch_;

 private:
  std::string path_;
};

constexpr const char* kKeepsFrames =
    R"(for last; do :; done; cat > "${last#file:}"; echo "$*" > "$(dirname "$0")/words")";

TEST_F(VideoFileTest, GivesFfmpegTheFramesAsTheyAre) {
  install_ffmpeg(kKeepsFrames);
  const fs::path file = scratch_ / "-a b.mp4";  // no option, and one word
  VideoFile video(file, 2, 1, 12.5);
  video.add({2, 1, {0x010203, 0x040506}});
  video.add({2, 1, {0x070809, 0x0a0b0c}});
  EXPECT_FALSE(fs::exists(file)) << "it appears when it is whole";
  video.close();
  const std::string frames("\3\2\1\0\6\5\4\0\11\10\7\0\14\13\12\0", 16);  // blue, green, red, nothing
  EXPECT_EQ(text_of(file), frames);
  EXPECT_THAT(text_of(scratch_ / "bin/words"), HasSubstr("-pix_fmt bgr0 -s 2x1 -r 12.5 -i pipe:0"));
}

TEST_F(VideoFileTest, LeavesTheOldFileAndNothingElseWhereItIsGivenUp) {
  install_ffmpeg(kKeepsFrames);
  const fs::path file = scratch_ / "a.gif";
  std::ofstream(file) << "old";
  {
    VideoFile video(file, 2, 1, 50);
    video.add({2, 1, {0, 0}});
  }
  EXPECT_EQ(text_of(file), "old");
  EXPECT_FALSE(fs::exists(scratch_ / "a.gif.partial"));
}

TEST_F(VideoFileTest, SaysWhatFfmpegSaid) {
  install_ffmpeg("echo 'Unknown encoder libx264' >&2; exit 1");
  EXPECT_THAT(refusal(scratch_ / "a.mp4", ExitCode::io), HasSubstr("ffmpeg failed: Unknown encoder libx264"));
  EXPECT_FALSE(fs::exists(scratch_ / "a.mp4"));
}

TEST_F(VideoFileTest, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal(scratch_ / "a.mp4", ExitCode::missing), HasSubstr("apt-get install ffmpeg"));
  install_ffmpeg(kKeepsFrames);
  EXPECT_THAT(refusal(scratch_ / "a.avi", ExitCode::usage), HasSubstr("ends in .mp4 or .gif"));
  EXPECT_THAT(refusal(scratch_ / "none/a.mp4", ExitCode::io), HasSubstr("no such folder"));
  fs::create_directory(scratch_ / "b.mp4");
  EXPECT_THAT(refusal(scratch_ / "b.mp4", ExitCode::usage), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace slm::video_file_test
