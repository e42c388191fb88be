#include "slm_lab/algorithm/minibatches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace slm::minibatches_test {
namespace {

using testing::ElementsAre;

TEST(NumMinibatches, LeavesNoRowAlone) {
  EXPECT_EQ(num_minibatches(512, 64), 8);
  EXPECT_EQ(num_minibatches(513, 64), 9);  // 57 each, not eight of 64 and one row
  EXPECT_EQ(num_minibatches(65, 64), 2);
  EXPECT_EQ(num_minibatches(32, 64), 1);
  EXPECT_EQ(num_minibatches(3, 2), 1);
  EXPECT_EQ(num_minibatches(5, 2), 2);
  EXPECT_EQ(num_minibatches(1, 2), 1);
  EXPECT_EQ(num_minibatches(3, 1), 3);  // as asked for
  for (std::int64_t rows = 2; rows < 200; ++rows)
    for (std::int64_t size = 2; size < 20; ++size) EXPECT_GE(rows / num_minibatches(rows, size), 2) << rows << size;
}

TEST(NumMinibatches, AreOfOneSizeButForOneRow) {
  const std::vector<std::int32_t> order{9, 0, 8, 1, 7, 2, 6, 3, 5, 4};
  std::vector<std::vector<std::int32_t>> parts;
  for (std::size_t part = 0; part < 4; ++part) {
    const auto rows = minibatch_rows(order, part, 4);
    parts.emplace_back(rows.begin(), rows.end());
  }
  EXPECT_THAT(parts, ElementsAre(ElementsAre(9, 0), ElementsAre(8, 1, 7), ElementsAre(2, 6), ElementsAre(3, 5, 4)))
      << "not 3, 3, 3 and 1";
}

TEST(Minibatch, HasTheRowsThatItIsAskedFor) {
  const Matrix obs{{0, 10}, {1, 11}, {2, 12}, {3, 13}}, actions{{20}, {21}, {22}, {23}};
  Vector advantages{{30, 31, 32, 33}};
  const Vector targets{{40, 41, 42, 43}};
  Minibatch minibatch;
  minibatch.resize(3, Space::row(2), 1);
  const std::vector<std::int32_t> rows{3, 1};
  const RolloutRows some = minibatch.gather({.obs = obs,
                                             .actions = {actions.data(), 4, 1},
                                             .advantages = {advantages.data(), 4},
                                             .targets = {targets.data(), 4}},
                                            rows);
  EXPECT_EQ(some.obs.floats(), (Matrix{{3, 13}, {1, 11}}));
  EXPECT_EQ(some.actions, (Matrix{{23}, {21}}));
  EXPECT_EQ(some.advantages, (Vector{{33, 31}}));
  EXPECT_EQ(some.targets, (Vector{{43, 41}}));
}

}  // namespace
}  // namespace slm::minibatches_test
