// A search that is killed, or loses the end of its journal, comes to what it would have come to.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "slm_lab/base/rng.h"
#include "tests/support/nap.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/small_search.h"

namespace slm {
namespace {

using testing::IsEmpty;
namespace fs = std::filesystem;
using Json = nlohmann::json;

/// How many complete lines the journal has; 0 where there is none.
int journal_lines(const fs::path& data) {
  const fs::path run = only_run(data);
  int lines = 0;
  std::ifstream in(run / "info" / "ppo_cartpole_search_journal.log");
  for (std::string line; std::getline(in, line);) ++lines;
  return lines;
}

class KilledSearch : public SmallSearch {
 protected:
  /// Kills the driver (and with it, by the kernel, its sessions) as often as the search lasts, at random places of its
  /// journal, and continues it; returns how often.
  int kill_and_continue(Rng& rng, const Words& overrides, const Words& more) {
    int kills = 0;
    Words options = {"--checkpoint-seconds", "0"};
    options.insert(options.end(), more.begin(), more.end());
    for (;;) {
      const bool begun = fs::exists(only_run(data_) / "ppo_cartpole_spec.json");
      if (!begun) fs::remove_all(data_);
      Process process(words(begun ? "search@latest" : "search", overrides, options));
      const int until = journal_lines(data_) + static_cast<int>(rng.integers(1, 12));
      const std::chrono::microseconds moment(rng.integers(0, 3000));
      // These naps choose where it is killed; no outcome waits for them.
      while (process.running() && journal_lines(data_) < until) nap(std::chrono::microseconds(200));
      nap(moment);
      if (process.running()) {
        process.send(SIGKILL);
        ++kills;
        process.wait();
        continue;
      }
      const ProcessResult result = process.wait();
      EXPECT_EQ(result.exit_code, 0) << result.err;
      return kills;
    }
  }

  /// All that was computed and decided, without clocks.
  std::map<std::string, std::string> results() const {
    auto results = results_of(folder().root());
    static const std::regex kTime(R"re("datetime_(start|complete)":"[^"]*")re");
    std::string& journal = results.at("info/ppo_cartpole_search_journal.log");
    journal = std::regex_replace(journal, kTime, "");
    return results;
  }
};

TEST_F(KilledSearch, OneAtATimeComesToTheSameResults) {
  const Words tpe = {kAsha, "meta.search_sampler=tpe"};
  ASSERT_EQ(run("search", tpe, {"--threads", "1"}).exit_code, 0);
  const auto expected = results();
  Rng rng(static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()));
  fs::remove_all(data_);
  const int kills = kill_and_continue(rng, tpe, {"--threads", "1"});
  fmt::print("{} kills\n", kills);
  EXPECT_THAT(differing(expected, results()), IsEmpty());
}

/// Cuts `lines` lines off a file.
void cut_off(const fs::path& file, int lines) {
  std::string text = read_file(file);
  for (; lines > 0 && !text.empty(); --lines) {
    text.pop_back();
    text.resize(text.rfind('\n') + 1);
  }
  std::ofstream(file) << text;
}

// After a power cut the trials' files may know more than the journal: it may have lost any number of its last lines.
// Without a scheduler a driver that is killed may also leave reports behind that it has not read.
TEST_F(KilledSearch, AJournalThatLostItsEndIsMadeUpFor) {
  for (const Words& overrides : {Words{kAsha}, Words{"meta.max_trial=3"}}) {
    fs::remove_all(data_);
    ASSERT_EQ(run("search", overrides, {"--threads", "1", "--keep", "-1"}).exit_code, 0);
    const auto expected = results();
    for (const int lines : {1, 2, 3, 7, 12}) {
      cut_off(folder().search_journal(), lines);
      const ProcessResult result = run("search@latest", overrides, {"--threads", "1", "--keep", "-1"});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(differing(expected, results()), IsEmpty()) << lines;
    }
  }
}

TEST_F(KilledSearch, SeveralAtOnceRunEveryTrialOnce) {
  Rng rng(static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()));
  const int kills = kill_and_continue(rng, {kAsha}, {"--threads", "3"});
  fmt::print("{} kills\n", kills);
  ASSERT_EQ(trials().size(), 6u);
  std::map<int, int> ends;
  std::ifstream journal(folder().search_journal());
  for (std::string line; std::getline(journal, line);)
    if (const Json json = Json::parse(line); json["op_code"] == 6) ++ends[json["trial_id"].get<int>()];
  EXPECT_EQ(ends.size(), 6u);
  for (const auto& [trial, count] : ends) EXPECT_EQ(count, 1) << trial;
  EXPECT_EQ(data_dict().size(), 6u);
}

}  // namespace
}  // namespace slm
