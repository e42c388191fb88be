// What lies on disk, as a user meets it: a run that is to be longer, edited or foreign files, a run that diverges.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class Lasting : public testing::Test {
 protected:
  using Words = std::vector<std::string>;
  static constexpr const char* kSpec = "a2c_gae_cartpole";

  ProcessResult lab(const std::string& mode, const Words& overrides = {}, const Words& more = {}) {
    Words words = {"run",    source_dir() + "/slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json",
                   kSpec,    mode,
                   "--data", data_.string()};
    Words changes = {"meta.log_frequency=500", "meta.max_session=1"};
    changes.insert(changes.end(), overrides.begin(), overrides.end());
    for (const std::string& change : changes) words.insert(words.end(), {"--override", change});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(slm_lab(words));
  }
  fs::path run() const { return only_run(data_); }
  fs::path file(const std::string& end) const {
    for (const std::string& name : files_below(run()))
      if (name.ends_with(end)) return run() / name;
    ADD_FAILURE() << "no file " << end;
    return {};
  }
  bool has(const std::string& end) const {
    const auto files = files_below(run());
    return std::any_of(files.begin(), files.end(), [&](const std::string& name) { return name.ends_with(end); });
  }
  std::int64_t frames() const {
    return nlohmann::json::parse(read_file(file("_trial_metrics.json")))["sessions"]["0"]["frame"];
  }
  static void replace(const fs::path& path, const std::string& from, const std::string& to) {
    std::string text = read_file(path);
    ASSERT_NE(text.find(from), text.npos) << path;
    write_file_durably(path, text.replace(text.find(from), from.size(), to));
  }

  ScratchFolder scratch_;
  fs::path data_ = scratch_ / "data";
};

TEST_F(Lasting, AFinishedRunTrainsOnToALargerMaxFrame) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  EXPECT_EQ(frames(), 3000);
  const ProcessResult longer = lab("train@latest", {"env.max_frame=6000"});
  ASSERT_EQ(longer.exit_code, 0) << longer.err;
  EXPECT_THAT(longer.err, HasSubstr("trains on from frame 3000 to 6000"));
  EXPECT_THAT(longer.err, HasSubstr("continues from frame 3000"));
  EXPECT_EQ(frames(), 6000);
  EXPECT_EQ(csv_cells(read_file(file("_df_train.csv"))).size(), 1u + 12);  // a header and every log point
  const ProcessResult done = lab("train@latest", {"env.max_frame=6000"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.err, HasSubstr("the run is finished, so that nothing is left to train"));
  EXPECT_EQ(frames(), 6000);
}

// Its rows are a megabyte and more, which lie in segments while it trains and move into the file of all states.
TEST_F(Lasting, AFinishedRunOfManyLogPointsTrainsOnToo) {
  ASSERT_EQ(lab("train", {"env.max_frame=6000", "env.num_envs=1", "meta.log_frequency=1"}).exit_code, 0);
  const std::string csv = read_file(file("_df_train.csv"));
  const ProcessResult longer = lab("train@latest", {"env.max_frame=7000", "env.num_envs=1", "meta.log_frequency=1"});
  ASSERT_EQ(longer.exit_code, 0) << longer.err;
  EXPECT_EQ(frames(), 7000);
  EXPECT_TRUE(read_file(file("_df_train.csv")).starts_with(csv));
  EXPECT_EQ(csv_cells(read_file(file("_df_train.csv"))).size(), 1u + 7000);
}

TEST_F(Lasting, OtherSettingsAreRefusedByName) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  const ProcessResult refused = lab("train@latest", {"env.max_frame=6000", "agent.algorithm.gamma=0.5", "meta.seed=3"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("agent.algorithm.gamma = 0.5: the run has "));
  EXPECT_THAT(refused.err, HasSubstr("meta.seed = 3: the run has "));
  EXPECT_THAT(refused.err, Not(HasSubstr("env.max_frame =")));
  const ProcessResult smaller = lab("train@latest", {"env.max_frame=2000"});
  EXPECT_EQ(smaller.exit_code, 2);
  EXPECT_THAT(smaller.err, HasSubstr("env.max_frame = 2000: the run has 3000"));
  EXPECT_EQ(frames(), 3000);
}

TEST_F(Lasting, AnEditedSpecOfARunIsRefused) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  const fs::path spec = file("_t0_spec.json");
  const std::string good = read_file(spec);
  replace(spec, "\"max_frame\": 3000", "\"max_frame\": 9000");
  for (const char* mode : {"train@latest", "enjoy"}) {
    const ProcessResult refused = lab(mode == std::string("enjoy") ? "enjoy@" + run().string() : mode);
    EXPECT_EQ(refused.exit_code, 5) << mode;
    EXPECT_THAT(refused.err, HasSubstr("_t0_spec.json: not the spec that this run was started with")) << mode;
  }
  write_file_durably(spec, "{");
  EXPECT_EQ(lab("train@latest").exit_code, 5);
  write_file_durably(spec, good);
  EXPECT_EQ(lab("train@latest", {"env.max_frame=3000"}).exit_code, 0);
  replace(run() / "manifest.json", "\"seed\": 0", "\"seed\": 1");
  const ProcessResult damaged = lab("train@latest", {"env.max_frame=3000"});
  EXPECT_EQ(damaged.exit_code, 5);
  EXPECT_THAT(damaged.err, HasSubstr("manifest.json: damaged"));
}

TEST_F(Lasting, AFinishedRunIsVerified) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  replace(file("_df_train.csv"), ",", ";");
  const ProcessResult changed = lab("train@latest", {"env.max_frame=3000"});
  EXPECT_EQ(changed.exit_code, 5);
  EXPECT_THAT(changed.err, HasSubstr("_df_train.csv: changed since the run was finished"));
}

TEST_F(Lasting, NothingLeadsOutOfTheRunFolder) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  const fs::path victim = scratch_ / "victim.txt";
  write_file_durably(victim, "precious");
  fs::remove(run() / "run.lock");
  fs::create_symlink(victim, run() / "run.lock");
  const ProcessResult refused = lab("train@latest", {"env.max_frame=3000"});
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("run.lock: a symbolic link"));
  EXPECT_EQ(read_file(victim), "precious");
}

TEST_F(Lasting, WeightsThatAreNotTheirsAreNotPlayed) {
  ASSERT_EQ(lab("train", {"env.max_frame=3000"}).exit_code, 0);
  const fs::path weights = file("_ckpt-best_net_model.safetensors");
  std::string bytes = read_file(weights);
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  write_file_durably(weights, bytes);
  const ProcessResult played = lab("enjoy@" + run().string());
  EXPECT_EQ(played.exit_code, 5) << played.out;
  EXPECT_THAT(played.err, HasSubstr("damaged: its content is not that of its checksum"));
}

/// Trains well, until the learning rate has grown beyond all numbers.
TEST_F(Lasting, ARunThatDivergesKeepsWhatWasGood) {
  const Words diverge = {"env.max_frame=20000",
                         R"(agent.net.lr_scheduler_spec={"name": "StepLR", "step_size": 2, "gamma": 10})"};
  const ProcessResult diverged = lab("train", diverge);
  ASSERT_EQ(diverged.exit_code, 7) << diverged.err;
  EXPECT_THAT(diverged.err, HasSubstr("It happened at frame "));
  EXPECT_THAT(diverged.err, HasSubstr("no last weights, as no checkpoint was due before"));
  EXPECT_THAT(diverged.err, HasSubstr("Usual causes"));
  EXPECT_THAT(diverged.err, Not(HasSubstr("Go on with")));
  EXPECT_GE(csv_cells(read_file(file("_df_train.csv"))).size(), 2u);
  EXPECT_TRUE(has("_ckpt-best_net_model.safetensors"));
  EXPECT_TRUE(has(".png"));
}

}  // namespace
}  // namespace slm
