#include "slm_lab/experiment/session_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "tests/support/scratch_folder.h"

namespace slm::session_process_test {
namespace {

using testing::ElementsAre;

// Log points come every 200 frames.
TEST(SessionProcess, AsksFromTheFramesOnThatItIsToldAndEndsWhereItIsTold) {
  const ScratchFolder scratch;
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"env.max_frame=2000", "meta.log_frequency=200", "meta.max_session=1"};
  const LoadedSpec loaded = load_spec("benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", options);
  const DataFolder folder = DataFolder::create(scratch / "data", loaded.name, "run");
  start_manifest(folder, scratch / "data", loaded.hash, 0, "", {});
  save_search_spec(folder, loaded);
  save_trial_spec(folder, 3, loaded);
  SessionJob job;
  job.folder = folder.root();
  job.trial = 3;
  job.of_search = true;
  job.spec_hash = loaded.hash;
  job.ask_at = 500;
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
  EXPECT_EQ(run_session(job, {report, answer}), 0);
  EXPECT_THAT(asked, ElementsAre(600, 1400));
  EXPECT_THAT(told, ElementsAre(200, 400, 600, 800, 1000, 1200, 1400));
}

}  // namespace
}  // namespace slm::session_process_test
