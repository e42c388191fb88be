// What convolutions are made of: where images and parameters lie, and what they start from.

#include <fmt/format.h>

#include <span>

#include "slm_lab/base/error.h"
#include "slm_lab/net/conv_layers.h"
#include "slm_lab/net/init.h"

namespace slm {

ConvLayers::ConvLayers(ConvShape shape) : shape_(std::move(shape)) {
  ensure(!shape_.layers.empty(), "at least one convolution");
  ImageShape image = shape_.image;
  Plane in{image.height, image.width, shape_.layers[0].padding, image.channels, image.channels};
  std::size_t transposed_size = 0;
  for (std::size_t l = 0; l < shape_.layers.size(); ++l) {
    const ConvLayerShape& s = shape_.layers[l];
    image = conv_output(s, image);
    ensure(image.height > 0 && image.width > 0, "a convolution that fits its image");
    const int padded = kernel_padded(s.out_channels);
    const int border = l + 1 < shape_.layers.size() ? shape_.layers[l + 1].padding : 0;
    Layer layer{
        s, in, {image.height, image.width, border, image.channels, padded}, num_parameters_, 0, transposed_size};
    const auto inputs = static_cast<std::size_t>(layer.num_places() * in.stride);
    layer.bias = layer.weight + inputs * static_cast<std::size_t>(padded);
    num_parameters_ = layer.bias + static_cast<std::size_t>(padded);
    transposed_size += static_cast<std::size_t>(layer.num_places() * padded * layer.padded_in());
    multiply_adds_ += static_cast<std::int64_t>(inputs) * padded * image.height * image.width;
    layers_.push_back(layer);
    in = layer.out;
  }
  bf16_ = make_bf16_layers();
  if (!bf16_) transposed_ = AlignedBuffer(transposed_size);
}

std::optional<Bf16ConvLayers> ConvLayers::make_bf16_layers() const {
  if (shape_.bf16 == nullptr) return {};
  std::vector<Bf16Convolution> layers;
  for (const Layer& layer : layers_)
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
  parameters.values = AlignedBuffer(num_parameters_);
  for (const Layer& layer : layers_) {
    const int channels = layer.in.channels, places = layer.num_places(), side = layer.shape.kernel;
    const std::string name = fmt::format("conv.{}", parameters.tensors.size());  // an activation follows each layer
    std::vector<std::int32_t> inputs;
    for (int channel = 0; channel < channels; ++channel)
      for (int place = 0; place < places; ++place) inputs.push_back(place * layer.in.stride + channel);
    parameters.tensors.push_back({name + ".weight",
                                  {layer.shape.out_channels, channels, side, side},
                                  layer.weight,
                                  layer.padded_out(),
                                  true,
                                  false,
                                  std::move(inputs)});
    parameters.tensors.push_back({name + ".bias", {layer.shape.out_channels}, layer.bias, layer.padded_out()});

    Matrix weight(layer.shape.out_channels, channels * places);
    Vector bias = Vector::Zero(weight.rows());
    if (shape_.init_fn.empty())
      init_linear_default(init, weight, bias);
    else
      init_weight(shape_.init_fn, shape_.hidden, init, weight, places);
    const auto write = [&](std::size_t from_end, std::span<const float> elements) {
      write_tensor(parameters.tensors[parameters.tensors.size() - from_end], elements, parameters.values);
    };
    write(2, {weight.data(), static_cast<std::size_t>(weight.size())});
    write(1, {bias.data(), static_cast<std::size_t>(bias.size())});
  }
  parameters.grads = AlignedBuffer(num_parameters_);
  return parameters;
}

std::vector<std::int32_t> ConvLayers::output_places() const {
  const Plane& out = layers_.back().out;
  std::vector<std::int32_t> places;
  for (int channel = 0; channel < out.channels; ++channel)
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x) places.push_back(out.at(y, x) + channel);
  return places;
}

}  // namespace slm
