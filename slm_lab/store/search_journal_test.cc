#include "slm_lab/store/search_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/json_file.h"
#include "tests/support/scratch_folder.h"

namespace slm::search_journal_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = JournalTrial::State;

SearchDimension dimension(const char* path, SearchDistribution distribution, std::vector<double> args) {
  return {.path = path, .distribution = distribution, .args = std::move(args), .choices = {}};
}

SearchDimension choice(const char* path, const std::string& choices) {
  return {.path = path,
          .distribution = SearchDistribution::choice,
          .args = {},
          .choices = parse_json(choices, "test").elements};
}

class Journal : public testing::Test {
 protected:
  Journal() : folder_(DataFolder::create(scratch_ / "data", "small", "run")) {
    write_file_durably(folder_.spec_file(), "{}");
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    std::ifstream in(folder_.search_journal());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  Json line(std::size_t index) const { return Json::parse(lines().at(index)); }
  std::string text() const { return read_file(folder_.search_journal()); }
  void append(const std::string& text) { std::ofstream(folder_.search_journal(), std::ios::app) << text; }

  SearchJournal create() { return SearchJournal::create(folder_, space_, {{"sampler", "random"}}); }
  SearchJournal open() { return SearchJournal::open(folder_, space_); }

  /// Of the error that opening gives.
  std::string refusal() {
    try {
      open();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::corrupt);
      return error.what();
    }
    return "nothing";
  }

  ScratchFolder scratch_;
  DataFolder folder_;
  std::vector<SearchDimension> space_ = {dimension("agent.lr", SearchDistribution::loguniform, {1e-5, 1e-2}),
                                         choice("agent.act", R"(["relu", null, [64, 64]])")};
};

// The format as optuna/storages/journal/_storage.py reads it (docs/search.md; scripts/check_search_journal.py opens
// such a file with Optuna itself).
TEST_F(Journal, WritesTheOperationsOfOptuna) {
  SearchJournal journal = create();
  journal.start_trial({0.0003, 2}, "abc", 4);
  journal.report({0, 1000, 88.5});
  journal.end_trial(0, State::stopped, 88.5, "too low");
  ASSERT_EQ(lines().size(), 7u);
  EXPECT_EQ(line(0), Json::parse(R"({"op_code":0,"worker_id":"slm-lab","study_name":"small","directions":[2]})"));
  EXPECT_EQ(line(1), Json::parse(R"({"op_code":3,"worker_id":"slm-lab","study_id":0,
                                     "system_attr":{"study:metric_names":["total_reward_ma"]}})"));
  EXPECT_EQ(line(2), Json::parse(R"({"op_code":2,"worker_id":"slm-lab","study_id":0,
                                     "user_attr":{"sampler":"random"}})"));
  Json created = line(3);
  EXPECT_THAT(created["datetime_start"].get<std::string>(),
              testing::MatchesRegex("....-..-..T..:..:..[.]......[+]00:00"));
  created.erase("datetime_start");
  Json distributions;
  for (const auto& [path, text] : created["distributions"].items())
    distributions[path] = Json::parse(std::string(text));
  created.erase("distributions");
  EXPECT_EQ(created, Json::parse(R"({"op_code":4,"worker_id":"slm-lab","study_id":0,
                                     "params":{"agent.lr":0.0003,"agent.act":2.0},
                                     "user_attrs":{"spec_hash":"abc","refused":4}})"));
  EXPECT_EQ(distributions, Json::parse(R"({
      "agent.lr": {"name":"FloatDistribution","attributes":{"step":null,"low":1e-05,"high":0.01,"log":true}},
      "agent.act": {"name":"CategoricalDistribution","attributes":{"choices":["relu",null,"[64, 64]"]}}})"));
  EXPECT_EQ(line(4), Json::parse(R"({"op_code":7,"worker_id":"slm-lab","trial_id":0,"step":1000,
                                     "intermediate_value":88.5})"));
  EXPECT_EQ(line(5), Json::parse(R"({"op_code":8,"worker_id":"slm-lab","trial_id":0,
                                     "user_attr":{"reason":"too low"}})"));
  Json ended = line(6);
  ended.erase("datetime_complete");
  EXPECT_EQ(ended, Json::parse(R"({"op_code":6,"worker_id":"slm-lab","trial_id":0,"state":2,"values":[88.5]})"));
}

// Ray's randint never draws its upper end, Optuna's IntDistribution does.
TEST_F(Journal, StatesTheBoundsAsOptunaCountsThem) {
  space_ = {dimension("a", SearchDistribution::randint, {2, 9}),
            dimension("b", SearchDistribution::qrandint, {2, 9, 1}), dimension("c", SearchDistribution::randn, {5, 2})};
  create().start_trial({3, 9, 5.5}, "abc", 0);
  const auto attributes = [&](const char* path) {
    return Json::parse(line(3)["distributions"][path].get<std::string>())["attributes"];
  };
  EXPECT_EQ(attributes("a"), Json::parse(R"({"log":false,"step":1,"low":2,"high":8})"));
  EXPECT_EQ(attributes("b"), Json::parse(R"({"log":false,"step":1,"low":2,"high":9})"));
  EXPECT_EQ(attributes("c"), Json::parse(R"({"step":null,"low":-15.0,"high":25.0,"log":false})"));
}

TEST_F(Journal, ComesBackAsItWas) {
  {
    SearchJournal journal = create();
    journal.start_trial({0.1 + 0.2, 1}, "h0", 0);
    journal.start_trial({1e-5, 0}, "h1", 2);
    journal.report({1, 500, 10.25});
    journal.report({0, 500, 1.0 / 3});
    journal.end_trial(1, State::failed, std::nan(""), "out of\nmemory");
    journal.end_trial(0, State::complete, 1.0 / 3);
    journal.start_trial({1e-4, 0}, "h2", 0);
  }
  const SearchJournal journal = open();
  ASSERT_EQ(journal.trials().size(), 3u);
  EXPECT_THAT(journal.trials()[0].parameters, ElementsAre(0.1 + 0.2, 1));
  EXPECT_EQ(journal.trials()[0].state, State::complete);
  EXPECT_EQ(journal.trials()[0].value, 1.0 / 3);
  EXPECT_EQ(journal.trials()[0].frame, 500);
  EXPECT_EQ(journal.trials()[1].state, State::failed);
  EXPECT_TRUE(std::isnan(journal.trials()[1].value)) << "what it reported before";
  EXPECT_EQ(journal.trials()[1].spec_hash, "h1");
  EXPECT_EQ(journal.trials()[1].refused, 2);
  EXPECT_EQ(journal.trials()[1].reason, "out of\nmemory");
  EXPECT_EQ(journal.trials()[2].state, State::running);
  EXPECT_TRUE(std::isnan(journal.trials()[2].value));
  ASSERT_EQ(journal.reports().size(), 2u);
  EXPECT_EQ(journal.reports()[0].trial, 1);
  EXPECT_EQ(journal.reports()[1].value, 1.0 / 3);
}

// A process may be killed at every byte of what it writes.
TEST_F(Journal, GoesOnAfterEveryTornLine) {
  create();
  const std::string before = text();
  open().start_trial({1e-4, 0}, "h0", 0);
  const std::string added = text().substr(before.size());
  for (std::size_t length = 0; length < added.size(); ++length) {
    std::ofstream(folder_.search_journal()) << before << added.substr(0, length);
    SearchJournal journal = open();
    ASSERT_TRUE(journal.trials().empty()) << length;
    journal.start_trial({1e-3, 1}, "h1", 0);
    const SearchJournal again = open();
    ASSERT_EQ(again.trials().size(), 1u) << length;
    ASSERT_EQ(again.trials()[0].spec_hash, "h1") << length;
  }
}

TEST_F(Journal, NamesADamagedLine) {
  create().start_trial({1e-4, 0}, "h0", 0);
  const std::string good = text();
  const auto with = [&](const std::string& line) {
    write_file_durably(folder_.search_journal(), good + line + "\n");
    return refusal();
  };
  EXPECT_THAT(with("{\"op_code\":7,\"trial"), HasSubstr("small_search_journal.log:5: damaged: not a JSON object"));
  EXPECT_THAT(with(""), HasSubstr(".log:5: damaged"));
  EXPECT_THAT(with(R"({"op_code":7,"trial_id":0,"step":5})"), HasSubstr(".log:5: damaged"));
  EXPECT_THAT(with(R"({"op_code":7,"trial_id":1,"step":5,"intermediate_value":1})"), HasSubstr("no trial 1 yet"));
  EXPECT_THAT(with(R"({"op_code":6,"trial_id":0,"state":9,"values":null})"), HasSubstr("no state 9"));
  EXPECT_THAT(with(R"({"op_code":4,"params":{"agent.lr":1},"user_attrs":{}})"), HasSubstr(".log:5: damaged"));
  space_.pop_back();
  write_file_durably(folder_.search_journal(), good);
  EXPECT_THAT(refusal(), HasSubstr(".log:4: a trial of another search space"));
}

// A dashboard may write notes into a file of ours.
TEST_F(Journal, PassesOverWhatOthersAdd) {
  create().start_trial({1e-4, 0}, "h0", 0);
  append(R"({"op_code":9,"worker_id":"x","trial_id":0,"system_attr":{"note":"good"}})"
         "\n");
  append(R"({"op_code":3,"worker_id":"x","study_id":0,"system_attr":{"dashboard:note":"good"}})"
         "\n");
  EXPECT_EQ(open().trials().size(), 1u);
}

TEST_F(Journal, IsReadWithoutBeingChangedAndWithoutItsSpace) {
  create().start_trial({1e-4, 0}, "h0", 0);
  append("{\"op_code\":7,\"tri");
  const std::string before = text();
  const auto trials = SearchJournal::read(folder_);
  ASSERT_EQ(trials.size(), 1u);
  EXPECT_EQ(trials[0].spec_hash, "h0");
  EXPECT_EQ(text(), before);
}

}  // namespace
}  // namespace slm::search_journal_test
