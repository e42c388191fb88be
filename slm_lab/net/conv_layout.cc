// What convolutions are made of: where images and parameters lie, and what they start from.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "slm_lab/base/error.h"
#include "slm_lab/net/conv_layers.h"

namespace slm {

ConvLayers::ConvLayers(ConvShape shape) : shape_(std::move(shape)) {
  ensure(!shape_.layers.empty(), "at least one convolution");
  std::size_t weight = 0, transposed = 0;
  Plane in = observation_plane(shape_.image, shape_.layers[0].padding);
  for (std::size_t l = 0; l < shape_.layers.size(); ++l) {
    const int border = l + 1 < shape_.layers.size() ? shape_.layers[l + 1].padding : 0;
    layers_.push_back(lay_out_convolution(shape_.layers[l], in, border, weight, transposed));
    const Convolution& layer = layers_.back();
    weight = layer.parameters_end();
    transposed = layer.transposed_end();
    multiply_adds_ += layer.multiply_adds();
    in = layer.out;
  }
  bf16_ = make_bf16_layers();
  if (!bf16_) transposed_ = AlignedBuffer(transposed);
}

std::optional<Bf16ConvLayers> ConvLayers::make_bf16_layers() const {
  if (shape_.bf16 == nullptr) return {};
  std::vector<Bf16Convolution> layers;
  for (const Convolution& layer : layers_)
    layers.push_back({layer.shape,
                      {layer.in.channels, layer.in.height, layer.in.width},
                      {layer.out.channels, layer.out.height, layer.out.width},
                      layer.weight,
                      layer.bias,
                      layer.in.stride,
                      layer.out.stride});
  return Bf16ConvLayers(*shape_.bf16, layers, shape_.hidden, shape_.byte_scale);
}

Parameters ConvLayers::make_parameters(Rng& init) const {
  Parameters parameters;
  parameters.values = AlignedBuffer(layers_.back().parameters_end());
  for (std::size_t l = 0; l < layers_.size(); ++l)  // an activation follows each layer
    add_convolution(layers_[l], fmt::format("conv.{}", 2 * l), shape_.init_fn, shape_.hidden, init, parameters);
  parameters.grads = AlignedBuffer(parameters.values.size());
  return parameters;
}

std::vector<std::int32_t> ConvLayers::output_places() const { return places_of_pixels(layers_.back().out); }

std::map<std::string, std::string> describe(const ConvShape& shape) {
  std::vector<std::string> rows;
  for (const ConvLayerShape& s : shape.layers)
    rows.push_back(fmt::format("[{}, {}, {}, {}, {}]", s.out_channels, s.kernel, s.stride, s.padding, s.dilation));
  return {{"type", "ConvNet"},
          {"conv_hid_layers", fmt::format("[{}]", fmt::join(rows, ", "))},
          {"normalize", shape.byte_scale == 1 ? "false" : "true"}};
}

}  // namespace slm
