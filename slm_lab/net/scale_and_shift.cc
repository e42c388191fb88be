#include "slm_lab/net/scale_and_shift.h"

#include <algorithm>

namespace slm {

void scale_and_shift(int n, int padded_width, ConstRows x, const float* scale, const float* shift, Rows y) {
  for (int i = 0; i < n; ++i) {
    const float* const from = x.data + i * x.stride;
    float* const to = y.data + i * y.stride;
    for (int c = 0; c < padded_width; ++c) to[c] = scale[c] * from[c] + shift[c];
  }
}

void scale_and_shift_backward(int n, int width, ConstRows x, ConstRows dy, float* d_scale, float* d_shift) {
  std::fill_n(d_scale, width, 0.0f);
  std::fill_n(d_shift, width, 0.0f);
  for (int i = 0; i < n; ++i) {
    const float* const xs = x.data + i * x.stride;
    const float* const ds = dy.data + i * dy.stride;
    for (int c = 0; c < width; ++c) {
      d_scale[c] += ds[c] * xs[c];
      d_shift[c] += ds[c];
    }
  }
}

}  // namespace slm
