#include "slm_lab/base/lock.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::lock_test {
namespace {

using testing::HasSubstr;
using Lines = std::pair<int, int>;  // read end, write end

Lines make_pipe() {
  std::array<int, 2> ends;
  EXPECT_EQ(::pipe(ends.data()), 0);
  return {ends[0], ends[1]};
}

void say(int end) { EXPECT_EQ(::write(end, "x", 1), 1); }
/// Waits for what the other side of a pipe says. This side's own writing end is closed first, so that a speaker that
/// ends without a word is a failure and not a wait for ever.
void hear(Lines& pipe) {
  ::close(pipe.second);
  char c;
  ASSERT_EQ(::read(pipe.first, &c, 1), 1);
  ::close(pipe.first);
}

pid_t fork_to(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  work();
  ::_exit(0);
}

std::string busy_text(const std::filesystem::path& folder) {
  try {
    FolderLock second(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::busy);
    return error.what();
  }
  return "not busy";
}

TEST(FolderLock, NamesTheHolderAndIsFreeWhenItEnds) {
  const ScratchFolder folder;
  {
    const FolderLock lock(folder.path());
    EXPECT_THAT(busy_text(folder.path()), HasSubstr(fmt::format("in use by process {}", ::getpid())));
  }
  EXPECT_EQ(busy_text(folder.path()), "not busy");
  EXPECT_EQ(read_file(folder / "run.lock"), fmt::format("{}\n", ::getpid()));
}

TEST(FolderLock, AKilledHolderHoldsNothing) {
  const ScratchFolder folder;
  Lines pipe = make_pipe();
  const pid_t holder = fork_to([&, end = pipe.second] {
    const FolderLock lock(folder.path());
    say(end);
    ::pause();
  });
  hear(pipe);
  EXPECT_THAT(busy_text(folder.path()), HasSubstr(fmt::format("in use by process {}", holder)));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_EQ(busy_text(folder.path()), "not busy");
}

// A killed holder whose parent has not asked for its end yet answers to kill(pid, 0) like a living one.
TEST(FolderLock, AHolderThatHasEndedButWasNotWaitedForIsGone) {
  const ScratchFolder folder;
  Lines pipe = make_pipe();
  const auto [wait_end, go_end] = make_pipe();
  const pid_t holder = fork_to([&, say_end = pipe.second, session_wait = wait_end, other = go_end] {
    const FolderLock lock(folder.path());
    if (::fork() == 0) {
      ::close(other);
      say(say_end);
      char c;
      [[maybe_unused]] const ssize_t ended = ::read(session_wait, &c, 1);
      ::_exit(0);
    }
    ::pause();
  });
  hear(pipe);
  ::kill(holder, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(holder), &info, WEXITED | WNOWAIT), 0);  // leaves the zombie
  EXPECT_THAT(busy_text(folder.path()), HasSubstr(fmt::format("that process {} started", holder)));
  ::close(go_end);
  ::close(wait_end);
  EXPECT_NO_THROW(FolderLock(folder.path(), {.wait_for_orphans = std::chrono::seconds(60)}));
  ::waitpid(holder, nullptr, 0);
}

// The holder forks a session process and is killed: the folder stays locked until that one ends, too.
TEST(FolderLock, LastsWhileASessionOfAKilledHolderLives) {
  const ScratchFolder folder;
  Lines pipe = make_pipe();
  const auto [wait_end, go_end] = make_pipe();
  const pid_t holder = fork_to([&, say_end = pipe.second, session_wait = wait_end, other = go_end] {
    const FolderLock lock(folder.path());
    const pid_t session = ::fork();
    if (session == 0) {
      ::close(other);
      say(say_end);
      char c;
      [[maybe_unused]] const ssize_t ended = ::read(session_wait, &c, 1);  // 0 bytes: the test closed its end
      ::_exit(0);
    }
    ::pause();
  });
  hear(pipe);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_THAT(busy_text(folder.path()), HasSubstr(fmt::format("that process {} started", holder)));
  ::close(go_end);
  ::close(wait_end);
  EXPECT_NO_THROW(FolderLock(folder.path(), {.wait_for_orphans = std::chrono::seconds(60)}));
}

TEST(FolderLock, IsInheritedByProgramsOnlyOnRequest) {
  const ScratchFolder folder;
  for (const bool inherit : {false, true}) {
    const FolderLock lock(folder.path(), {.inherit = inherit});
    const std::string look = fmt::format("ls -l /proc/self/fd | grep -q '{}'", (folder / "run.lock").string());
    EXPECT_EQ(std::system(look.c_str()) == 0, inherit);
  }
}

TEST(FolderLock, WhoOnlyLooksSeesIt) {
  const ScratchFolder folder;
  EXPECT_FALSE(is_held(folder.path()));
  {
    const FolderLock lock(folder.path());
    EXPECT_TRUE(is_held(folder.path()));
  }
  EXPECT_FALSE(is_held(folder.path()));
}

TEST(FolderLock, AMissingFolderIsAnIoError) {
  try {
    FolderLock lock("/nonexistent-folder");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
  }
}

}  // namespace
}  // namespace slm::lock_test
