#include "slm_lab/net/convolution.h"

#include <algorithm>
#include <span>

#include "slm_lab/base/error.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/net/init.h"

namespace slm {
namespace {

constexpr float kOne = 1;

bool is_dense(const Convolution& c) { return c.shape.dilation == 1; }  // a window's row is one stretch of memory
int stretch_of(const Convolution& c) { return is_dense(c) ? c.shape.kernel * c.in.stride : c.in.stride; }

/// A row of pixels, whose channels lie `plane_size` apart in `from` and side by side in `to`: first side by side as
/// they are, a few at a time, then as floats. Loops of known length over the channels are compiled to vectors.
template <int channels, class Number>
void interleave(const Number* from, std::ptrdiff_t plane_size, int width, float scale, float* to) {
  constexpr int kTogether = 32;
  Number pixels[kTogether * channels];
  for (int first = 0; first < width; first += kTogether) {
    const int n = std::min(kTogether, width - first);
    for (int x = 0; x < n; ++x)
      for (int channel = 0; channel < channels; ++channel)
        pixels[x * channels + channel] = from[channel * plane_size + first + x];
    for (int i = 0; i < n * channels; ++i) to[first * channels + i] = static_cast<float>(pixels[i]) * scale;
  }
}

template <class Number>
void interleave(int channels, const Number* from, std::ptrdiff_t plane_size, int width, float scale, float* to) {
  if (channels == 1) return interleave<1>(from, plane_size, width, scale, to);
  if (channels == 3) return interleave<3>(from, plane_size, width, scale, to);
  if (channels == 4) return interleave<4>(from, plane_size, width, scale, to);
  for (int channel = 0; channel < channels; ++channel)
    for (int x = 0; x < width; ++x)
      to[x * channels + channel] = static_cast<float>(from[channel * plane_size + x]) * scale;
}

}  // namespace

// Images.

Plane observation_plane(const ImageShape& image, int border) {
  return {image.height, image.width, border, image.channels, image.channels};
}

void read_image(const ObservationsView& x, int row, float byte_scale, const Plane& plane, float* to) {
  const auto copy = [&](const auto* from, float scale) {
    for (int y = 0; y < plane.height; ++y)
      interleave(plane.channels, from + std::ptrdiff_t{y} * plane.width, std::ptrdiff_t{plane.height} * plane.width,
                 plane.width, scale, to + plane.at(y, 0));
  };
  if (x.are_bytes())
    copy(x.bytes().row(row).data(), byte_scale);
  else
    copy(x.floats().row(row).data(), 1.0f);
}

std::vector<std::int32_t> places_of_pixels(const Plane& plane) {
  std::vector<std::int32_t> places;
  for (int channel = 0; channel < plane.channels; ++channel)
    for (int y = 0; y < plane.height; ++y)
      for (int x = 0; x < plane.width; ++x) places.push_back(plane.at(y, x) + channel);
  return places;
}

void write_image(const Plane& plane, const float* image, float* to) {
  for (int channel = 0; channel < plane.channels; ++channel)
    for (int y = 0; y < plane.height; ++y)
      for (int x = 0; x < plane.width; ++x) *to++ = image[plane.at(y, x) + channel];
}

void activate_row(Activation activation, int y, const Plane& from, const float* z, const Plane& to, float* h) {
  float* const row = h + to.at(y, 0);
  kernels().activation_forward(activation, static_cast<std::size_t>(to.width * to.stride), z + from.at(y, 0), row);
  for (int x = 0; x < to.width && to.stride > to.channels; ++x)  // activation(0) may be another number
    std::fill(row + x * to.stride + to.channels, row + (x + 1) * to.stride, 0.0f);
}

// Where things lie.

Plane Convolution::padded_input() const {
  Plane plane = in;
  plane.stride = padded_in();
  return plane;
}

std::size_t Convolution::transposed_end() const {
  return transposed + static_cast<std::size_t>(num_places()) * static_cast<std::size_t>(padded_out()) *
                          static_cast<std::size_t>(padded_in());
}

std::int64_t Convolution::multiply_adds() const {
  return std::int64_t{num_places()} * in.stride * padded_out() * out.height * out.width;
}

Convolution lay_out_convolution(const ConvLayerShape& shape, const Plane& in, int out_border, std::size_t weight,
                                std::size_t transposed) {
  const ImageShape out = conv_output(shape, {in.channels, in.height, in.width});
  ensure(out.height > 0 && out.width > 0, "a convolution that fits its image");
  Convolution c{shape,  in,     {out.height, out.width, out_border, out.channels, kernel_padded(out.channels)},
                weight, weight, transposed};
  c.bias += static_cast<std::size_t>(c.num_places() * in.stride) * static_cast<std::size_t>(c.padded_out());
  return c;
}

void add_convolution(const Convolution& c, const std::string& name, const std::string& init_fn, Activation hidden,
                     Rng& init, Parameters& parameters) {
  const int channels = c.in.channels, places = c.num_places(), side = c.shape.kernel;
  std::vector<std::int32_t> inputs;
  for (int channel = 0; channel < channels; ++channel)
    for (int place = 0; place < places; ++place) inputs.push_back(place * c.in.stride + channel);
  parameters.tensors.push_back({name + ".weight",
                                {c.shape.out_channels, channels, side, side},
                                c.weight,
                                c.padded_out(),
                                true,
                                false,
                                std::move(inputs)});
  parameters.tensors.push_back({name + ".bias", {c.shape.out_channels}, c.bias, c.padded_out()});

  Matrix weight(c.shape.out_channels, channels * places);
  Vector bias = Vector::Zero(weight.rows());
  if (init_fn.empty())
    init_linear_default(init, weight, bias);
  else
    init_weight(init_fn, hidden, init, weight, places);
  const auto write = [&](std::size_t from_end, std::span<const float> elements) {
    write_tensor(parameters.tensors[parameters.tensors.size() - from_end], elements, parameters.values);
  };
  write(2, {weight.data(), static_cast<std::size_t>(weight.size())});
  write(1, {bias.data(), static_cast<std::size_t>(bias.size())});
}

// There and back.

void convolve_row(const Convolution& c, const float* parameters, int y, const float* in, float* out) {
  const ConvLayerShape& s = c.shape;
  const int padded = c.padded_out(), stretch = stretch_of(c);
  Product product{.m = c.out.width,
                  .n = s.out_channels,
                  .k = stretch,
                  .a = in + c.in.at(y * s.stride - s.padding, -s.padding),
                  .a_row = std::ptrdiff_t{s.stride} * c.in.stride,
                  .a_col = 1,
                  .b = parameters + c.weight,
                  .b_row = padded,
                  .c = out + c.out.at(y, 0),
                  .c_row = padded,
                  .bias = parameters + c.bias,
                  .segments = s.kernel,
                  .a_segment = is_dense(c) ? c.in.row() : std::ptrdiff_t{s.dilation} * c.in.stride,
                  .b_segment = static_cast<std::ptrdiff_t>(stretch) * padded};
  for (int row = 0; row < (is_dense(c) ? 1 : s.kernel); ++row) {
    kernels().product(product);
    product.a += std::ptrdiff_t{s.dilation} * c.in.row();
    product.b += product.segments * product.b_segment;
    product.bias = nullptr;
    product.accumulate = true;
  }
}

void convolve_backward_weights(const Convolution& c, const float* in, const float* dz, bool accumulate, float* grads) {
  const ConvLayerShape& s = c.shape;
  const int padded = c.padded_out(), stretch = stretch_of(c);
  Product product{.m = stretch,
                  .n = s.out_channels,
                  .k = c.out.width,
                  .a = nullptr,
                  .a_row = 1,
                  .a_col = std::ptrdiff_t{s.stride} * c.in.stride,
                  .b = dz + c.out.at(0, 0),
                  .b_row = padded,
                  .c = grads + c.weight,
                  .c_row = padded,
                  .accumulate = accumulate,
                  .segments = c.out.height,
                  .a_segment = std::ptrdiff_t{s.stride} * c.in.row(),
                  .b_segment = c.out.row()};
  for (int row = 0; row < s.kernel; ++row)
    for (int column = 0; column < (is_dense(c) ? 1 : s.kernel); ++column) {
      product.a = in + c.in.at(row * s.dilation - s.padding, column * s.dilation - s.padding);
      kernels().product(product);
      product.c += static_cast<std::ptrdiff_t>(stretch) * padded;
    }
  product.m = 1;  // the bias sees a 1 everywhere
  product.a = &kOne;
  product.a_col = product.a_segment = 0;
  product.c = grads + c.bias;
  kernels().product(product);
}

void convolve_backward_input(const Convolution& c, const float* transposed, const Plane& to, const float* dz,
                             float* d_in) {
  const ConvLayerShape& s = c.shape;
  std::fill_n(d_in, to.size(), 0.0f);
  const std::ptrdiff_t place_size = static_cast<std::ptrdiff_t>(c.padded_out()) * c.padded_in();
  for (int y = 0; y < c.out.height; ++y) {
    const float* weight = transposed + c.transposed;
    for (int row = 0; row < s.kernel; ++row)
      for (int column = 0; column < s.kernel; ++column, weight += place_size)
        kernels().product(
            {.m = c.out.width,
             .n = c.in.channels,
             .k = s.out_channels,
             .a = dz + c.out.at(y, 0),
             .a_row = c.padded_out(),
             .a_col = 1,
             .b = weight,
             .b_row = c.padded_in(),
             .c = d_in + to.at(y * s.stride + row * s.dilation - s.padding, column * s.dilation - s.padding),
             .c_row = std::ptrdiff_t{s.stride} * to.stride,
             .accumulate = true});
  }
}

void transpose_weights(const Convolution& c, const float* parameters, float* transposed) {
  const int padded = c.padded_out();
  for (int place = 0; place < c.num_places(); ++place)
    kernels().transpose(
        c.in.channels, c.shape.out_channels,
        {parameters + c.weight + static_cast<std::ptrdiff_t>(place) * c.in.stride * padded, padded},
        {transposed + c.transposed + static_cast<std::ptrdiff_t>(place) * padded * c.padded_in(), c.padded_in()});
}

}  // namespace slm
