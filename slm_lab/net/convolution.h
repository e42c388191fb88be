#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "slm_lab/base/observations.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/conv_shape.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/parameters.h"

namespace slm {

// One convolution of one image in float32, there and back. Images lie pixel after pixel with their channels side by
// side (NHWC) and with the zeros around them that the next convolution pads with. So the window of an output pixel is a
// few stretches of memory, and a row of output pixels is one product of the kernel, whose left operand is the image
// itself: nothing is copied.

/// How one image lies in memory: rows of pixels, `border` pixels of zeros on each side.
struct Plane {
  int height, width, border;
  int channels, stride;  ///< stride: floats from a pixel to the next; those behind the channels are 0
  int row() const { return (width + 2 * border) * stride; }
  int size() const { return (height + 2 * border) * row(); }
  /// Of a pixel; (-border, -border) is the first.
  int at(int y, int x) const { return (y + border) * row() + (x + border) * stride; }
};

/// Of an observation, its channels side by side without padding.
Plane observation_plane(const ImageShape& image, int border);
/// Image `row` of x, as channels, height, width, into `to`, which lies as observation_plane() says; bytes are seen as
/// numbers times `byte_scale`, floats as they are.
void read_image(const ObservationsView& x, int row, float byte_scale, const Plane& plane, float* to);
/// An image of the plane as channels, height, width.
void write_image(const Plane& plane, const float* image, float* to);
/// Where the numbers of an image lie in it, as channels, height, width.
std::vector<std::int32_t> places_of_pixels(const Plane& plane);
/// Row y of h, an image of `to`, is the activation of that of z, an image of `from`; z may be h.
void activate_row(Activation activation, int y, const Plane& from, const float* z, const Plane& to, float* h);

struct Convolution {
  ConvLayerShape shape;
  Plane in, out;
  std::size_t weight, bias;  ///< offsets in the parameters; weights as (window row, window column, in) x out
  std::size_t transposed;    ///< offset in transposed weights: for each place of the window (out, in)
  int num_places() const { return shape.kernel * shape.kernel; }
  int padded_out() const { return kernel_padded(shape.out_channels); }
  int padded_in() const { return kernel_padded(in.channels); }
  Plane padded_input() const;  ///< of gradients with respect to what it sees, whose pixels are padded
  std::size_t parameters_end() const { return bias + static_cast<std::size_t>(padded_out()); }
  std::size_t transposed_end() const;
  /// Multiplications and additions of one image, forward.
  std::int64_t multiply_adds() const;
};

/// Of images `in`, whose parameters begin at `weight`; the images that it makes have a border for what follows.
/// Throws std::logic_error where it does not fit.
Convolution lay_out_convolution(const ConvLayerShape& shape, const Plane& in, int out_border, std::size_t weight,
                                std::size_t transposed);

/// Weight and bias at the end of parameters.tensors, under `name`; values that have been given room are initialised as
/// torch.nn.init.<init_fn> does for `hidden`, PyTorch's default of a convolution where it is empty.
void add_convolution(const Convolution& convolution, const std::string& name, const std::string& init_fn,
                     Activation hidden, Rng& init, Parameters& parameters);

/// Row y of the image that it makes of `in`.
void convolve_row(const Convolution& c, const float* parameters, int y, const float* in, float* out);
/// One image's part of the gradient: every place of the window times every output, summed over the output's pixels.
void convolve_backward_weights(const Convolution& c, const float* in, const float* dz, bool accumulate, float* grads);
/// Overwrites `d_in`, an image of `to`: what each output pixel passes back to its window. In its border lies what
/// nobody asks for.
void convolve_backward_input(const Convolution& c, const float* transposed, const Plane& to, const float* dz,
                             float* d_in);
void transpose_weights(const Convolution& c, const float* parameters, float* transposed);

}  // namespace slm
