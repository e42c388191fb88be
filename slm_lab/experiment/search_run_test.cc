#include "slm_lab/experiment/search_run.h"

#include <gtest/gtest.h>

#include <regex>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/lab_spec.h"
#include "tests/support/scratch_folder.h"

namespace slm::search_run_test {
namespace {

/// A2C on CartPole under ASHA, with rungs at 1000 and 3000 of 5000 frames.
SearchSpec spec_of_search() {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"env.max_frame=5000", "meta.max_trial=2", "meta.search_sampler=random",
                       R"(meta.search_scheduler={"grace_period": 1000, "reduction_factor": 3})",
                       R"(search={"agent.algorithm.gamma__uniform": [0.9, 0.99]})"};
  const LoadedSpec loaded = load_spec("benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", options);
  SpecReport report(loaded.file);
  SearchSpec search{loaded, read_lab_spec(loaded, report), {}};
  search.searched = searched_dimensions(search.spec.search);
  return search;
}

class SearchRunUnderAsha : public testing::Test {
 protected:
  std::unique_ptr<SearchRun> make_run() {
    return std::make_unique<SearchRun>(search_, folder_, journal_, view_, SearchRun::Options{});
  }
  std::ptrdiff_t reports_in_file() const {
    const std::string text = read_file(folder_.search_journal());
    static const std::regex kReport(R"("op_code":7)");
    return std::distance(std::sregex_iterator(text.begin(), text.end(), kReport), std::sregex_iterator());
  }
  static SessionMessage log_point(std::int64_t frame, double value, bool asks) {
    SessionMessage message;
    message.kind = SessionMessage::Kind::log_point;
    message.frame = frame;
    message.total_reward_ma = value;
    message.asks = asks;
    return message;
  }

  const ScratchFolder scratch_;
  const SearchSpec search_ = spec_of_search();
  const DataFolder folder_ = DataFolder::create(scratch_ / "data", search_.loaded.name, "run");
  SearchJournal journal_ = SearchJournal::create(folder_, search_.searched, {});
  SearchView view_{"error"};
  const Resources free_{.cores = 2, .bytes = std::int64_t{1} << 40};
};

TEST_F(SearchRunUnderAsha, AnswersOnceTheJournalHoldsWhatTheAnswerFollowsFrom) {
  const auto run = make_run();
  const JobId job = run->next(free_).value().id;
  EXPECT_TRUE(run->reported(job, log_point(500, 20, false)).goes_on);
  EXPECT_EQ(reports_in_file(), 0);
  run->reported(job, log_point(1000, 30, true));
  EXPECT_EQ(reports_in_file(), 2);
  run->reported(job, log_point(1500, 40, false));
  EXPECT_EQ(reports_in_file(), 2);
  run->idle();
  EXPECT_EQ(reports_in_file(), 3);
}

TEST_F(SearchRunUnderAsha, TellsSessionsWhereToAskAlsoThoseThatAreTakenUpAgain) {
  {
    const auto run = make_run();
    const Job first = run->next(free_).value(), second = run->next(free_).value();
    EXPECT_EQ(first.session.ask_at, 1000);
    const Answer on = run->reported(first.id, log_point(1200, 30, true));
    EXPECT_TRUE(on.goes_on);
    EXPECT_EQ(on.ask_at, 3000);
    EXPECT_FALSE(run->reported(second.id, log_point(1000, 20, true)).goes_on) << "the second of two at the first rung";
  }
  const auto again = make_run();
  const Job first = again->next(free_).value(), second = again->next(free_).value();
  EXPECT_EQ(first.session.ask_at, 3000);
  EXPECT_EQ(second.session.ask_at, 1000) << "where it was stopped, though it is compared there no more";
  EXPECT_FALSE(again->reported(second.id, log_point(1000, 20, true)).goes_on);
}

}  // namespace
}  // namespace slm::search_run_test
