#include "slm_lab/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "slm_lab/base/append_file.h"
#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

template <class Action>
void expect_error(ExitCode code, const std::string& text, Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing thrown; expected " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

/// For its lifetime no file may grow beyond `bytes`, as on a full disk.
class DiskOf {
 public:
  explicit DiskOf(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~DiskOf() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  void (*handler_)(int);
};

TEST(WriteFileDurably, ReplacesAndLeavesNothingElse) {
  const ScratchFolder folder;
  write_file_durably(folder / "a.json", "old");
  write_file_durably(folder / "a.json", std::string("new\0text", 8));
  EXPECT_EQ(read_file(folder / "a.json"), std::string("new\0text", 8));
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.json"});
}

TEST(WriteFileDurably, KeepsTheOldFileWhenTheDiskIsFull) {
  const ScratchFolder folder;
  write_file_durably(folder / "a", "old");
  {
    const DiskOf disk(100);
    expect_error(ExitCode::io, "cannot write: File too large",
                 [&] { write_file_durably(folder / "a", std::string(1000, 'x')); });
  }
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a"});
}

TEST(WriteFileDurably, NamesThePathAndTheReason) {
  const ScratchFolder folder;
  expect_error(ExitCode::io, (folder / "none").string(), [&] { write_file_durably(folder / "none" / "a", ""); });
  expect_error(ExitCode::io, "No such file or directory", [&] { write_file_durably(folder / "none" / "a", ""); });
  fs::create_directory(folder / "b");
  expect_error(ExitCode::io, "cannot replace: Is a directory", [&] { write_file_durably(folder / "b", ""); });
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"b"});
}

TEST(ReadFile, RefusesWhatIsNoFile) {
  const ScratchFolder folder;
  expect_error(ExitCode::io, "cannot open: No such file", [&] { read_file(folder / "a"); });
  expect_error(ExitCode::io, "not a regular file", [&] { read_file(folder.path()); });
  expect_error(ExitCode::io, "not a regular file", [] { read_file("/dev/zero"); });
}

TEST(WriteDirectoryDurably, ReplacesTheWholeFolder) {
  const ScratchFolder folder;
  const auto fill = [](const std::string& name) {
    return [name](const fs::path& partial) {
      fs::create_directory(partial / "sub");
      write_file_durably(partial / "sub" / name, name);
    };
  };
  fs::create_directory(folder / "c.partial");  // as a killed process leaves it
  write_file_durably(folder / "c.partial" / "rest", "");
  write_directory_durably(folder / "c", fill("one"));
  EXPECT_EQ(names_in(folder / "c" / "sub"), std::vector<std::string>{"one"});
  write_directory_durably(folder / "c", fill("two"));
  EXPECT_EQ(names_in(folder / "c" / "sub"), std::vector<std::string>{"two"});
  EXPECT_EQ(names_in(folder / "c"), std::vector<std::string>{"sub"});
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"c"});
}

TEST(WriteDirectoryDurably, KeepsTheOldFolderWhenFillingFails) {
  const ScratchFolder folder;
  write_directory_durably(folder / "c", [](const fs::path& partial) { write_file_durably(partial / "a", "old"); });
  const auto fill = [](const fs::path& partial) {
    write_file_durably(partial / "a", "new");
    throw Error(ExitCode::io, "no space");
  };
  expect_error(ExitCode::io, "no space", [&] { write_directory_durably(folder / "c", fill); });
  EXPECT_EQ(read_file(folder / "c" / "a"), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"c"});
}

TEST(AppendFile, GoesOnWhereTheCheckpointWas) {
  const ScratchFolder folder;
  std::uint64_t checkpoint;
  {
    AppendFile log(folder / "log.csv");
    log.append("a,b\n");
    checkpoint = log.offset();
    EXPECT_EQ(checkpoint, 4u);
    log.sync();
    log.append("lost\n");
  }
  EXPECT_EQ(read_file(folder / "log.csv"), "a,b\nlost\n");
  AppendFile log(folder / "log.csv");
  EXPECT_EQ(log.offset(), 9u);
  log.truncate_to(checkpoint);
  log.append("1,2\n");
  EXPECT_EQ(log.offset(), 8u);
  log.flush();
  EXPECT_EQ(read_file(folder / "log.csv"), "a,b\n1,2\n");
  expect_error(ExitCode::corrupt, "holds 8 bytes, expected at least 9", [&] { log.truncate_to(9); });
}

TEST(AppendFile, TakesBackHalfAWriteAndCanRepeatIt) {
  const ScratchFolder folder;
  AppendFile log(folder / "log");
  log.append("12345678\n");
  log.flush();
  log.append("abcdefgh\n");
  {
    const DiskOf disk(12);
    expect_error(ExitCode::io, "cannot write", [&] { log.flush(); });
    EXPECT_EQ(read_file(folder / "log"), "12345678\n");
  }
  log.flush();
  EXPECT_EQ(read_file(folder / "log"), "12345678\nabcdefgh\n");
}

}  // namespace
}  // namespace slm
