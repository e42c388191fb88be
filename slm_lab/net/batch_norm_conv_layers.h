#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slm_lab/net/batch_renorm.h"
#include "slm_lab/net/conv_layers.h"
#include "slm_lab/net/convolution.h"
#include "slm_lab/net/image_layers.h"
#include "slm_lab/net/pieces.h"

namespace slm {

/// Two-dimensional convolutions in float32, each followed by the activation and, from the second on, by batch
/// normalisation of its channels, as in torch.nn.BatchNorm2d (Ioffe and Szegedy 2015): in training by the statistics of
/// all pixels of a batch, elsewhere by the running ones. A batch goes through one layer after the other, since its
/// statistics need all of it.
///
/// The gradient of the convolutions is the sum of those of pieces of 16 images, as in ConvLayers.
class BatchNormConvLayers final : public ImageLayers {
 public:
  /// At least two convolutions, without bf16.
  explicit BatchNormConvLayers(ConvShape shape);

  const ImageShape& image() const override { return shape_.image; }
  int num_outputs() const override { return layers_.back().next.size(); }
  std::vector<std::int32_t> output_places() const override;
  Parameters make_parameters(Rng& init) const override;

  ConstMatrixRef infer(const ObservationsView& x, Parameters& parameters) override;
  ConstMatrixRef forward(const ObservationsView& x, Parameters& parameters) override;
  ConstMatrixRef forward_in_training(const ObservationsView& x, Parameters& parameters) override;
  void backward(const ConstMatrixRef& d_out, Parameters& parameters) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) override;
  void parameters_changed() override;
  void share_work(ThreadPool& threads) override { threads_ = &threads; }
  std::unique_ptr<ImageLayers> clone() const override { return std::make_unique<BatchNormConvLayers>(*this); }
  std::map<std::string, std::string> description() const override;

 private:
  struct Layer {
    Convolution convolution;  // its images have no border: their pixels are the rows of a matrix
    Plane next;               // of the image that the next layer sees
    std::size_t gain, shift;  // offsets in the parameters, of its normalisation; the first has none
    std::size_t running;      // where its statistics begin among the buffers
    int pixels() const { return next.height * next.width; }
    std::ptrdiff_t stride() const { return next.stride; }
    std::ptrdiff_t size() const { return stride() * pixels(); }  // of an image without border
  };
  using Images = Piece;
  /// What images make of each layer on their way.
  struct Pass {
    std::vector<AlignedBuffer> in;     // what it sees; at the end the outputs
    std::vector<AlignedBuffer> z, h;   // what the activation sees and makes; z only where the derivative needs it
    std::vector<AlignedBuffer> x_hat;  // h, standardised
    AlignedBuffer y;                   // what the normalisation makes of it
  };

  bool keeps_z() const { return !derivative_from_output(shape_.hidden); }
  void grow(int n, Pass& pass) const;
  int num_ready_threads(int n);
  template <class Task>
  void for_each_of_batch(int n, const Task& task);  // task(a piece, its thread)

  void begin_forward(const ObservationsView& x);
  ConstMatrixRef outputs() const;
  void read_images(const ObservationsView& x, Images images, int at, Pass& pass) const;
  void convolve(std::size_t l, Images images, const Parameters& parameters, Pass& pass) const;
  void copy_activations(std::size_t l, Images images, Pass& pass) const;
  void normalise_by_running(std::size_t l, Images images, const Parameters& parameters, Pass& pass) const;
  void pass_on(std::size_t l, Images images, Pass& pass) const;
  void follow_running(Parameters& parameters);

  void backward_to_first(const ConstMatrixRef& d_out, const Parameters& parameters, float* grads);
  void through_normalisation(std::size_t l, const Parameters& parameters, float* grads);
  void through_activation(std::size_t l, Images images);
  void backward_input_images(std::size_t l, Images images, AlignedBuffer& d_in);
  void refresh_transposed(const Parameters& parameters);

  Rows rows(std::size_t l, int image, AlignedBuffer& of) const {
    return {of.data() + image * layers_[l].size(), layers_[l].stride()};
  }

  ConvShape shape_;
  std::vector<Layer> layers_;
  std::vector<BatchRenorm> norms_;  // of each layer but the first
  std::size_t learnt_ = 0;          // floats of the parameters
  std::int64_t multiply_adds_ = 0;  // of one image, forward
  AlignedBuffer transposed_;
  bool transposed_stale_ = true;
  bool running_stale_ = true;  // the running statistics have changed since norms_ followed them

  ThreadPool* threads_ = nullptr;
  std::vector<Pass> infer_passes_;   // one for each thread
  std::vector<AlignedBuffer> d_in_;  // the same: of one image that a layer sees
  AlignedBuffer infer_out_;

  // Of a forward for backward().
  int n_ = 0;
  bool in_training_ = false;
  Pass pass_;
  std::vector<AlignedBuffer> d_;  // gradients with respect to what each convolution makes
  AlignedBuffer unasked_grads_;   // of gains and shifts
  PieceSums piece_grads_;
  Matrix d_x_;
};

}  // namespace slm
