#include "slm_lab/report/metric_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/base/error.h"

namespace slm::metric_files_test {
namespace {

TEST(MetricFiles, ScalarsComeBackAsTheyWere) {
  TrialMetrics trial;
  trial.frame = 20000;
  double value = 0.1;
  for (const ScalarName& scalar : kScalars) trial.scalar.*scalar.value = value += 1.0 / 3;
  trial.scalar.stability = Scalars::kNone;
  trial.consistency = 0.5;
  trial.episode_return_ma100 = 12;
  trial.total_reward_ma_std = 3;
  trial.total_reward_ma_ci95 = {1, 2};
  trial.eval_return_d100_ci95 = {5, 6};
  const std::string text = trial_metrics_scalar_json(trial);
  const TrialMetrics read = parse_trial_metrics_scalar(text, "file");
  EXPECT_EQ(trial_metrics_scalar_json(read), text);
  EXPECT_EQ(read.scalar.strength, trial.scalar.strength);
  EXPECT_TRUE(std::isnan(read.scalar.stability));
  EXPECT_EQ(read.total_reward_ma_ci95.high, 2);
}

TEST(MetricFiles, ADamagedOneIsNamed) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      parse_trial_metrics_scalar(text, "metrics.json");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::corrupt);
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal("{\"frame\": 1}"), testing::HasSubstr("metrics.json: damaged"));
  EXPECT_THAT(refusal("{"), testing::HasSubstr("metrics.json: damaged"));
}

}  // namespace
}  // namespace slm::metric_files_test
