// Batch renormalisation against numbers worked out by hand, and its gradients against central differences in double.
#include "slm_lab/net/batch_renorm.h"

#include <cmath>

#include "tests/support/double_net.h"
#include "tests/support/net_fixture.h"
#include "tests/support/padded_rows.h"

namespace slm::batch_renorm_test {
namespace {

/// Running statistics of one layer.
struct Running {
  std::vector<float> mean, var;
  float num_batches = 0;
  RunningStatistics pointers() { return {mean.data(), var.data(), &num_batches}; }
};

/// One column of -1, 1, 3, 5 has the mean 2 and the variance (9 + 1 + 1 + 9) / 4 = 5.
struct OneColumn {
  explicit OneColumn(const BatchRenormConfig& config, Running start) : norm(config, 1), running(std::move(start)) {
    norm.forward_in_training(4, gain.data(), shift.data(), running.pointers(), x.rows(), y.rows());
  }
  /// y = 10 + 2 (r x_hat + d) of each row.
  Matrix expected(double r, double d) const {
    Matrix m(4, 1);
    for (int i = 0; i < 4; ++i) m(i, 0) = static_cast<float>(10 + 2 * (r * (2 * i - 3) / std::sqrt(5) + d));
    return m;
  }

  PaddedRows x{Matrix{{-1}, {1}, {3}, {5}}}, y{Matrix::Zero(4, 1)}, gain{Matrix{{2}}}, shift{Matrix{{10}}};
  BatchRenorm norm;
  Running running;
};

TEST(BatchRenorm, IsBatchNormalisationAtFirst) {
  OneColumn c({.momentum = 0.1, .eps = 1e-9, .warmup_steps = 100}, {{0}, {1}, 0});
  EXPECT_TRUE(c.y.matrix().isApprox(c.expected(1, 0), 1e-6f));
  EXPECT_FLOAT_EQ(c.running.mean[0], 0.2f);  // 0 + 0.1 (2 - 0)
  EXPECT_FLOAT_EQ(c.running.var[0], 1.4f);   // 1 + 0.1 (5 - 1)
  EXPECT_EQ(c.running.num_batches, 1);
  EXPECT_TRUE(c.x.padding_is_zero() && c.y.padding_is_zero());
}

// As many rows as a batch of images has pixels, whose numbers are nearly the same: summed up one after the other in
// floats, their mean would be wrong by as much as they differ.
TEST(BatchRenorm, StatisticsOfManyRowsAreThoseOfDoublePrecision) {
  constexpr int kRows = 200'000;
  Rng rng(2);
  PaddedRows x(Matrix(5 + 0.01f * random_matrix(kRows, 1, rng).array())), y(Matrix::Zero(kRows, 1));
  PaddedRows gain(Matrix{{1}}), shift(Matrix{{0}});
  const Eigen::VectorXd numbers = x.matrix().col(0).cast<double>();
  const double mean = numbers.mean(), var = (numbers.array() - mean).square().mean();
  Running running{{0}, {1}};
  BatchRenorm(kBatchNorm, 1)
      .forward_in_training(kRows, gain.data(), shift.data(), running.pointers(), x.rows(), y.rows());
  EXPECT_NEAR(static_cast<double>(running.mean[0]), 0.1 * mean, 1e-5);
  const Eigen::VectorXd expected = (numbers.array() - mean) / std::sqrt(var + kBatchNorm.eps);
  EXPECT_LT((y.matrix().col(0).cast<double>() - expected).cwiseAbs().maxCoeff(), 0.01);
}

// More columns than are summed up together, and a batch of more rows.
TEST(BatchRenorm, EveryColumnHasStatisticsOfItsOwn) {
  constexpr int kRows = 1030, kColumns = 130;
  const Matrix ones = Matrix::Ones(1, kColumns), zeros = Matrix::Zero(1, kColumns);
  Matrix numbers(kRows, kColumns), gradient(kRows, kColumns);
  for (int i = 0; i < kRows; ++i)
    for (int c = 0; c < kColumns; ++c) {
      const int side = (i % 2 == 0 ? 1 : -1) * (1 + c % 3);
      numbers(i, c) = static_cast<float>(c + side);
      gradient(i, c) = static_cast<float>(c % 5 + side);
    }
  PaddedRows x(numbers), y(Matrix::Zero(kRows, kColumns)), gain(ones), shift(zeros), d_gain(zeros), d_shift(zeros);
  Running running{std::vector<float>(kColumns, 0), std::vector<float>(kColumns, 1)};
  BatchRenorm norm(kBatchNorm, kColumns);
  norm.forward_in_training(kRows, gain.data(), shift.data(), running.pointers(), x.rows(), y.rows());
  PaddedRows d(gradient);  // sums over the rows: c % 5 for each of them, and (1 + c % 3) times x_hat's 1
  norm.backward_in_training(kRows, gain.data(), x.rows(), d.rows(), d_gain.data(), d_shift.data());
  // A mean of 130 is right within 1e-3 (512 additions, each within 2e-6), which every row sees, times 4 in the gradient
  // of the gain.
  for (int c = 0; c < kColumns; ++c) {
    EXPECT_NEAR(running.mean[static_cast<std::size_t>(c)], 0.1f * static_cast<float>(c), 1e-4f) << c;
    EXPECT_NEAR(y.matrix()(0, c), 1.0f, 1e-3f) << c;
    EXPECT_NEAR(d_shift.data()[c], static_cast<float>(kRows * (c % 5)), 5.0f) << c;
    EXPECT_NEAR(d_gain.data()[c], static_cast<float>(kRows * (1 + c % 3)), 5.0f) << c;
  }
}

TEST(BatchRenorm, NormalisesByTheRunningStatisticsWithinItsBounds) {
  const BatchRenormConfig warm{.momentum = 0.1, .eps = 1e-9, .r_max = 3, .d_max = 5, .warmup_steps = 0};
  // r = sqrt(5) / 2 and d = (2 - 1) / 2 undo the batch's own: x_hat = (x - 1) / 2.
  OneColumn within(warm, {{1}, {4}, 7});
  EXPECT_TRUE(within.y.matrix().isApprox(within.expected(std::sqrt(5) / 2, 0.5), 1e-6f));
  EXPECT_TRUE(within.y.matrix().isApprox(Matrix{{8}, {10}, {12}, {14}}, 1e-6f));
  EXPECT_EQ(within.running.num_batches, 8);
  // sqrt(5) / 0.5 is above 3, and (2 + 1) / 0.5 above 5; with the signs the other way below 1 / 3 and -5.
  EXPECT_TRUE(OneColumn(warm, {{-1}, {0.25f}, 7}).y.matrix().isApprox(within.expected(3, 5), 1e-6f));
  EXPECT_TRUE(OneColumn(warm, {{5}, {0.25f}, 7}).y.matrix().isApprox(within.expected(3, -5), 1e-6f));
  EXPECT_TRUE(OneColumn(warm, {{2}, {100}, 7}).y.matrix().isApprox(within.expected(1.0 / 3, 0), 1e-6f));
}

TEST(BatchRenorm, BoundsWidenLinearly) {
  const BatchRenormConfig config{.eps = 1e-9, .r_max = 3, .d_max = 5, .warmup_steps = 10};
  const auto y = [&](float num_batches) { return OneColumn(config, {{-10}, {0.01f}, num_batches}); };
  OneColumn any = y(0);
  for (const auto& [num_batches, r, d] : {std::tuple(0, 1.0, 0.0), {4, 1.8, 2.0}, {10, 3.0, 5.0}, {1000, 3.0, 5.0}})
    EXPECT_TRUE(y(static_cast<float>(num_batches)).y.matrix().isApprox(any.expected(r, d), 1e-6f)) << num_batches;
}

TEST(BatchRenorm, EvaluatesByTheRunningStatistics) {
  BatchRenorm norm({.eps = 0.5}, 2);
  Running running{{1, -2}, {3.5f, 0.5f}, 9};
  norm.follow(running.pointers());
  PaddedRows x(Matrix{{1, 0}, {5, -5}}), gain(Matrix{{10, 3}}), d(Matrix{{1, 1}, {2, 0}});
  norm.standardize(2, x.rows());
  EXPECT_TRUE(x.matrix().isApprox(Matrix{{0, 2}, {2, -3}}, 1e-6f));  // (x - 1) / 2 and (x + 2) / 1
  EXPECT_TRUE(x.padding_is_zero());
  norm.backward_input(2, gain.data(), d.rows());
  EXPECT_TRUE(d.matrix().isApprox(Matrix{{5, 3}, {10, 0}}, 1e-6f));
  EXPECT_EQ(running.mean, (std::vector<float>{1, -2}));
  EXPECT_EQ(running.num_batches, 9);
}

// r and d are constants to the gradient.
TEST(BatchRenorm, GradientsAgreeWithFiniteDifferencesInDouble) {
  constexpr int kRows = 7;
  for (const int width : {1, 3, 16, 18}) {
    SCOPED_TRACE(width);
    Rng rng(static_cast<std::uint64_t>(width));
    const BatchRenormConfig config{.eps = 1e-3, .r_max = 1.5, .d_max = 0.5, .warmup_steps = 0};
    const Matrix x = random_matrix(kRows, width, rng) * 2, gain = random_matrix(1, width, rng),
                 shift = random_matrix(1, width, rng), d = random_matrix(kRows, width, rng);
    Running running{std::vector<float>(static_cast<std::size_t>(width), 0.2f),
                    std::vector<float>(static_cast<std::size_t>(width), 3), 5};
    MatrixD x_d = x.cast<double>();
    VectorD gain_d = gain.row(0).cast<double>(), shift_d = shift.row(0).cast<double>();
    const auto mean_of = [&](int c) { return x_d.col(c).mean(); };
    const auto std_of = [&](int c) {
      return std::sqrt((x_d.col(c).array() - mean_of(c)).square().mean() + config.eps);
    };
    VectorD r(width), offset(width);
    for (int c = 0; c < width; ++c) {
      const double running_std = std::sqrt(3 + config.eps);
      r[c] = std::clamp(std_of(c) / running_std, 1 / config.r_max, config.r_max);
      offset[c] = std::clamp((mean_of(c) - static_cast<double>(0.2f)) / running_std, -config.d_max, config.d_max);
    }
    const auto y_of = [&](int i, int c) {
      return gain_d[c] * (r[c] * (x_d(i, c) - mean_of(c)) / std_of(c) + offset[c]) + shift_d[c];
    };
    const auto loss = [&] {
      double sum = 0;
      for (int i = 0; i < kRows; ++i)
        for (int c = 0; c < width; ++c) sum += y_of(i, c) * static_cast<double>(d(i, c));
      return sum;
    };

    BatchRenorm norm(config, width);
    PaddedRows rows(x), y(x), gradient(d), gains(gain), shifts(shift), d_gain(gain), d_shift(shift);
    norm.forward_in_training(kRows, gains.data(), shifts.data(), running.pointers(), rows.rows(), y.rows());
    norm.backward_in_training(kRows, gains.data(), rows.rows(), gradient.rows(), d_gain.data(), d_shift.data());
    EXPECT_TRUE(gradient.padding_is_zero() && d_gain.padding_is_zero() && d_shift.padding_is_zero());
    // Floats of order 1, in sums of 7 terms.
    for (int c = 0; c < width; ++c) {
      for (int i = 0; i < kRows; ++i) {
        EXPECT_NEAR(y.matrix()(i, c), y_of(i, c), 1e-5) << i << ", " << c;
        EXPECT_NEAR(gradient.matrix()(i, c), slope(x_d(i, c), loss), 2e-5) << i << ", " << c;
      }
      EXPECT_NEAR(d_gain.matrix()(0, c), slope(gain_d[c], loss), 2e-5) << c;
      EXPECT_NEAR(d_shift.matrix()(0, c), slope(shift_d[c], loss), 2e-5) << c;
    }
  }
}

}  // namespace
}  // namespace slm::batch_renorm_test
