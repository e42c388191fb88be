#include "slm_lab/experiment/session_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"
#include "tests/support/scratch_folder.h"

namespace slm::session_process_test {
namespace {

using testing::ElementsAre;

/// A trial of a search: log points come every 200 of its 2000 frames.
class SessionOfSearch : public testing::Test {
 protected:
  SessionOfSearch() {
    job_.folder = folder_.root();
    job_.trial = 3;
    job_.of_search = true;
    job_.spec_hash = loaded_.hash;
    start_manifest(folder_, scratch_ / "data", loaded_.hash, 0, "", {});
    save_search_spec(folder_, loaded_);
    save_trial_spec(folder_, job_.trial, loaded_);
  }

  static LoadedSpec load() {
    LoadOptions options;
    options.repository = source_dir();
    options.overrides = {"env.max_frame=2000", "meta.log_frequency=200", "meta.max_session=1"};
    return load_spec("benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", options);
  }

  const ScratchFolder scratch_;
  const LoadedSpec loaded_ = load();
  const DataFolder folder_ = DataFolder::create(scratch_ / "data", loaded_.name, "run");
  SessionJob job_;
};

TEST_F(SessionOfSearch, AsksFromTheFramesOnThatItIsToldAndEndsWhereItIsTold) {
  job_.ask_at = 500;
  std::vector<std::int64_t> told, asked;
  std::vector<Answer> answers = {{.goes_on = false}, {.goes_on = true, .ask_at = 1400}};
  const auto report = [&](const SessionMessage& message) {
    if (message.kind == SessionMessage::Kind::log_point) told.push_back(message.frame);
    if (message.asks) asked.push_back(message.frame);
  };
  const auto answer = [&] {
    const Answer next = answers.back();
    answers.pop_back();
    return next;
  };
  EXPECT_EQ(run_session(job_, {report, answer}), 0);
  EXPECT_THAT(asked, ElementsAre(600, 1400));
  EXPECT_THAT(told, ElementsAre(200, 400, 600, 800, 1000, 1200, 1400));
}

// As when it is killed just before it removes its result, by which it counts as done.
TEST_F(SessionOfSearch, TellsItsRowsAgainAndPutsAwayItsResultWhereItWasDoneBefore) {
  const std::filesystem::path file = folder_.session_result(job_.trial, job_.session);
  const SessionLine quiet{[](const SessionMessage&) {}, nullptr};
  ASSERT_EQ(run_session(job_, quiet), 0);
  ASSERT_FALSE(file_exists(file));
  const std::string metrics = read_file(folder_.trial_metrics(job_.trial));
  write_session_result(folder_, job_.trial, job_.session,
                       read_session_result(folder_, job_.trial, job_.session).value());
  ASSERT_TRUE(file_exists(file));
  std::vector<std::int64_t> told;
  EXPECT_EQ(run_session(job_, {[&](const SessionMessage& message) { told.push_back(message.frame); }, nullptr}), 0);
  EXPECT_EQ(told.size(), 10u);
  EXPECT_FALSE(file_exists(file));
  EXPECT_EQ(read_file(folder_.trial_metrics(job_.trial)), metrics);
}

}  // namespace
}  // namespace slm::session_process_test
