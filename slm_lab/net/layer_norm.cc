#include "slm_lab/net/layer_norm.h"

#include <algorithm>
#include <cmath>

namespace slm {
namespace {

constexpr float kEpsilon = 1e-5f;

/// Sums over a padded row, 16 of them side by side so that the compiler can use vectors; always in the same order.
template <class Term>
float row_sum(int padded_width, Term term) {
  float lanes[kKernelPadding] = {};
  for (int first = 0; first < padded_width; first += kKernelPadding)
    for (int lane = 0; lane < kKernelPadding; ++lane) lanes[lane] += term(first + lane);
  for (int half = kKernelPadding / 2; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  return lanes[0];
}

}  // namespace

void layer_norm_standardize(int n, int width, Rows x, float* inv_std) {
  const int padded = kernel_padded(width);
  for (int i = 0; i < n; ++i) {
    float* const row = x.data + i * x.stride;
    const float mean = row_sum(padded, [=](int c) { return row[c]; }) / static_cast<float>(width);
    for (int c = 0; c < padded; ++c) row[c] -= mean;
    std::fill(row + width, row + padded, 0.0f);
    const float var = row_sum(padded, [=](int c) { return row[c] * row[c]; }) / static_cast<float>(width);
    inv_std[i] = 1 / std::sqrt(var + kEpsilon);
    for (int c = 0; c < padded; ++c) row[c] *= inv_std[i];
  }
}

void layer_norm_backward_input(int n, int width, ConstRows x_hat, const float* inv_std, const float* gain, Rows d) {
  const int padded = kernel_padded(width);
  for (int i = 0; i < n; ++i) {
    const float* const xs = x_hat.data + i * x_hat.stride;
    float* const row = d.data + i * d.stride;
    for (int c = 0; c < padded; ++c) row[c] *= gain[c];  // g; its padding is zero as the gain's is
    const float mean_g = row_sum(padded, [=](int c) { return row[c]; }) / static_cast<float>(width);
    const float mean_gx = row_sum(padded, [=](int c) { return row[c] * xs[c]; }) / static_cast<float>(width);
    for (int c = 0; c < padded; ++c) row[c] = inv_std[i] * (row[c] - mean_g - xs[c] * mean_gx);
    std::fill(row + width, row + padded, 0.0f);
  }
}

}  // namespace slm
