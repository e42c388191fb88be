#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/activation.h"

namespace slm {

/// The functions of torch.nn.init that a spec may name.
std::vector<std::string> init_names();

/// Why `init_fn` can't be used with hidden layers of this activation (PyTorch knows no gain for it); empty when it can.
std::string init_problem(std::string_view init_fn, Activation hidden);

/// torch.nn.init.calculate_gain. Throws std::logic_error for an activation without one (see init_problem).
double gain_of(Activation activation);

/// Fills `weight` (out, in) as torch.nn.init.<init_fn> does: orthogonal_ and xavier_* with the gain of `hidden`,
/// kaiming_* with it as nonlinearity (a = 0, fan_in), the others with their defaults. Of a convolution the weight has
/// (channels and places of the window) as inputs, and `window` is how many places there are.
void init_weight(std::string_view init_fn, Activation hidden, Rng& rng, Matrix& weight, int window = 1);

/// A random matrix with orthonormal rows or columns (whichever are fewer) times `gain` (Saxe et al. 2013).
void orthogonal(double gain, Rng& rng, Matrix& weight);

/// torch.nn.Linear's default for weight (out, in) and bias (out): U(-k, k), k = 1 / sqrt(in).
void init_linear_default(Rng& rng, Matrix& weight, Vector& bias);

}  // namespace slm
