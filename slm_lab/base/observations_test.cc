#include "slm_lab/base/observations.h"

#include <gtest/gtest.h>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/space.h"

namespace slm::observations_test {
namespace {

const ByteMatrix kBytes{{1, 2, 3}, {4, 5, 255}};

TEST(Observations, AreOfTheKindThatTheSpaceSays) {
  Observations observations;
  EXPECT_EQ(observations.rows(), 0);
  observations.resize(2, Space::bytes({3, 4}));
  EXPECT_TRUE(observations.are_bytes());
  EXPECT_EQ(observations.bytes().rows(), 2);
  EXPECT_EQ(observations.bytes().cols(), 12);
  EXPECT_EQ(observations.row_bytes(), 12u);
  EXPECT_THROW(observations.floats(), std::logic_error);
  const void* const before = observations.row_data(0);
  observations.resize(2, Space::bytes({12}));
  EXPECT_EQ(observations.row_data(0), before) << "nothing changes, nothing allocates";
  observations.resize(3, Space::row(5));
  EXPECT_EQ(observations.floats().rows(), 3);
  EXPECT_EQ(observations.row_bytes(), 20u);
  EXPECT_THROW(observations.bytes(), std::logic_error);
}

TEST(Observations, AreEqualWhereKindSizeAndNumbersAre) {
  EXPECT_EQ(Observations(kBytes), Observations(kBytes));
  EXPECT_NE(Observations(kBytes), Observations(Matrix(kBytes.cast<float>())));
  EXPECT_NE(Observations(kBytes), Observations(ByteMatrix(kBytes.topRows(1))));
  EXPECT_NE(Observations(kBytes), Observations(ByteMatrix(kBytes.transpose())));
  EXPECT_NE(Observations(Matrix{{1, 2}}), Observations(Matrix{{1, 3}}));
}

TEST(Observations, AreSavedInBytesAndKeepTheirSize) {
  Observations saved(kBytes);
  Archive archive;
  saved.serialize("obs", archive);
  EXPECT_EQ(archive.arrays().at("obs").bytes.size(), 6u);
  Archive in = archive.reopened();
  Observations loaded;
  loaded.resize(2, Space::bytes({3}));
  loaded.serialize("obs", in);
  EXPECT_EQ(loaded, saved);
  Observations shorter, floats;
  shorter.resize(1, Space::bytes({3}));
  floats.resize(2, Space::row(3));
  EXPECT_THROW(shorter.serialize("obs", in), Error);
  EXPECT_THROW(floats.serialize("obs", in), Error);

  Archive of_floats;
  Observations(Matrix{{1, 2, 3}}).serialize("obs", of_floats);
  Archive in_floats = of_floats.reopened();
  EXPECT_THROW(floats.serialize("obs", in_floats), Error);
  EXPECT_THROW(loaded.serialize("obs", in_floats), Error);
}

TEST(ObservationsView, IsOfBlocksWithoutACopy) {
  const Matrix wide{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  const ObservationsView view = wide.middleCols(1, 2);
  EXPECT_EQ(view.floats(), (Matrix{{2, 3}, {5, 6}, {8, 9}}));
  EXPECT_EQ(view.middle_rows(1, 2).floats(), (Matrix{{5, 6}, {8, 9}}));
  EXPECT_EQ(static_cast<const void*>(view.row_data(1)), &wide(1, 1));
  EXPECT_EQ(view.row_bytes(), 8u);
  EXPECT_THROW(view.bytes(), std::logic_error);
  EXPECT_THROW(view.middle_rows(2, 2), std::logic_error);
  EXPECT_EQ(ObservationsView(wide.row(2)).floats(), (Matrix{{7, 8, 9}}));

  const Observations observations(kBytes);
  const ObservationsView bytes = observations;
  EXPECT_EQ(bytes.top_rows(1).bytes(), (ByteMatrix{{1, 2, 3}}));
  EXPECT_EQ(static_cast<const void*>(bytes.row_data(1)), &observations.bytes()(1, 0));
  EXPECT_THROW(bytes.floats(), std::logic_error);
}

TEST(ObservationsView, FitsASpaceOfItsKindAndSize) {
  const ObservationsView view = kBytes;
  EXPECT_TRUE(view.fit(Space::bytes({3})));
  EXPECT_FALSE(view.fit(Space::bytes({2})));
  EXPECT_FALSE(view.fit(Space::row(3)));
}

}  // namespace
}  // namespace slm::observations_test
