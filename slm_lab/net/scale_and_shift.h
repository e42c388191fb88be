#pragma once

#include "slm_lab/net/kernel.h"

namespace slm {

/// y = scale * x + shift of each column; x, y (n, padded_width), y may be x; scale, shift (padded_width).
void scale_and_shift(int n, int padded_width, ConstRows x, const float* scale, const float* shift, Rows y);

/// d_scale = column sums of dy * x, d_shift = column sums of dy; x, dy (n, width), d_scale, d_shift (width).
void scale_and_shift_backward(int n, int width, ConstRows x, ConstRows dy, float* d_scale, float* d_shift);

}  // namespace slm
