#include "slm_lab/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "slm_lab/base/error.h"
#include "tests/support/sanitized.h"
#include "tests/support/scratch_folder.h"

namespace slm::file_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

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

TEST(WriteDirectoryDurably, AppearsWhole) {
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
  EXPECT_EQ(names_in(folder / "c"), std::vector<std::string>{"sub"});
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"c"});
}

TEST(WriteDirectoryDurably, LeavesNothingWhenFillingFails) {
  const ScratchFolder folder;
  const auto fill = [](const fs::path& partial) {
    write_file_durably(partial / "a", "new");
    throw Error(ExitCode::io, "no space");
  };
  expect_error(ExitCode::io, "no space", [&] { write_directory_durably(folder / "c", fill); });
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(ReadFile, FollowsNoLinkWaitsForNoFifoAndHasALimit) {
  const ScratchFolder folder;
  write_file_durably(folder / "a", "12345");
  fs::create_symlink(folder / "a", folder / "link");
  expect_error(ExitCode::io, "a symbolic link", [&] { read_file(folder / "link"); });
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  expect_error(ExitCode::io, "not a regular file", [&] { read_file(folder / "fifo"); });
  EXPECT_EQ(read_file(folder / "a", 5), "12345");
  expect_error(ExitCode::io, "5 bytes, more than the 4", [&] { read_file(folder / "a", 4); });
}

TEST(WriteFileDurably, ReplacesALinkInsteadOfWhatItLeadsTo) {
  const ScratchFolder folder;
  write_file_durably(folder / "outside", "precious");
  fs::create_symlink(folder / "outside", folder / "a");
  write_file_durably(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "outside"), "precious");
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(NamesIn, AreSortedAndOfRealFoldersOnly) {
  const ScratchFolder folder;
  EXPECT_TRUE(names_in(folder / "none").empty());
  make_directories(folder / "x" / "y" / "z");
  for (const char* name : {"b", "a", "c"}) write_file_durably(folder / "x" / name, "");
  EXPECT_EQ(names_in(folder / "x"), (std::vector<std::string>{"a", "b", "c", "y"}));
  fs::create_symlink(folder / "x", folder / "link");
  expect_error(ExitCode::io, "a symbolic link", [&] { names_in(folder / "link"); });
  expect_error(ExitCode::io, "cannot read the folder", [&] { names_in(folder / "x" / "a"); });
}

TEST(RegularFiles, AreListedWithoutLinksOrRefusedByTheFolder) {
  const ScratchFolder scratch;
  std::filesystem::create_directories(scratch / "in");
  write_file_durably(scratch / "in" / "file", "x");
  std::filesystem::create_symlink("file", scratch / "in" / "link");
  EXPECT_THAT(regular_files(scratch / ""), testing::ElementsAre(scratch / "in" / "file"));
  try {
    regular_files(scratch / "none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_THAT(error.what(), testing::HasSubstr((scratch / "none").string() + ": cannot list the folder: "));
  }
}

TEST(RegularFiles, NameTheFolderBelowThatCannotBeListed) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs descriptors of its own";
  const ScratchFolder scratch;
  fs::create_directories(scratch / "in" / "deep");
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int free_descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(free_descriptor);
  const rlimit two{static_cast<rlim_t>(free_descriptor) + 2, limit.rlim_max};  // the folder, and the one in it
  setrlimit(RLIMIT_NOFILE, &two);
  expect_error(ExitCode::io, (scratch / "in" / "deep").string() + ": cannot list the folder: Too many open files",
               [&] { regular_files(scratch.path()); });
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(FileExists, KnowsAbsenceFromIgnorance) {
  const ScratchFolder folder;
  EXPECT_TRUE(file_exists(folder.path()));
  EXPECT_FALSE(file_exists(folder / "none" / "at" / "all"));
  fs::create_symlink("nowhere", folder / "broken");
  EXPECT_TRUE(file_exists(folder / "broken"));
  fs::create_symlink("loop", folder / "loop");
  expect_error(ExitCode::io, "cannot look for it", [&] { file_exists(folder / "loop" / "x"); });
}

}  // namespace
}  // namespace slm::file_test
