#include "slm_lab/env/running_moments.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "slm_lab/base/archive.h"
#include "tests/support/reread.h"

namespace slm::running_moments_test {
namespace {

TEST(RunningMoments, MergesTheFirstBatchWithTheTinyPrior) {
  RunningMoments moments(2);
  moments.update(Matrix{{1, 10}, {3, 10}});
  // n = 2, prior weight 1e-4: mean = 2 * 2 / 2.0001; M2 = 1 * 1e-4 + 1 * 2 + 2^2 * 1e-4 * 2 / 2.0001
  EXPECT_NEAR(moments.mean()[0], 4 / 2.0001, 1e-15);
  EXPECT_NEAR(moments.var()[0], (1e-4 + 2 + 8e-4 / 2.0001) / 2.0001, 1e-15);
  EXPECT_NEAR(moments.mean()[1], 20 / 2.0001, 1e-14);
  EXPECT_NEAR(moments.var()[1], (1e-4 + 0 + 100 * 2e-4 / 2.0001) / 2.0001, 1e-15);
  EXPECT_DOUBLE_EQ(moments.count(), 2.0001);
}

TEST(RunningMoments, BatchesGiveWhatTheWholeWouldGive) {
  const Matrix all{{1}, {2}, {4}, {8}, {16}, {-3}};
  RunningMoments whole(1), parts(1);
  whole.update(all);
  parts.update(Matrix(all.topRows(1)));
  parts.update(Matrix(all.middleRows(1, 3)));
  parts.update(Matrix(all.bottomRows(2)));
  EXPECT_NEAR(whole.mean()[0], parts.mean()[0], 1e-14);
  EXPECT_NEAR(whole.var()[0], parts.var()[0], 1e-12);
  EXPECT_DOUBLE_EQ(whole.count(), parts.count());
}

TEST(RunningMoments, ChosenRowsAreTheBatchOfThoseRows) {
  const Matrix batch{{1, 2}, {30, 40}, {5, 6}};
  RunningMoments chosen(2), batch_of_them(2);
  chosen.update(batch, Mask{{true, false, true}});
  batch_of_them.update(Matrix{{1, 2}, {5, 6}});
  EXPECT_TRUE((chosen.mean() == batch_of_them.mean()).all());
  EXPECT_TRUE((chosen.var() == batch_of_them.var()).all());

  const double count = chosen.count();
  chosen.update(batch, Mask{{false, false, false}});
  EXPECT_EQ(chosen.count(), count);
}

TEST(RunningMoments, SingleValuesAreABatchOfOneFeature) {
  RunningMoments a(1), b(1);
  a.update(Eigen::VectorXd{{1, 2, 6}});
  b.update(Matrix{{1}, {2}, {6}});
  EXPECT_NEAR(a.mean()[0], b.mean()[0], 1e-15);
  EXPECT_NEAR(a.var()[0], b.var()[0], 1e-14);
}

TEST(EnvStatistics, AreRestoredAlsoWhenThereIsNothingInThem) {
  EnvStatistics seen, empty;
  seen.obs = RunningMoments(2);
  seen.obs.update(Matrix{{1, 2}, {5, 6}});
  seen.discounted_return.update(Eigen::VectorXd{{1, 2, 6}});
  Archive out;
  out("seen", seen);
  out("empty", empty);

  EnvStatistics a, b;
  Archive in = reread(out);
  in("seen", a);
  in("empty", b);
  EXPECT_TRUE((a.obs.mean() == seen.obs.mean()).all());
  EXPECT_TRUE((a.obs.var() == seen.obs.var()).all());
  EXPECT_EQ(a.obs.count(), seen.obs.count());
  EXPECT_EQ(a.discounted_return.var()[0], seen.discounted_return.var()[0]);
  EXPECT_EQ(b.obs.dim(), 0);
  a.obs.update(Matrix{{1, 2}});  // its workspace was restored too
  EXPECT_DOUBLE_EQ(a.obs.count(), 3.0001);
}

}  // namespace
}  // namespace slm::running_moments_test
