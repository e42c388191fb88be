#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/observations.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/bf16_conv_layers.h"
#include "slm_lab/net/conv_shape.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/parameters.h"
#include "slm_lab/net/pieces.h"

namespace slm {

/// What the convolutions of a net are made of.
struct ConvShape {
  ImageShape image;
  std::vector<ConvLayerShape> layers;
  Activation hidden = Activation::relu;
  std::string init_fn = {};           ///< empty: PyTorch's default of a convolution
  float byte_scale = 1;               ///< bytes are seen as numbers times this; floats as they are
  const Bf16Kernels* bf16 = nullptr;  ///< they compute with these; nullptr: in float32
};

/// Two-dimensional convolutions, each followed by the activation.
///
/// Images lie pixel after pixel with their channels side by side (NHWC) and with the zeros around them that the next
/// layer pads with. So the window of an output pixel is a few stretches of memory, and a row of output pixels is one
/// product of the kernel, whose left operand is the image itself: nothing is copied. A few images at a time go through
/// all layers, so that what one layer leaves is in the cache when the next needs it.
///
/// The gradient of a batch is the sum of those of its pieces of 16 images, each computed in a buffer of its own and
/// added in their order: the same bits with any number of threads.
class ConvLayers {
 public:
  explicit ConvLayers(ConvShape shape);

  /// Laid out and initialised; of the net that holds them, where the calls below find them at the start.
  Parameters make_parameters(Rng& init) const;
  const ConvShape& shape() const { return shape_; }
  /// Numbers that the layers make of an image, padding of the channels included, which is 0.
  int num_outputs() const { return layers_.back().out.size(); }
  /// Where the outputs lie among them, in PyTorch's order: (channels, height, width).
  std::vector<std::int32_t> output_places() const;

  /// Outputs (n, num_outputs) for `x` (n, image); valid until the next call.
  ConstMatrixRef infer(const ObservationsView& x, const float* parameters);
  /// The same, and keeps what backward() needs; `x` must live until then.
  ConstMatrixRef forward(const ObservationsView& x, const float* parameters);
  /// Overwrites the layers' part of `grads`; `d_out` (n, num_outputs), with 0 for the padding.
  void backward(const ConstMatrixRef& d_out, const float* parameters, float* grads);
  /// The gradient with respect to the images (n, image); valid until the next call.
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out, const float* parameters);
  void parameters_changed();
  void share_work(ThreadPool& threads);

 private:
  /// How one image lies in memory: rows of pixels, `border` pixels of zeros on each side.
  struct Plane {
    int height, width, border;
    int channels, stride;  // stride: floats from a pixel to the next
    int row() const { return (width + 2 * border) * stride; }
    int size() const { return (height + 2 * border) * row(); }
    /// Of a pixel; (-border, -border) is the first.
    int at(int y, int x) const { return (y + border) * row() + (x + border) * stride; }
  };
  struct Layer {
    ConvLayerShape shape;
    Plane in, out;
    std::size_t weight, bias;  // offsets in the parameters; weights as (window row, window column, in) x out
    std::size_t transposed;    // offset in transposed_: for each place of the window (out, in)
    int num_places() const { return shape.kernel * shape.kernel; }
    int padded_out() const { return kernel_padded(shape.out_channels); }
    int padded_in() const { return kernel_padded(in.channels); }
  };
  /// What one thread needs to take some images through the layers, there and back.
  struct Scratch {
    AlignedBuffer image;              // of the first layer's input
    std::vector<AlignedBuffer> h, z;  // of each layer, where nothing is kept
    std::vector<AlignedBuffer> d;     // gradients with respect to the output of each layer
    AlignedBuffer d_image;
  };
  using Images = Piece;

  std::optional<Bf16ConvLayers> make_bf16_layers() const;

  template <class Task>
  void for_each_of_batch(int n, Task&& task);  // task(index of the piece, its images, scratch of its thread)
  Scratch make_scratch() const;
  int num_threads(int n) const;

  void read_images(const ObservationsView& x, Images images, AlignedBuffer& to) const;
  void layer_forward(const Layer& layer, const float* parameters, const float* in, float* z, float* h) const;
  void backward_images(Images images, const ConstMatrixRef& d_out, bool accumulate, float* grads, Scratch& scratch);
  void backward_input_images(Images images, const ConstMatrixRef& d_out, Scratch& scratch);
  void begin_backward(Images images, const ConstMatrixRef& d_out, Scratch& scratch) const;
  void through_activation(std::size_t l, Images images, Scratch& scratch) const;
  void layer_backward_weights(const Layer& layer, const float* in, const float* dz, bool accumulate,
                              float* grads) const;
  void layer_backward_input(const Layer& layer, const Plane& to, const float* dz, float* d_in) const;
  void refresh_transposed(const float* parameters);
  const float* kept(std::size_t l, int image) const;

  ConvShape shape_;
  std::vector<Layer> layers_;
  std::size_t num_parameters_ = 0;
  std::int64_t multiply_adds_ = 0;  // of one image, forward
  AlignedBuffer transposed_;
  bool transposed_stale_ = true;

  std::optional<Bf16ConvLayers> bf16_;  // where the shape asks for it; then nothing of the following but the outputs

  ThreadPool* threads_ = nullptr;
  std::vector<Scratch> scratch_;            // one for each thread
  std::vector<AlignedBuffer> piece_grads_;  // of all pieces but the first
  AlignedBuffer infer_out_, forward_out_;   // the latter in bf16; else it is the last of h_

  // Of forward() for backward().
  std::optional<ObservationsView> x_;
  std::vector<AlignedBuffer> h_, z_;  // of each layer; z only where the derivative needs it
  int n_ = 0;
  Matrix d_x_;
};

}  // namespace slm
