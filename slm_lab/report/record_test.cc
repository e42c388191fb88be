#include "slm_lab/report/record.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "slm_lab/base/archive.h"
#include "tests/support/scratch_folder.h"

namespace slm::record_test {
namespace {

SessionRow at_frame(double frame) {
  SessionRow row;
  row.frame = frame;
  return row;
}

/// A round of training that tells a loss and, if given, an entropy.
SessionRow round_of(double loss, double entropy = SessionRow::kNone) {
  SessionRow row;
  row.loss = loss;
  row.entropy = entropy;
  return row;
}

TEST(SessionRecord, AnUnfinishedEpisodeCountsForNothingNotForZero) {
  SessionRecord record(3);
  EXPECT_TRUE(std::isnan(record.total_reward()));
  EXPECT_TRUE(std::isnan(record.add_log_point(at_frame(1)).total_reward_ma));
  record.add_episode(0, -10, 7);
  EXPECT_EQ(record.total_reward(), -10);  // not -10 / 3
  record.add_episode(2, 40, 11);
  EXPECT_EQ(record.total_reward(), 15);
  record.add_episode(0, 20, 3);  // replaces row 0's first
  EXPECT_EQ(record.total_reward(), 30);
  const SessionRow& row = record.add_log_point(at_frame(2));
  EXPECT_EQ(row.total_reward, 30);
  EXPECT_EQ(row.episode_length, 7);    // 3 and 11
  EXPECT_EQ(row.total_reward_ma, 30);  // the log point before has no return and is no part of the mean
  EXPECT_EQ(row.epi, 3);
}

TEST(SessionRecord, TotalRewardMaIsTheMeanOfTheLast100LogPoints) {
  SessionRecord record(1);
  for (int i = 1; i <= 150; ++i) {
    record.add_episode(0, i, 1);
    record.add_log_point(at_frame(i));
  }
  EXPECT_EQ(record.rows()[9].total_reward_ma, 5.5);      // 1..10
  EXPECT_EQ(record.rows()[99].total_reward_ma, 50.5);    // 1..100
  EXPECT_EQ(record.rows()[149].total_reward_ma, 100.5);  // 51..150
}

TEST(SessionRecord, Ma100IsOverEpisodesWhateverTheRow) {
  SessionRecord record(2);
  EXPECT_TRUE(std::isnan(record.episode_return_ma100()));
  record.add_episode(0, 1, 1);
  record.add_episode(1, 2, 1);
  EXPECT_EQ(record.episode_return_ma100(), 1.5);
  for (int i = 3; i <= 250; ++i) record.add_episode(i % 2, i, 1);
  EXPECT_EQ(record.episode_return_ma100(), 200.5);  // 151..250
}

TEST(SessionRecord, TheBestNeverFalls) {
  SessionRecord record(1);
  for (const double value : {3.0, 9.0, 0.0}) {  // means 3, 6, 4
    record.add_episode(0, value, 1);
    record.add_log_point(at_frame(value));
  }
  EXPECT_EQ(record.best_total_reward_ma(), 6);
}

TEST(SessionRecord, KeepsTheLatestTrainingNumbers) {
  SessionRecord record(1);
  record.add_training(round_of(0.5, 0.6));
  record.add_training(round_of(0.25));
  const SessionRow& row = record.add_log_point(at_frame(1));
  EXPECT_EQ(row.loss, 0.25);
  EXPECT_EQ(row.entropy, 0.6);
  EXPECT_TRUE(std::isnan(row.grad_norm));
}

TEST(SessionRecord, EveryTrainingColumnReachesTheLogPointAndNoOther) {
  SessionRow round;
  for (std::size_t i = 0; i < kColumns.size(); ++i) round.*kColumns[i].value = 100.0 + static_cast<double>(i);
  SessionRecord record(1);
  record.add_training(round);
  const SessionRow& row = record.add_log_point(SessionRow{});
  for (const Column& column : kColumns)
    EXPECT_EQ(row.*column.value == round.*column.value, column.training) << column.name;
}

TEST(SessionRecord, AnEvaluationKeepsItsOwnReturnAndCount) {
  SessionRecord record(1);
  record.add_episode(0, 1000, 1);  // of training: no part of it
  for (const double value : {4.0, 8.0}) {
    SessionRow row = at_frame(value);
    row.total_reward = value;
    row.eval_episodes = 5;
    EXPECT_EQ(record.add_evaluation(row).total_reward, value);
  }
  EXPECT_EQ(record.rows()[1].total_reward_ma, 6);
  EXPECT_EQ(record.rows()[1].eval_episodes, 5);
}

/// Keeps large arrays, and counts how many blocks of them it had to take.
class CountedArrays final : public LargeArrays {
 public:
  void put(const std::string& name, std::string_view, std::span<const std::byte> bytes,
           ChangedBlocks& changed) override {
    kept_[name].assign(bytes.begin(), bytes.end());
    for (std::size_t block = 0; block * ChangedBlocks::kBytes < bytes.size(); ++block) {
      blocks_written += changed.unchanged(block, this) ? 0 : 1;
      changed.keep(block, this);
    }
  }
  std::optional<std::size_t> size(const std::string& name, std::string_view) const override {
    return kept_.contains(name) ? std::optional(kept_.at(name).size()) : std::nullopt;
  }
  void get(const std::string& name, std::span<std::byte> bytes, ChangedBlocks&) override {
    std::ranges::copy(kept_.at(name), bytes.begin());
  }
  int blocks_written = 0;

 private:
  std::map<std::string, std::vector<std::byte>> kept_;
};

TEST(SessionRecord, ACheckpointOfALongOneTakesWhatIsNew) {
  constexpr int kRowsOfABlock = ChangedBlocks::kBytes / sizeof(SessionRow);
  SessionRecord record(1);
  CountedArrays arrays;
  const auto log_points = [&](int count) {
    for (int i = 0; i < count; ++i) record.add_log_point(at_frame(static_cast<double>(record.rows().size())));
  };
  const auto blocks_of_a_save = [&] {
    const int before = arrays.blocks_written;
    Archive archive(&arrays);
    record.serialize(archive);
    return arrays.blocks_written - before;
  };
  log_points(5 * static_cast<int>(ChangedBlocks::kBytes) / static_cast<int>(sizeof(SessionRow)) + 1);
  EXPECT_EQ(blocks_of_a_save(), 6);
  log_points(1);
  EXPECT_EQ(blocks_of_a_save(), 1);
  log_points(kRowsOfABlock);
  EXPECT_EQ(blocks_of_a_save(), 2);
  EXPECT_EQ(blocks_of_a_save(), 0);
}

TEST(SessionRecord, ReadsTheColumnsOfTheFormatBefore) {
  Archive archive;
  for (const Column& column : kColumns) {
    std::vector<double> values{1, 2, 3};
    double newest = 7;
    archive(fmt::format("rows.{}", column.name), values);
    if (column.training) archive(fmt::format("training.{}", column.name), newest);
  }
  std::vector<double> one{5}, recent(100, 5);
  std::int64_t episodes = 4;
  double best = 9;
  for (const char* name : {"last_returns", "last_lengths"}) archive(name, one);
  archive("recent_returns", recent);
  archive("episodes", episodes);
  archive("best_total_reward_ma", best);

  SessionRecord record(1);
  Archive stored = archive.reopened();
  record.serialize(stored);
  ASSERT_EQ(record.rows().size(), 3u);
  for (const Column& column : kColumns) EXPECT_EQ(record.rows()[2].*column.value, 3) << column.name;
  EXPECT_EQ(record.best_total_reward_ma(), 9);
}

TEST(SessionRecord, ContinuesFromACheckpointToTheSameNumbers) {
  SessionRecord whole(2);
  Archive archive;
  const auto play = [](SessionRecord& record, int from, int to) {
    for (int i = from; i < to; ++i) {
      if (i % 3 == 0) record.add_log_point(at_frame(i));
      record.add_episode(i % 2, std::sin(i) * 100, i);
      if (i % 7 == 0) record.add_training(round_of(std::cos(i), 0.1 * i));
    }
  };
  play(whole, 0, 200);
  whole.serialize(archive);
  play(whole, 200, 700);

  const ScratchFolder folder;
  const auto file = folder / "record.safetensors";
  archive.write(file);
  SessionRecord resumed(2);
  Archive stored = Archive::read(file);
  resumed.serialize(stored);
  EXPECT_EQ(resumed.rows().size(), 67u);
  play(resumed, 200, 700);

  ASSERT_EQ(resumed.rows().size(), whole.rows().size());
  for (std::size_t i = 0; i < whole.rows().size(); ++i)
    for (const Column& column : kColumns) {
      const double a = resumed.rows()[i].*column.value, b = whole.rows()[i].*column.value;
      EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << column.name << " of row " << i;
    }
  EXPECT_EQ(resumed.episode_return_ma100(), whole.episode_return_ma100());
  EXPECT_EQ(resumed.best_total_reward_ma(), whole.best_total_reward_ma());
}

}  // namespace
}  // namespace slm::record_test
