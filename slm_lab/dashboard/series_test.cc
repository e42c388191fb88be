#include "slm_lab/dashboard/series.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

namespace slm::series_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SeriesOfAFile : public testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(file, std::ios::app) << text; }
  ScratchFolder scratch;
  std::filesystem::path file = scratch.path() / "df.csv";
};

TEST_F(SeriesOfAFile, TakesUpWhatIsAppendedAndWaitsForTheEndOfALine) {
  append("loss,frame,total_reward\n1,10,5\n,20,");
  Series series(file, "frame", "total_reward");
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(10));
  append("7\n3,30,9\n");
  series.update();
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(10, 20, 30));
  EXPECT_THAT(series.y(), ElementsAre(5, 7, 9));
  EXPECT_THAT(series.columns(), ElementsAre("loss", "frame", "total_reward"));
}

TEST_F(SeriesOfAFile, LeavesOutRowsWithoutANumber) {
  append("frame,total_reward\n10,\n20,nan\n,1\n30,x\n40,inf\n50,1\n");
  Series series(file, "frame", "total_reward");
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(50));
}

TEST_F(SeriesOfAFile, ReadsATableAgainThatWasCutOrReplaced) {
  append("frame,total_reward\n10,1\n20,2\n");
  Series series(file, "frame", "total_reward");
  series.update();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);  // of the same inode
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(10));
  append("21,3\n30,4\n");
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(10, 21, 30));
  std::ofstream(file) << "total_reward,frame\n1,10\n2,22\n3,31\n4,41\n";  // longer, of the same inode
  series.update();
  EXPECT_THAT(series.x(), ElementsAre(10, 22, 31, 41));
}

TEST_F(SeriesOfAFile, HasNoPointsOfAColumnThatIsNotThere) {
  append("frame,total_reward\n10,1\n");
  Series series(file, "frame", "entropy");
  series.update();
  EXPECT_THAT(series.x(), IsEmpty());
  EXPECT_THROW(Series(file, "wall_t", "total_reward").update(), Error);
  EXPECT_THROW(Series(scratch.path() / "none.csv", "frame", "total_reward").update(), Error);
}

TEST_F(SeriesOfAFile, FollowsNoLink) {
  append("frame,total_reward\n10,1\n");
  std::filesystem::create_symlink(file, scratch.path() / "link.csv");
  EXPECT_THROW(Series(scratch.path() / "link.csv", "frame", "total_reward").update(), Error);
}

TEST_F(SeriesOfAFile, CrossesTheEndOfABlock) {
  std::string text = "frame,total_reward\n";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{},{}\n", i, i % 7);
  append(text);
  Series series(file, "frame", "total_reward");
  series.update();
  ASSERT_EQ(series.x().size(), 200'000u);
  for (int i = 0; i < 200'000; ++i) ASSERT_EQ(series.x()[static_cast<std::size_t>(i)], i);
}

TEST(PointsToDraw, OfFewPointsAreAll) {
  EXPECT_THAT(points_to_draw({1, 2, 3}, {1, 2, 3}, -1e300, 1e300, 100), ElementsAre(0, 1, 2));
  EXPECT_THAT(points_to_draw({}, {}, -1e300, 1e300, 100), IsEmpty());
}

TEST(PointsToDraw, ReachOneBeyondThePartThatIsShown) {
  EXPECT_THAT(points_to_draw({1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, 2.5, 3.5, 100), ElementsAre(1, 2, 3));
  EXPECT_THAT(points_to_draw({1, 2}, {1, 2}, 5, 6, 100), ElementsAre(1));
}

TEST(PointsToDraw, LoseNoPeak) {
  std::vector<double> x(100'000);
  std::vector<float> y(x.size(), 0.0f);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  y[12'345] = 1;
  y[54'321] = -1;
  const std::vector<std::size_t> points = points_to_draw(x, y, -1e300, 1e300, 500);
  EXPECT_LE(points.size(), 2 * 500u + 4);
  EXPECT_TRUE(std::ranges::is_sorted(points));
  EXPECT_EQ(points.front(), 0u);
  EXPECT_EQ(points.back(), x.size() - 1);
  EXPECT_TRUE(std::ranges::binary_search(points, 12'345u));
  EXPECT_TRUE(std::ranges::binary_search(points, 54'321u));
}

TEST(PointsToDraw, AtOnePlaceAreTheLowestAndTheHighest) {
  EXPECT_LE(points_to_draw(std::vector<double>(1000, 5.0), std::vector<float>(1000, 1.0f), -1e300, 1e300, 100).size(),
            204u);
}

}  // namespace
}  // namespace slm::series_test
