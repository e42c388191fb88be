#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/bf16_conv_layers.h"
#include "slm_lab/net/convolution.h"
#include "slm_lab/net/image_layers.h"
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

/// For model files, as in Net::description().
std::map<std::string, std::string> describe(const ConvShape& shape);

/// Two-dimensional convolutions, each followed by the activation. A few images at a time go through all layers, so that
/// what one layer leaves is in the cache when the next needs it.
///
/// The gradient of a batch is the sum of those of its pieces of 16 images (PieceSums).
class ConvLayers final : public ImageLayers {
 public:
  explicit ConvLayers(ConvShape shape);

  const ConvShape& shape() const { return shape_; }
  const ImageShape& image() const override { return shape_.image; }
  int num_outputs() const override { return layers_.back().out.size(); }
  std::vector<std::int32_t> output_places() const override;
  Parameters make_parameters(Rng& init) const override;

  ConstMatrixRef infer(const ObservationsView& x, Parameters& parameters) override;
  ConstMatrixRef forward(const ObservationsView& x, Parameters& parameters) override;
  void backward(const ConstMatrixRef& d_out, Parameters& parameters) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) override;
  void parameters_changed() override;
  void share_work(ThreadPool& threads) override;
  std::unique_ptr<ImageLayers> clone() const override { return std::make_unique<ConvLayers>(*this); }
  std::map<std::string, std::string> description() const override { return describe(shape_); }

 private:
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
  void for_each_of_batch(int n, Task&& task);  // task(a few images of a piece, scratch of its thread)
  Scratch make_scratch() const;
  int num_ready_threads(int n);

  void read_images(const ObservationsView& x, Images images, AlignedBuffer& to) const;
  void layer_forward(const Convolution& layer, const float* parameters, const float* in, float* z, float* h) const;
  void backward_images(Images images, const ConstMatrixRef& d_out, bool accumulate, float* grads, Scratch& scratch);
  void backward_input_images(Images images, const ConstMatrixRef& d_out, Scratch& scratch);
  void begin_backward(Images images, const ConstMatrixRef& d_out, Scratch& scratch) const;
  void through_activation(std::size_t l, Images images, Scratch& scratch) const;
  void refresh_transposed(const float* parameters);
  const float* kept(std::size_t l, int image) const;

  ConvShape shape_;
  std::vector<Convolution> layers_;
  std::int64_t multiply_adds_ = 0;  // of one image, forward
  AlignedBuffer transposed_;
  bool transposed_stale_ = true;

  std::optional<Bf16ConvLayers> bf16_;  // where the shape asks for it; then nothing of the following but the outputs

  ThreadPool* threads_ = nullptr;
  std::vector<Scratch> scratch_;  // one for each thread
  PieceSums piece_grads_;
  AlignedBuffer infer_out_, forward_out_;  // the latter in bf16; else it is the last of h_

  // Of forward() for backward().
  std::optional<ObservationsView> x_;
  std::vector<AlignedBuffer> h_, z_;  // of each layer; z only where the derivative needs it
  int n_ = 0;
  Matrix d_x_;
};

}  // namespace slm
