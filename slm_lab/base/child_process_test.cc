#include "slm_lab/base/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include "slm_lab/base/error.h"

namespace slm::child_process_test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Ended {
  std::string said;
  int status = 0;
};

/// What `program` writes to its standard output, until it has ended.
Ended run(ChildProgram& program) {
  DescriptorPair output = make_pipe();
  const pid_t child = program.give(output.second.number(), STDOUT_FILENO).start();
  output.second.close();
  std::string said = read_to_end(output.first);
  return {std::move(said), wait_for_end(child)};
}

Ended run(ChildProgram&& program) { return run(program); }

TEST(ChildProgram, IsFoundOnThePathAndGetsItsWordsAsTheyAre) {
  const Ended ended = run(ChildProgram({"printf", "%s|%s", "two words", "$HOME *"}));
  EXPECT_EQ(ended.said, "two words|$HOME *");
  EXPECT_EQ(ended.status, 0);
}

TEST(ChildProgram, MayBeCalledOtherwiseThanItsFile) {
  EXPECT_EQ(run(ChildProgram({"lab", "-c", "echo $0; exit 3"}, "/bin/sh")).said, "lab\n");
  EXPECT_EQ(WEXITSTATUS(run(ChildProgram({"lab", "-c", "exit 3"}, "/bin/sh")).status), 3);
}

TEST(ChildProgram, DescriptorsArePassedOnInTheOrderTold) {
  ChildProgram both({"sh", "-c", "echo out; echo err >&2"});
  DescriptorPair output = make_pipe();
  both.give(output.second.number(), STDOUT_FILENO).give(STDOUT_FILENO, STDERR_FILENO);
  const pid_t child = both.start();
  output.second.close();
  EXPECT_EQ(read_to_end(output.first), "out\nerr\n");
  EXPECT_EQ(wait_for_end(child), 0);

  ChildProgram reads({"cat"});
  EXPECT_EQ(run(reads.open("/dev/null", O_RDONLY, STDIN_FILENO)).said, "");
}

/// What the system calls the open file behind a descriptor of ours, "socket:[1234]".
std::string identity(const Descriptor& descriptor) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor.number())).string();
}

TEST(ChildProgram, OfOurDescriptorsItHasThoseItIsGiven) {
  const DescriptorPair sockets = make_socket_pair(), pipe = make_pipe();
  ChildProgram lists({"ls", "-l", "/proc/self/fd"});
  lists.give(sockets.first.number(), 77);
  const std::string said = run(lists).said;
  EXPECT_THAT(said, HasSubstr("77 -> " + identity(sockets.first)));
  for (const Descriptor* ours : {&sockets.second, &pipe.first, &pipe.second})
    EXPECT_THAT(said, Not(HasSubstr(identity(*ours))));
}

TEST(ChildProgram, HasOurEnvironmentOrItsOwn) {
  EXPECT_THAT(run(ChildProgram({"sh", "-c", "echo $PATH"})).said, StartsWith(getenv("PATH")));
  EXPECT_EQ(run(ChildProgram({"sh", "-c", "echo $COLOUR"}).environment({"COLOUR=red"})).said, "red\n");
}

/// Prints its process group and session.
const char* const kIds = "cut -d' ' -f1,5,6 /proc/self/stat | { read pid group session; echo $group $session; }";

TEST(ChildProgram, StaysInOurGroupAndSessionUnlessTold) {
  const std::string ours = std::to_string(getpgrp()), session = std::to_string(getsid(0));
  EXPECT_EQ(run(ChildProgram({"sh", "-c", kIds})).said, ours + " " + session + "\n");
  ChildProgram grouped({"sh", "-c", kIds}), apart({"sh", "-c", kIds});
  const std::string in_group = run(grouped.own_group()).said, in_session = run(apart.own_session()).said;
  EXPECT_THAT(in_group, Not(StartsWith(ours + " ")));
  EXPECT_THAT(in_group, HasSubstr(" " + session + "\n"));
  EXPECT_THAT(in_session, Not(HasSubstr(" " + session + "\n")));
}

TEST(ChildProgram, SignalsThatWeIgnoreEndItWhereItIsToldSo) {
  const auto before = std::signal(SIGTERM, SIG_IGN);
  const Ended deaf = run(ChildProgram({"sh", "-c", "kill -TERM $$; echo alive"}));
  ChildProgram program({"sh", "-c", "kill -TERM $$; echo alive"});
  const Ended hears = run(program.default_signals({SIGTERM}));
  std::signal(SIGTERM, before);
  EXPECT_EQ(deaf.said, "alive\n");
  EXPECT_EQ(hears.said, "");
  EXPECT_TRUE(WIFSIGNALED(hears.status));
}

TEST(ChildProgram, SaysWhatCannotBeStartedWithTheCodeOfTheCaller) {
  try {
    ChildProgram({"/nowhere/program"}).start(ExitCode::missing);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::missing);
    EXPECT_STREQ(error.what(), "cannot start /nowhere/program: No such file or directory");
  }
}

}  // namespace
}  // namespace slm::child_process_test
