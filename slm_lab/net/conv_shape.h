#pragma once

namespace slm {

/// What an image is: (channels, height, width), the order of observations and of PyTorch.
struct ImageShape {
  int channels, height, width;
  int size() const { return channels * height * width; }
};

struct ConvLayerShape {
  int out_channels, kernel, stride, padding, dilation;
};

/// The image that a layer makes of one of this shape; a side below 1 is one that does not fit.
constexpr ImageShape conv_output(const ConvLayerShape& layer, const ImageShape& in) {
  const auto side = [&](int length) {
    const int room = length + 2 * layer.padding - layer.dilation * (layer.kernel - 1) - 1;
    return room < 0 ? 0 : room / layer.stride + 1;
  };
  return {layer.out_channels, side(in.height), side(in.width)};
}

}  // namespace slm
