#pragma once

#include <string>
#include <vector>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/conv_shape.h"

namespace slm {

/// What the residual convolutions of a net are made of (ResidualLayers).
struct ResidualShape {
  ImageShape image;
  std::vector<int> channels;  ///< of each stage
  Activation hidden = Activation::relu;
  std::string init_fn = {};  ///< empty: PyTorch's default of a convolution
  float byte_scale = 1;      ///< bytes are seen as numbers times this; floats as they are
};

// A stage: a convolution, a window over what it makes, and blocks of two convolutions each.

inline constexpr int kBlocksOfStage = 2;
constexpr ConvLayerShape stage_convolution(int channels) { return {channels, 3, 1, 1, 1}; }
/// It takes the largest number of a channel and has no weights.
constexpr ConvLayerShape stage_window(int channels) { return {channels, 3, 2, 1, 1}; }

}  // namespace slm
