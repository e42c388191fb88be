#pragma once

#include "slm_lab/net/kernel.h"

namespace slm {

/// Layer normalisation (Ba et al. 2016, eq. 4), with PyTorch's epsilon under the root:
/// y = gain * x_hat + bias,  x_hat = (x - mean) / sqrt(var + 1e-5), over the `width` numbers of a row.
///
/// n rows: x, x_hat, d (n, width) with padded rows whose padding is zero and stays so; gain (width), padded; inv_std
/// (n). A row does not depend on the others. Gain and bias are applied by scale_and_shift().

/// Turns x into x_hat where it lies, and notes 1 / sqrt(var + 1e-5) of each row.
void layer_norm_standardize(int n, int width, Rows x, float* inv_std);

/// Turns d from the gradient with respect to y into that with respect to x:
/// dx = inv_std * (g - mean(g) - x_hat * mean(g * x_hat)),  g = gain * dy.
void layer_norm_backward_input(int n, int width, ConstRows x_hat, const float* inv_std, const float* gain, Rows d);

}  // namespace slm
