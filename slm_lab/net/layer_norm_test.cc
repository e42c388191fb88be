// Layer normalisation against numbers worked out by hand, and its gradients against central differences in double.
#include "slm_lab/net/layer_norm.h"

#include <cmath>

#include "slm_lab/net/scale_and_shift.h"
#include "tests/support/double_net.h"
#include "tests/support/net_fixture.h"
#include "tests/support/padded_rows.h"

namespace slm::layer_norm_test {
namespace {

constexpr double kEpsilon = 1e-5;

MatrixD standardized(const MatrixD& x) {
  MatrixD x_hat = x.colwise() - x.rowwise().mean();
  return x_hat.array().colwise() / (x_hat.array().square().rowwise().mean() + kEpsilon).sqrt();
}

/// y = gain * x_hat + bias.
MatrixD layer_norm(const MatrixD& x, const VectorD& gain, const VectorD& bias) {
  return (standardized(x) * gain.asDiagonal()).rowwise() + bias.transpose();
}

TEST(LayerNorm, StandardizesARowByItsOwnMeanAndVariance) {
  // Mean 3 and variance ((1-3)^2 + 0 + (5-3)^2) / 3 = 8/3; the second row has none.
  PaddedRows x(Matrix{{1, 3, 5}, {7, 7, 7}});
  float inv_std[2];
  layer_norm_standardize(2, 3, x.rows(), inv_std);
  EXPECT_FLOAT_EQ(inv_std[0], static_cast<float>(1 / std::sqrt(8.0 / 3 + kEpsilon)));
  EXPECT_FLOAT_EQ(inv_std[1], static_cast<float>(1 / std::sqrt(kEpsilon)));
  EXPECT_TRUE(x.matrix().isApprox(Matrix{{-2 * inv_std[0], 0, 2 * inv_std[0]}, {0, 0, 0}}, 1e-6f));
  EXPECT_TRUE(x.padding_is_zero());
  PaddedRows scale(Matrix{{2, 3, 4}}), shift(Matrix{{10, 20, 30}});
  scale_and_shift(2, kernel_padded(3), x.rows(), scale.data(), shift.data(), x.rows());
  EXPECT_TRUE(x.matrix().isApprox(Matrix{{10 - 4 * inv_std[0], 20, 30 + 8 * inv_std[0]}, {10, 20, 30}}, 1e-6f));
}

TEST(LayerNorm, GradientsAgreeWithFiniteDifferencesInDouble) {
  constexpr int kRows = 5;
  for (const int width : {1, 2, 15, 16, 17, 33}) {
    SCOPED_TRACE(width);
    Rng rng(static_cast<std::uint64_t>(width));
    const Matrix x = random_matrix(kRows, width, rng) * 2, gain = random_matrix(1, width, rng),
                 bias = random_matrix(1, width, rng), d = random_matrix(kRows, width, rng);
    PaddedRows rows(x), gradient(d), gains(gain), d_gain(gain), d_bias(bias);
    float inv_std[kRows];
    layer_norm_standardize(kRows, width, rows.rows(), inv_std);
    scale_and_shift_backward(kRows, width, rows.rows(), gradient.rows(), d_gain.data(), d_bias.data());
    layer_norm_backward_input(kRows, width, rows.rows(), inv_std, gains.data(), gradient.rows());
    EXPECT_TRUE(gradient.padding_is_zero() && d_gain.padding_is_zero() && d_bias.padding_is_zero());

    MatrixD x_d = x.cast<double>();
    VectorD gain_d = gain.row(0).cast<double>(), bias_d = bias.row(0).cast<double>();
    const auto loss = [&] { return layer_norm(x_d, gain_d, bias_d).cwiseProduct(d.cast<double>()).sum(); };
    // Floats of order 1, in sums of up to 33 terms.
    for (int i = 0; i < kRows; ++i)
      for (int c = 0; c < width; ++c)
        EXPECT_NEAR(gradient.matrix()(i, c), slope(x_d(i, c), loss), 2e-5) << i << ", " << c;
    for (int c = 0; c < width; ++c) {
      EXPECT_NEAR(d_gain.matrix()(0, c), slope(gain_d[c], loss), 2e-5) << c;
      EXPECT_NEAR(d_bias.matrix()(0, c), slope(bias_d[c], loss), 2e-5) << c;
    }
  }
}

}  // namespace
}  // namespace slm::layer_norm_test
