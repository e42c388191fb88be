#pragma once

#include <cstdint>

namespace slm {

/// What an image is: (channels, height, width), the order of observations and of PyTorch.
struct ImageShape {
  int channels, height, width;
  int size() const { return channels * height * width; }
};

struct ConvLayerShape {
  int out_channels, kernel, stride, padding, dilation;
};

// In 64 bits: a spec may ask for more than 32 hold, and is refused by these numbers.

/// Pixels from the first of a window to its last. A larger padding would make windows that see nothing of the image.
constexpr std::int64_t most_padding(const ConvLayerShape& layer) {
  return std::int64_t{layer.dilation} * (layer.kernel - 1);
}

/// The numbers of an image with `border` pixels of zeros on each side.
constexpr std::int64_t bordered_size(const ImageShape& image, int border) {
  return image.channels * (image.height + std::int64_t{2} * border) * (image.width + std::int64_t{2} * border);
}

/// The image that a layer makes of one of this shape; a side below 1 is one that does not fit.
constexpr ImageShape conv_output(const ConvLayerShape& layer, const ImageShape& in) {
  const auto side = [&](int length) {
    const std::int64_t room = length + std::int64_t{2} * layer.padding - most_padding(layer) - 1;
    return room < 0 ? 0 : static_cast<int>(room / layer.stride + 1);
  };
  return {layer.out_channels, side(in.height), side(in.width)};
}

}  // namespace slm
