#include "slm_lab/net/scale_and_shift.h"

namespace slm {

void scale_and_shift(int n, int padded_width, ConstRows x, const float* scale, const float* shift, Rows y) {
  for (int i = 0; i < n; ++i) {
    const float* const from = x.data + i * x.stride;
    float* const to = y.data + i * y.stride;
    for (int c = 0; c < padded_width; ++c) to[c] = scale[c] * from[c] + shift[c];
  }
}

void scale_and_shift_backward(int n, int width, ConstRows x, ConstRows dy, float* d_scale, float* d_shift) {
  sum_in_blocks(n, width, d_scale, [&](int i, int c) { return dy.data[i * dy.stride + c] * x.data[i * x.stride + c]; });
  sum_in_blocks(n, width, d_shift, [&](int i, int c) { return dy.data[i * dy.stride + c]; });
}

}  // namespace slm
