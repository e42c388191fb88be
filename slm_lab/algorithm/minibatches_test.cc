#include "slm_lab/algorithm/minibatches.h"

#include <gtest/gtest.h>

#include <vector>

namespace slm {
namespace {

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
  std::vector<std::size_t> sizes;
  for (std::size_t part = 0; part < 4; ++part)
    sizes.push_back(minibatch_begin(part + 1, 4, 10) - minibatch_begin(part, 4, 10));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 3, 2, 3}));  // not 3, 3, 3 and 1
}

}  // namespace
}  // namespace slm
