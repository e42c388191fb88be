#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/observations.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/bf16_buffer.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/conv_shape.h"
#include "slm_lab/net/parameters.h"
#include "slm_lab/net/pieces.h"

namespace slm {

/// A convolution among the float32 parameters of a net: weights (window row, window column, in) x out.
struct Bf16Convolution {
  ConvLayerShape shape;
  ImageShape in, out;
  std::size_t weight, bias;  // offsets in the parameters
  int place_rows;            // rows of weights from one place of the window to the next
  std::ptrdiff_t stride;     // floats from one row of weights to the next; in outputs, from one pixel to the next
};

/// The convolutions of a net in bf16: weights, images, outputs and gradients are rounded to it wherever they are
/// factors of a product; sums, biases, activations and the gradients of parameters are float32. (Bytes are exact: what
/// they are scaled by is part of the weights.)
///
/// A window is gathered from the image as a row of a matrix, so that a convolution is a dense layer of the rows of all
/// its output pixels: a block of 32 windows at a time, which never leaves the first cache. Rows are pixels of a few
/// images, one after the other, and channels are their columns, padded to 32. The first layer sees images as they are,
/// pixel after pixel, of which a row of a window is one stretch.
///
/// Batches are taken in pieces as in ConvLayers: the same bits with any number of threads.
class Bf16ConvLayers {
 public:
  /// `byte_scale`: bytes are seen as numbers times this; floats as they are.
  Bf16ConvLayers(const Bf16Kernels& kernels, const std::vector<Bf16Convolution>& layers, Activation activation,
                 float byte_scale);

  // As those of ConvLayers. `out` (n, pixels x stride of the last layer).
  void infer(const ObservationsView& x, const float* parameters, float* out);
  void forward(const ObservationsView& x, const float* parameters, float* out);
  void backward(const ConstMatrixRef& d_out, const float* parameters, float* grads);
  void backward_input(const ConstMatrixRef& d_out, const float* parameters, MatrixRef d_x);

  void parameters_changed();
  void share_work(ThreadPool& threads) { threads_ = &threads; }

 private:
  /// Images that go through all layers together: what is made of them stays in a second cache of 2 MB.
  static constexpr int kImagesTogether = 4;
  using Images = Piece;
  struct Layer {
    Bf16Convolution of;
    int pixels, in_numbers;  // of one image: its outputs, and its inputs padded
    int places;              // of a window, each a stretch of the image
    int width, blocks;       // numbers of a place, and the blocks of 32 that hold them
    int rows;                // rows of weights from one place to the next
    std::ptrdiff_t next;     // from one of these blocks to the next
    // Where the places of the windows of the images that go together begin in the inputs, and in the gradients of
    // these; -1: in no pixel.
    std::vector<std::int32_t> at, gradient_at;
    int image_row() const { return (of.in.width + 2 * of.shape.padding) * of.in.channels; }  // numbers, of the first
    int window_blocks() const { return places * blocks; }
    int out_blocks() const { return bf16_blocks(of.out.channels); }
  };
  /// What one thread needs to take a few images through the layers, there and back.
  struct Scratch {
    Bf16Buffer images;                // pixel after pixel, zeros around
    Bf16Buffer windows;               // of 32 outputs, or one place of all
    std::vector<Bf16Buffer> y;        // outputs of each layer, where nothing is kept
    std::vector<AlignedBuffer> d;     // gradients of each layer's outputs; of the images behind them
    Bf16Buffer d_rows, d_transposed;  // those before the activation
  };
  /// What forward() keeps of a layer: its outputs in row form, and the slopes where they do not follow from them.
  struct Kept {
    Bf16Buffer y, slopes;
  };

  // bf16_conv_layout.cc
  void add_layer(const Bf16Convolution& of);
  void add_offsets(Layer& layer) const;

  int num_ready_threads(int n);
  template <class Task>
  void for_each_of_batch(int n, const Task& task);
  template <class Task>
  void each_together(Piece piece, const Task& task) const;
  void pack_forward(const float* parameters, float scale);
  void pack_layer(std::size_t l, const float* weights, const Bf16Forms& to) const;
  void pack_backward(std::size_t first, const float* parameters);
  void read_images(const ObservationsView& x, Images images, Scratch& scratch) const;
  Bf16Windows windows(std::size_t l, const Bf16* in, int first) const;
  const Bf16* layer_forward(std::size_t l, Images images, const Bf16* in, const float* parameters, Bf16* y,
                            Bf16* slopes, Scratch& scratch) const;
  void write_outputs(Images images, const Bf16* y, float* out) const;
  void read_gradient(Images images, const ConstMatrixRef& d_out, Scratch& scratch) const;
  void backward_images(Images images, const ConstMatrixRef& d_out, float* sums, Scratch& scratch);
  template <class Task>
  void each_rows(std::size_t l, Images images, const Task& task) const;
  void clear_gradient(std::size_t l, Images images, Scratch& scratch) const;
  void through_activation(std::size_t l, Images images, Piece rows, bool of_weights, float* sums, Scratch& scratch);
  void backward_weights(std::size_t l, Piece rows, const Bf16* in, float* sums, Scratch& scratch) const;
  void backward_input_rows(std::size_t l, Piece rows, Scratch& scratch) const;
  void write_image_gradients(Images images, const Scratch& scratch, MatrixRef d_x) const;
  void write_gradients(const float* sums, float* grads) const;
  std::size_t kept_at(std::size_t l, int image) const;

  const Bf16Kernels* kernels_;
  Activation activation_;
  float byte_scale_;
  std::vector<Layer> layers_;
  std::int64_t multiply_adds_ = 0;  // of one image, forward
  std::vector<std::size_t> sums_;   // where those of each layer begin: weights (out, windows), then biases
  std::size_t sums_size_ = 0;
  std::vector<Bf16Weights> packed_;
  float packed_scale_ = 1;  // that the first layer was packed with
  AlignedBuffer scaled_;    // its weights times that
  ThreadPool* threads_ = nullptr;
  std::vector<Scratch> scratch_;  // one for each thread
  PieceSums piece_sums_;
  AlignedBuffer sums_of_batch_;

  // Of forward() for backward().
  std::optional<ObservationsView> x_;
  int n_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace slm
