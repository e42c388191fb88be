#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {

using Words = std::vector<std::string>;

inline const std::string kLr = R"("agent.net.actor_optim_spec.lr__loguniform": [1e-4, 1e-2])";
inline const std::string kSpace = R"({"agent.algorithm.gamma__uniform": [0.9, 0.999], )" + kLr + "}";
inline const std::string kAsha = R"(meta.search_scheduler={"grace_period": 500, "reduction_factor": 2})";

/// A search of a shipped spec made small: trials of 2,000 frames.
class SmallSearch : public testing::Test {
 protected:
  Words words(const std::string& mode, const Words& overrides, const Words& more = {}) const {
    Words words = {"run",          source_dir() + "/slm_lab/spec/benchmark/ppo/ppo_cartpole.json",
                   "ppo_cartpole", mode,
                   "--data",       data_.string()};
    Words changes = {"env.max_frame=2000",
                     "meta.log_frequency=250",
                     "meta.max_session=1",
                     "meta.max_trial=6",
                     "agent.algorithm.time_horizon=32",
                     "agent.net.hid_layers=[16]",
                     "agent.algorithm.minibatch_size=64",
                     "meta.search_sampler=random",
                     "search=" + kSpace};
    changes.insert(changes.end(), overrides.begin(), overrides.end());
    for (const std::string& change : changes) words.insert(words.end(), {"--override", change});
    words.insert(words.end(), more.begin(), more.end());
    return slm_lab(words);
  }
  ProcessResult run(const std::string& mode, const Words& overrides = {}, const Words& more = {}) const {
    return run_program(words(mode, overrides, more));
  }
  /// Refused before anything was made; returns what the user is told.
  std::string refusal(const Words& overrides, int exit_code = 2, const Words& more = {}) const {
    const ProcessResult result = run("search", overrides, more);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(files_below(data_), testing::IsEmpty());
    return result.err;
  }

  DataFolder folder() const { return DataFolder::open(only_run(data_)); }
  nlohmann::json data_dict() const {
    return nlohmann::json::parse(read_file(folder().search_results("trial_data_dict.json")));
  }
  std::vector<JournalTrial> trials() const { return SearchJournal::read(folder()); }

  ScratchFolder scratch_;
  std::filesystem::path data_ = scratch_ / "data";
};

}  // namespace slm
