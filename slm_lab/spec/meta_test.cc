#include "slm_lab/spec/meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/spec/report.h"

namespace slm::meta_test {
namespace {

struct Read {
  MetaConfig meta;
  std::vector<std::string> problems, inert;
};

Read read(std::string_view text) {
  const JsonNode root = parse_json(text, "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "meta", report);
  Read out{read_meta_config(reader), {}, {}};
  for (const auto& finding : report.problems()) out.problems.push_back(report.line(finding));
  for (const auto& finding : report.inert_keys()) out.inert.push_back(finding.path);
  return out;
}

TEST(ReadMetaConfig, DefaultsAreTheReferences) {
  const Read r = read(R"({"distributed": false, "max_session": 4})");
  EXPECT_THAT(r.problems, testing::IsEmpty());
  EXPECT_EQ(r.meta.distributed, "false");
  EXPECT_EQ(r.meta.max_session, 4);
  EXPECT_EQ(r.meta.max_trial, std::nullopt);
  EXPECT_EQ(r.meta.log_frequency, 10000);
  EXPECT_EQ(r.meta.eval_frequency, 10000);
  EXPECT_EQ(r.meta.rigorous_eval, 0);
  EXPECT_EQ(r.meta.seed, 0);
  EXPECT_FALSE(r.meta.search_scheduler);
}

TEST(ReadMetaConfig, ReadsEveryKey) {
  const Read r =
      read(R"({"distributed": "Synced", "max_session": 1, "max_trial": 16, "log_frequency": 5e2, "eval_frequency": 1000,
      "rigorous_eval": true, "seed": 7, "search_resources": {"cpu": 2, "gpu": 0.125},
      "search_scheduler": {"grace_period": 50000, "reduction_factor": 3, "metric": "x"}, "num_gpus": 2, "git_sha": "f00"})");
  EXPECT_THAT(r.problems, testing::IsEmpty());
  EXPECT_EQ(r.meta.distributed, "synced");
  EXPECT_EQ(r.meta.max_trial, 16);
  EXPECT_EQ(r.meta.log_frequency, 500);
  EXPECT_EQ(r.meta.rigorous_eval, 1);
  EXPECT_EQ(r.meta.seed, 7);
  EXPECT_EQ(r.meta.search_resources.gpu, 0.125);
  ASSERT_TRUE(r.meta.search_scheduler);
  EXPECT_EQ(r.meta.search_scheduler->grace_period, 50000);
  EXPECT_EQ(r.meta.search_scheduler->brackets, 1);
  EXPECT_THAT(r.inert, testing::ElementsAre("meta.search_scheduler.metric", "meta.num_gpus", "meta.git_sha"));
}

TEST(ReadMetaConfig, ReadsHowASearchDraws) {
  EXPECT_EQ(read(R"({"max_session": 1})").meta.search_sampler, "tpe");
  EXPECT_EQ(read(R"({"max_session": 1, "search_sampler": "Sobol"})").meta.search_sampler, "sobol");
  EXPECT_THAT(read(R"({"max_session": 1, "search_sampler": "tpee"})").problems,
              testing::ElementsAre(testing::HasSubstr("expected one of tpe, multivariate_tpe, random, sobol, grid")));
}

TEST(ReadMetaConfig, RefusesSchedulerKeysThatWouldBeIgnored) {
  EXPECT_THAT(read(R"({"max_session": 1, "search_scheduler": {"name": "median", "brackets": 2}})").problems,
              testing::ElementsAre(testing::HasSubstr("meta.search_scheduler.brackets = 2: a key of asha")));
  EXPECT_THAT(read(R"({"max_session": 1, "search_scheduler": {"mode": "min"}})").problems,
              testing::ElementsAre(testing::HasSubstr("meta.search_scheduler.mode = \"min\": expected one of max")));
  EXPECT_THAT(
      read(R"({"max_session": 1, "search_scheduler": {"name": "asha", "mode": "max", "brackets": 2}})").problems,
      testing::IsEmpty());
}

TEST(ReadMetaConfig, RefusesNonsense) {
  EXPECT_THAT(
      read(R"({"max_session": 0, "distributed": true, "seed": -1, "rigorous_eval": -2, "log_frequency": 0.5})")
          .problems,
      testing::ElementsAre(
          "f.json:1:17: meta.max_session = 0: expected an integer in [1, 10000]; nearest legal value: 1",
          "f.json:1:35: meta.distributed = true: expected false, shared or synced",
          "f.json:1:49: meta.seed = -1: expected an integer >= 0; nearest legal value: 0",
          "f.json:1:70: meta.rigorous_eval = -2: expected true or false, or an integer in [0, 1000000]; nearest "
          "legal value: 0",
          "f.json:1:91: meta.log_frequency = 0.5: expected an integer >= 1; nearest legal value: 1"));
  EXPECT_THAT(read("{}").problems, testing::ElementsAre(testing::HasSubstr("meta.max_session: missing")));
}

}  // namespace
}  // namespace slm::meta_test
