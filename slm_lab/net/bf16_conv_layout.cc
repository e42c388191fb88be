// What convolutions in bf16 are made of: where the windows of the images that go together lie.

#include "slm_lab/base/error.h"
#include "slm_lab/net/bf16_conv_layers.h"

namespace slm {
namespace {

constexpr std::int32_t kNowhere = -1;  ///< of a place that lies in no pixel

}  // namespace

Bf16ConvLayers::Bf16ConvLayers(const Bf16Kernels& kernels, const std::vector<Bf16Convolution>& layers,
                               Activation activation, float byte_scale)
    : kernels_(&kernels), activation_(activation), byte_scale_(byte_scale) {
  ensure(!layers.empty(), "at least one convolution");
  for (const Bf16Convolution& layer : layers) add_layer(layer);
  packed_.resize(layers_.size());
  kept_.resize(layers_.size());
}

void Bf16ConvLayers::add_layer(const Bf16Convolution& of) {
  const ConvLayerShape& s = of.shape;
  const bool first = layers_.empty();
  // Of an image pixel after pixel a row of a window is one stretch.
  const int in_a_row = first && s.dilation == 1 ? s.kernel : 1;
  Layer layer{.of = of,
              .pixels = of.out.height * of.out.width,
              .in_numbers = of.in.height * of.in.width * bf16_blocks(of.in.channels) * kBf16Block,
              .places = s.kernel * s.kernel / in_a_row,
              .width = in_a_row * of.in.channels,
              .blocks = bf16_blocks(in_a_row * of.in.channels),
              .rows = in_a_row * of.place_rows,
              .next = first ? kBf16Block : kBf16TileSize,
              .at = {},
              .gradient_at = {}};
  if (first) layer.in_numbers = (of.in.height + 2 * s.padding) * layer.image_row();
  add_offsets(layer);
  multiply_adds_ += std::int64_t{layer.places} * layer.width * of.out.channels * layer.pixels;
  sums_.push_back(sums_size_);
  const auto outputs = static_cast<std::size_t>(layer.out_blocks() * kBf16Block);
  sums_size_ += outputs * static_cast<std::size_t>(layer.window_blocks() * kBf16Block) + outputs;
  layers_.push_back(std::move(layer));
}

void Bf16ConvLayers::add_offsets(Layer& layer) const {
  const ConvLayerShape& s = layer.of.shape;
  const ImageShape &in = layer.of.in, &out = layer.of.out;
  const int columns = layer.places / s.kernel;  // of the window that are places of their own
  for (int image = 0; image < kImagesTogether; ++image)
    for (int pixel = 0; pixel < layer.pixels; ++pixel)
      for (int place = 0; place < layer.places; ++place) {
        const int y = pixel / out.width * s.stride + place / columns * s.dilation;  // with the padding in front
        const int x = pixel % out.width * s.stride + place % columns * s.dilation;
        if (layers_.empty()) {
          const int number = image * layer.in_numbers + y * layer.image_row() + x * in.channels;
          layer.at.push_back(number);
          layer.gradient_at.push_back(number);
          continue;
        }
        const int in_y = y - s.padding, in_x = x - s.padding;
        const bool inside = in_y >= 0 && in_y < in.height && in_x >= 0 && in_x < in.width;
        const int row = (image * in.height + in_y) * in.width + in_x;
        layer.at.push_back(inside ? row / 16 * layer.blocks * kBf16TileSize + row % 16 * kBf16Block : kNowhere);
        layer.gradient_at.push_back(inside ? row * layer.blocks * kBf16Block : kNowhere);
      }
}

}  // namespace slm
