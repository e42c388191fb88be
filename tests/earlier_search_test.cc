// A new search that begins where an earlier one ended: --from and --refine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "slm_lab/base/file.h"
#include "slm_lab/store/data_folder.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/small_search.h"

namespace slm {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;
using Json = nlohmann::json;
using EarlierSearch = SmallSearch;

// The sampler has its ten trials from the start; and it has them again when the search goes on.
TEST_F(EarlierSearch, TeachesTheSampler) {
  const fs::path earlier = scratch_ / "earlier";
  const Words tpe = {"meta.search_sampler=tpe", "meta.max_trial=2"};
  const auto values = [&] {
    const Json dict = data_dict();
    return std::pair{dict["0"]["agent.algorithm.gamma"], dict["1"]["agent.algorithm.gamma"]};
  };
  ASSERT_EQ(run("search", {"meta.max_trial=12"}).exit_code, 0);
  fs::rename(only_run(data_), earlier);
  ASSERT_EQ(run("search", tpe, {"--threads", "1"}).exit_code, 0);
  const auto alone = values();
  fs::remove_all(data_);
  const ProcessResult warm = run("search", tpe, {"--threads", "1", "--from", earlier.string()});
  ASSERT_EQ(warm.exit_code, 0) << warm.err;
  EXPECT_THAT(warm.err, HasSubstr("note: 12 of 12 trials of "));
  const auto learnt = values();
  EXPECT_NE(learnt, alone);
  fs::remove_all(data_);
  Words one = tpe;
  one.back() = "meta.max_trial=1";
  ASSERT_EQ(run("search", one, {"--threads", "1", "--from", earlier.string()}).exit_code, 0);
  ASSERT_EQ(run("search@latest", tpe, {"--threads", "1"}).exit_code, 0);
  EXPECT_EQ(values(), learnt);
}

TEST_F(EarlierSearch, IsRefined) {
  ASSERT_EQ(run("search", {kAsha, "meta.max_trial=12"}).exit_code, 0);
  std::map<double, double> gamma_by_score;
  const Json dict = data_dict();
  for (const auto& [trial, entry] : dict.items())
    gamma_by_score[-entry["total_reward_ma"].get<double>()] = entry["agent.algorithm.gamma"];
  std::set<double> winners;  // three of twelve
  for (auto best = gamma_by_score.begin(); best != std::next(gamma_by_score.begin(), 3); ++best)
    winners.insert(best->second);
  const fs::path earlier = scratch_ / "earlier";
  fs::rename(only_run(data_), earlier);
  const ProcessResult refined = run("search", {kAsha, "meta.max_trial=1"}, {"--refine", earlier.string()});
  ASSERT_EQ(refined.exit_code, 0) << refined.err;
  const Json spec = Json::parse(read_file(folder().spec_file()))["ppo_cartpole"];
  const Json gamma = spec["search"]["agent.algorithm.gamma__uniform"];
  EXPECT_LT(gamma[0], *winners.begin());
  EXPECT_GT(gamma[1], *winners.rbegin());
  EXPECT_GE(gamma[0], 0.9);
  EXPECT_LE(gamma[1], 0.999);
  EXPECT_EQ(spec["meta"]["max_session"], 1);  // which the command line says, as it does the scheduler
  EXPECT_FALSE(spec["meta"]["search_scheduler"].is_null());
  EXPECT_THAT(refined.err, HasSubstr("note: the space is narrowed around the best trials of " + earlier.string()));
}

// What a second stage is, where the command line says nothing of it.
TEST_F(EarlierSearch, IsRefinedWithSessionsAndWithoutAScheduler) {
  ASSERT_EQ(run("search", {kAsha, "meta.max_trial=2"}).exit_code, 0);
  Json spec = Json::parse(read_file(folder().spec_file()));
  spec["ppo_cartpole"]["meta"]["max_trial"] = 1;
  const fs::path earlier = scratch_ / "earlier", file = scratch_ / "spec.json";
  std::ofstream(file) << spec;
  fs::rename(only_run(data_), earlier);
  const ProcessResult refined =
      run_program(slm_lab({"run", file.string(), "search", "--data", data_.string(), "--refine", earlier.string()}));
  ASSERT_EQ(refined.exit_code, 0) << refined.err;
  const Json meta = Json::parse(read_file(folder().spec_file()))["ppo_cartpole"]["meta"];
  EXPECT_EQ(meta["max_session"], 4);
  EXPECT_TRUE(meta["search_scheduler"].is_null());
  EXPECT_TRUE(fs::exists(folder().session_csv(0, 3, "train")));
}

TEST_F(EarlierSearch, IsRefusedWhereNothingCanBeLearnt) {
  for (const char* option : {"--from", "--refine"}) {
    EXPECT_THAT(refusal({}, 2, {option, "latest"}), HasSubstr("no search of ppo_cartpole in"));
    EXPECT_THAT(refusal({}, 2, {option, scratch_.path().string()}), HasSubstr("not a run folder"));
    EXPECT_THAT(run("train", {}, {option, "latest"}).err, HasSubstr(std::string(option) + ": for a new search"));
    EXPECT_THAT(run("search@latest", {}, {option, "latest"}).err,
                HasSubstr(std::string(option) + ": for a new search"));
  }
  ASSERT_EQ(run("search", {"meta.max_trial=2"}).exit_code, 0);
  const fs::path earlier = scratch_ / "earlier";
  fs::rename(only_run(data_), earlier);
  const std::string lam = R"(search={"agent.algorithm.lam__uniform": [0.5, 1]})";
  EXPECT_THAT(refusal({lam}, 2, {"--from", earlier.string()}), HasSubstr("agent.algorithm.lam was not searched there"));
  EXPECT_THAT(refusal({lam}, 2, {"--refine", earlier.string()}), HasSubstr("no winner of "));
  const std::string gamma = R"(search={"agent.algorithm.gamma__uniform": [0.5, 1]})";
  EXPECT_THAT(refusal({gamma}, 2, {"--from", earlier.string()}), HasSubstr("lr was searched there and is not here"));
}

}  // namespace
}  // namespace slm
