#pragma once

#include "slm_lab/base/observations.h"
#include "slm_lab/net/kernel.h"

namespace slm {

/// What dense layers make of bytes: numbers from 0 to 1, a byte over 255.
inline constexpr float kByteScale = 1.0f / 255;

/// Inputs as dense layers take them: floats as they are, bytes over 255. The latter lie in `storage`, which grows to
/// the most rows so far.
ConstRows dense_input(const ObservationsView& x, Matrix& storage);
/// The same into `to` (n, obs_dim), both kinds.
void write_dense_input(const ObservationsView& x, MatrixRef to);

}  // namespace slm
