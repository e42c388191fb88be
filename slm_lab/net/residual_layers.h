#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/net/convolution.h"
#include "slm_lab/net/image_layers.h"
#include "slm_lab/net/pieces.h"
#include "slm_lab/net/residual_shape.h"

namespace slm {

/// The residual body of IMPALA (Espeholt et al. 2018, figure 3). A stage is a convolution, the largest of each window
/// of 3 x 3 pixels two pixels apart, and two blocks, each x + conv(activation(conv(activation(x)))); convolutions are 3
/// x 3 with a padding of 1. The activation ends the last stage.
///
/// One image after the other goes through all stages. The gradient of a batch is the sum of those of its pieces of 16
/// images (PieceSums).
class ResidualLayers final : public ImageLayers {
 public:
  explicit ResidualLayers(ResidualShape shape);

  const ImageShape& image() const override { return shape_.image; }
  int num_outputs() const override { return out_.size(); }
  std::vector<std::int32_t> output_places() const override { return places_of_pixels(out_); }
  Parameters make_parameters(Rng& init) const override;

  ConstMatrixRef infer(const ObservationsView& x, Parameters& parameters) override;
  ConstMatrixRef forward(const ObservationsView& x, Parameters& parameters) override;
  void backward(const ConstMatrixRef& d_out, Parameters& parameters) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) override;
  void parameters_changed() override { transposed_stale_ = true; }
  void share_work(ThreadPool& threads) override { threads_ = &threads; }
  std::unique_ptr<ImageLayers> clone() const override { return std::make_unique<ResidualLayers>(*this); }
  std::map<std::string, std::string> description() const override;

 private:
  /// Offsets are those of images among all that one pass of an observation makes.
  struct Block {
    Convolution first, second;
    std::size_t x, out;               // the same where nobody needs x once the block is through
    std::size_t first_in, second_in;  // what the convolutions see
    std::size_t first_z, second_z;    // from which the derivatives of the activations before them follow
  };
  struct Stage {
    Convolution entry;
    Plane plane;  // of every image behind the window
    std::array<Block, kBlocksOfStage> blocks;
    std::size_t largest;  // offset of the largest places of its windows, each from 0 to 8
    std::size_t in_of_blocks() const { return blocks.front().x; }
    std::size_t out() const { return blocks.back().out; }
  };
  /// What one thread needs to take an image through the stages, there and back.
  struct Scratch {
    AlignedBuffer image;                // what the first convolution sees
    AlignedBuffer entry;                // what a convolution makes before the window or the sum
    AlignedBuffer pass;                 // where nothing is kept
    std::vector<std::uint8_t> largest;  // the same
    AlignedBuffer d_image, d_entry;     // gradients
    AlignedBuffer d_x, d_second, d_first;
  };

  int num_ready_threads(int n, int piece);
  Scratch make_scratch() const;
  template <class Task>
  void for_each_of_batch(int n, const Task& task);  // task(image, scratch of its thread)

  void image_forward(const ObservationsView& x, int image, const float* parameters, float* pass, std::uint8_t* largest,
                     float* out, Scratch& scratch) const;
  void window_forward(const Stage& stage, const float* entry, float* out, std::uint8_t* largest) const;
  void block_forward(const Block& block, const Plane& plane, const float* parameters, float* pass, float* branch) const;
  void image_backward(int image, const ConstMatrixRef& d_out, bool accumulate, float* grads, float* d_image,
                      Scratch& scratch) const;
  void window_backward(const Stage& stage, const float* d_out, const std::uint8_t* largest, float* d_entry) const;
  void block_backward(const Block& block, const Plane& plane, const float* pass, bool accumulate, float* grads,
                      Scratch& scratch) const;
  void refresh_transposed(const float* parameters);

  ResidualShape shape_;
  std::vector<Stage> stages_;
  Plane out_;
  std::size_t pass_size_ = 0, largest_size_ = 0;  // of one image
  std::int64_t multiply_adds_ = 0;                // of one image, forward
  AlignedBuffer transposed_;
  bool transposed_stale_ = true;

  ThreadPool* threads_ = nullptr;
  std::vector<Scratch> scratch_;  // one for each thread
  PieceSums piece_grads_;
  AlignedBuffer infer_out_;

  // Of forward() for backward().
  std::optional<ObservationsView> x_;
  AlignedBuffer pass_, out_of_batch_;
  std::vector<std::uint8_t> largest_;
  int n_ = 0;
  Matrix d_x_;
};

}  // namespace slm
