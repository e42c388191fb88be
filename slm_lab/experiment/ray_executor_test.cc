#include "slm_lab/experiment/ray_executor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <string>

#include "slm_lab/base/error.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm::ray_executor_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kReady =
    R"(echo '{"event": "ready", "nodes": [{"cpu": 4, "gpu": 1, "memory": 5e9}, {"cpu": 2, "gpu": 0, "memory": 1e9}]}')"
    "\n";

/// A shell that speaks for the driver: what Ray does is not asked here.
class RayExecutorTest : public testing::Test {
 protected:
  RayCluster driver(const std::string& script, int threads = 0) const {
    std::ofstream(scratch_ / "driver.sh") << script;
    return {.python = "/bin/sh", .driver = scratch_ / "driver.sh", .address = "", .threads = threads};
  }
  static Job job(JobId id) {
    Job job{.id = id, .session = {}, .needs = {.cores = 1}};
    job.session.folder = "data/run";
    job.session.log = "data/run/log/a_t0.log";
    return job;
  }
  /// What happens until `count` jobs have ended.
  static std::vector<std::string> until_ended(RayExecutor& executor, int count) {
    std::vector<std::string> log;
    while (count > 0)
      for (const JobEvent& event : executor.wait(100)) {
        if (const auto* reported = std::get_if<JobReported>(&event))
          log.push_back(fmt::format("{}: {}", reported->job, reported->message.text));
        const auto* ended = std::get_if<JobEnded>(&event);
        if (ended == nullptr) continue;
        --count;
        log.push_back(fmt::format("{}: code {}{}{}", ended->job, ended->exit_code, ended->crashed ? ", crashed " : "",
                                  ended->failure));
      }
    return log;
  }
  static std::string refusal(const RayCluster& cluster, ExitCode code) {
    try {
      const RayExecutor executor(cluster);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "none";
  }

  ScratchFolder scratch_;
};

TEST_F(RayExecutorTest, HasWhatTheNodesHaveAndNoMoreThanIsAllowed) {
  const RayExecutor all(driver(kReady + "cat >/dev/null"));
  EXPECT_EQ(all.budget().cores, 6);
  EXPECT_EQ(all.budget().bytes, 6'000'000'000);
  EXPECT_EQ(all.budget().gpus, 1);
  ASSERT_EQ(all.machines().size(), 2u);
  EXPECT_EQ(all.machines()[1].cores, 2);
  EXPECT_EQ(RayExecutor(driver(kReady + "cat >/dev/null", /*threads=*/3)).budget().cores, 3);
}

TEST_F(RayExecutorTest, PassesOnReportsAndEnds) {
  RayExecutor executor(driver(kReady + R"(
read start
echo '{"event": "line", "job": 7, "text": "no report"}'
echo '{"event": "waits", "job": 7, "text": "no node"}'
echo '{"event": "ended", "job": 7, "code": 3}'
read start
echo '{"event": "ended", "job": 8, "code": -11}'
read start
read stop
echo '{"event": "lost", "job": 9, "text": "gone"}'
read start
echo '{"event": "lost", "job": 10, "text": "gone"}'
cat >/dev/null)"));
  executor.start(job(7));
  EXPECT_THAT(until_ended(executor, 1), ElementsAre("7: an unreadable report: no report", "7: no node", "7: code 3"));
  executor.start(job(8));
  EXPECT_THAT(until_ended(executor, 1), ElementsAre("8: code 139, crashed "));
  executor.start(job(9));
  executor.stop(9, Stop::at_checkpoint);
  EXPECT_THAT(until_ended(executor, 1), ElementsAre("9: code 137gone"));  // no crash: it was to end
  executor.start(job(10));
  EXPECT_THAT(until_ended(executor, 1), ElementsAre("10: code 137, crashed gone"));
}

TEST_F(RayExecutorTest, SaysWhatIsToBeDone) {
  {
    RayExecutor executor(driver(kReady + "cat >" + (scratch_ / "said").string()));
    Job one = job(7);
    one.session.session = 2;
    one.needs = {.cores = 0.5, .bytes = 1000, .gpus = 0.25};
    executor.start(one);
    executor.answer(7, {.goes_on = true, .ask_at = 900});
    executor.answer(7, {.goes_on = false});
    executor.answer(8, {.goes_on = false});  // nobody
    executor.stop(7, Stop::at_checkpoint);
    executor.stop(7, Stop::now);
  }
  const std::string here = fs::current_path().string(), said = read_file(scratch_ / "said");
  EXPECT_THAT(said, HasSubstr(fmt::format(R"("session","{}/data/run","--trial=0","--session=2")", here)));
  EXPECT_THAT(said, HasSubstr(fmt::format(R"("log":"{}/data/run/log/a_t0.log")", here)));
  EXPECT_THAT(said, HasSubstr(R"("fence":")" + here + R"(/data/run/log/a_t0.log.s2.running")"));
  EXPECT_THAT(said, HasSubstr(R"("needs":{"cpu":0.5,"gpu":0.25,"memory":1000}})"));
  EXPECT_THAT(said, HasSubstr("}\n"
                              R"({"do":"answer","job":7,"text":"900\n"})"
                              "\n"
                              R"({"do":"answer","job":7,"text":"end\n"})"
                              "\n"
                              R"({"do":"stop","job":7,"signal":15})"
                              "\n"
                              R"({"do":"stop","job":7,"signal":9})"
                              "\n"));
}

// Its sessions are gone with it; they start again.
TEST_F(RayExecutorTest, StartsADriverAgainThatDied) {
  const std::string mark = (scratch_ / "mark").string();
  RayExecutor executor(driver(kReady + "if [ ! -e " + mark + " ]; then touch " + mark + R"(
read start; read start; echo oops >&2; kill -9 $$
fi
read start; echo '{"event": "ended", "job": 2, "code": 0}'
cat >/dev/null)"));
  executor.start(job(1));
  executor.start(job(2));
  EXPECT_THAT(until_ended(executor, 2), ElementsAre("1: code 137, crashed the Ray driver ended: oops",
                                                    "2: code 137, crashed the Ray driver ended: oops"));
  executor.start(job(2));
  EXPECT_THAT(until_ended(executor, 1), ElementsAre("2: code 0"));
}

TEST_F(RayExecutorTest, SaysWhyItCannotBe) {
  RayCluster none = driver("");
  none.python = scratch_ / "none";
  EXPECT_THAT(refusal(none, ExitCode::missing), HasSubstr("install it with: ./slm-lab setup ray"));
  EXPECT_EQ(refusal(driver(R"(echo '{"event": "refused", "code": 8, "text": "no cluster"}')"), ExitCode::remote),
            "no cluster");
  EXPECT_EQ(refusal(driver("echo no python >&2"), ExitCode::remote), "the Ray driver ended at its start: no python");
  EXPECT_THAT(refusal(driver("echo hello; cat >/dev/null"), ExitCode::corrupt), HasSubstr("the Ray driver"));
}

TEST_F(RayExecutorTest, EndsWhenTheClusterIsLost) {
  RayExecutor executor(driver(kReady + R"(
read start
echo '{"event": "refused", "code": 8, "text": "no folder"}'
cat >/dev/null)"));
  executor.start(job(1));
  EXPECT_THROW(until_ended(executor, 1), Error);
}

}  // namespace
}  // namespace slm::ray_executor_test
