#include "slm_lab/report/experiment_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/report/json_file.h"

namespace slm::experiment_files_test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kNames = {"agent.net.lr", "agent.algorithm.gamma", "agent.net.hid_layers"};

ExperimentTrial trial(int number, double score, double strength, std::string state = "complete") {
  ExperimentTrial trial{.trial = number,
                        .values = {"0.00031415926", "0.99", "[64, 64]"},
                        .state = std::move(state),
                        .reason = {},
                        .metrics = {}};
  trial.metrics.frame = 20000;
  trial.metrics.scalar.total_reward_ma = score;
  trial.metrics.scalar.strength = strength;
  return trial;
}

ExperimentTrial failed(int number, std::string reason) {
  ExperimentTrial trial{
      .trial = number, .values = {"1", "0.9", "[64]"}, .state = "failed", .reason = std::move(reason), .metrics = {}};
  return trial;
}

// SLM-Lab's columns: trial, the parameters by name, frame and the scores; the strongest first.
TEST(ExperimentFiles, CsvHasSlmLabsColumnsAndOrder) {
  const std::vector<ExperimentTrial> trials = {failed(0, "it said \"no\", twice"), trial(1, 300, 20.5),
                                               trial(2, 200, 40.25, "stopped")};
  EXPECT_EQ(experiment_df_csv(kNames, trials),
            "trial,agent.algorithm.gamma,agent.net.hid_layers,agent.net.lr,frame,total_reward_ma,strength,max_strength,"
            "final_strength,sample_efficiency,training_efficiency,stability,consistency,state,reason\n"
            "2,0.99,\"[64, 64]\",0.00031415926,20000,200,40.25,,,,,,,stopped,\n"
            "1,0.99,\"[64, 64]\",0.00031415926,20000,300,20.5,,,,,,,complete,\n"
            "0,0.9,[64],1,,,,,,,,,,failed,\"it said \"\"no\"\", twice\"\n");
}

TEST(ExperimentFiles, DataDictIsByTrial) {
  const Json json = Json::parse(trial_data_dict_json(kNames, std::vector{trial(0, 300, 20.5), failed(1, "why")}));
  EXPECT_EQ(json["0"]["agent.net.hid_layers"], Json({64, 64}));
  EXPECT_EQ(json["0"]["agent.net.lr"], 0.00031415926);
  EXPECT_EQ(json["0"]["total_reward_ma"], 300);
  EXPECT_TRUE(json["0"]["stability"].is_null());
  EXPECT_EQ(json["1"]["state"], "failed");
  EXPECT_EQ(json["1"]["reason"], "why");
}

// A failed trial is never the best, whatever it had reached.
TEST(ExperimentFiles, BestIsTheHighestTotalRewardMaThatDidNotFail) {
  ExperimentTrial fallen = trial(0, 500, 1, "failed");
  EXPECT_FALSE(has_score(fallen));
  EXPECT_FALSE(has_score(trial(1, Scalars::kNone, 1)));
  EXPECT_TRUE(has_score(trial(1, -3, 1, "stopped")));
  EXPECT_TRUE(is_better(trial(1, -3, 1), fallen));
  EXPECT_TRUE(is_better(trial(1, 3, 0), trial(0, 2, 9)));
  EXPECT_TRUE(is_better(trial(0, 3, 0), trial(1, 3, 9)));
}

TEST(ExperimentFiles, TableShowsTheBestAndWhatFailed) {
  const std::vector<ExperimentTrial> trials = {trial(0, 1, 0), trial(1, 3, 0, "stopped"), trial(2, 2, 0),
                                               failed(3, "diverged at 3k\nsee the log")};
  EXPECT_EQ(experiment_table(kNames, trials, 2),
            "trial  total_reward_ma  strength  frames     state         lr  gamma  hid_layers\n"
            "--------------------------------------------------------------------------------\n"
            "t1                3.00      0.00     20k   stopped  0.0003142   0.99    [64, 64]\n"
            "t2                2.00      0.00     20k  complete  0.0003142   0.99    [64, 64]\n"
            "t3 failed: diverged at 3k\n");
}

TEST(ExperimentFiles, TableNamesParametersApartAndShowsIntervals) {
  ExperimentTrial one{.trial = 0, .values = {"1", "2"}, .state = "complete", .reason = {}, .metrics = {}};
  one.metrics.scalar.total_reward_ma = 10;
  one.metrics.total_reward_ma_ci95 = {8, 12};
  const std::vector<std::string> names = {"agent.net.actor_optim_spec.lr", "agent.net.critic_optim_spec.lr"};
  const std::string table = experiment_table(names, std::vector{one}, 10);
  EXPECT_THAT(table, HasSubstr("actor_optim_spec.lr  critic_optim_spec.lr"));
  EXPECT_THAT(table, Not(HasSubstr("net.actor")));
  EXPECT_THAT(table, HasSubstr("8.00 to 12.00"));
}

TEST(ExperimentFiles, TableOfManyFailuresIsShort) {
  std::vector<ExperimentTrial> trials;
  for (int i = 0; i < 8; ++i) trials.push_back(failed(i, std::string(500, 'x')));
  const std::string table = experiment_table(kNames, trials, 10);
  EXPECT_THAT(table, HasSubstr("and 3 more failed"));
  EXPECT_LT(table.size(), 5 * 150u);
}

}  // namespace
}  // namespace slm::experiment_files_test
