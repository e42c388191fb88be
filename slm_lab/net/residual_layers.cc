#include "slm_lab/net/residual_layers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr ConvLayerShape kWindow = stage_window(1);
constexpr int kPlaces = kWindow.kernel * kWindow.kernel;

std::size_t times(int image, std::size_t size) { return static_cast<std::size_t>(image) * size; }

/// Row or column of a place's row or column in the window of pixel `at`.
constexpr int in_window(int at, int place) { return kWindow.stride * at - kWindow.padding + place; }

/// Calls task(place in the window, pixel) for those pixels of `of` that the window of pixel (y, x) of its image has.
template <class Task>
void for_each_of_window(const Plane& of, int y, int x, const Task& task) {
  for (int place = 0; place < kPlaces; ++place) {
    const int row = in_window(y, place / kWindow.kernel), column = in_window(x, place % kWindow.kernel);
    if (row >= 0 && row < of.height && column >= 0 && column < of.width) task(place, of.at(row, column));
  }
}

}  // namespace

// Where things lie.

ResidualLayers::ResidualLayers(ResidualShape shape) : shape_(std::move(shape)) {
  ensure(!shape_.channels.empty(), "at least one stage");
  const bool keeps_z = !derivative_from_output(shape_.hidden);
  std::size_t weight = 0, transposed = 0;
  const auto add = [&](int channels, const Plane& in) {
    const Convolution convolution = lay_out_convolution(stage_convolution(channels), in, 1, weight, transposed);
    weight = convolution.parameters_end();
    transposed = convolution.transposed_end();
    multiply_adds_ += convolution.multiply_adds();
    return convolution;
  };
  Plane in = observation_plane(shape_.image, 1);
  for (const int channels : shape_.channels) {
    Stage stage{add(channels, in), {}, {}, largest_size_};
    const ImageShape behind_window = conv_output(kWindow, {channels, stage.entry.out.height, stage.entry.out.width});
    stage.plane = stage.entry.out;
    stage.plane.height = behind_window.height;
    stage.plane.width = behind_window.width;
    const auto room = [&] {
      const std::size_t at = pass_size_;
      pass_size_ += static_cast<std::size_t>(stage.plane.size());
      return at;
    };
    std::size_t x = room();
    for (Block& block : stage.blocks) {
      block.first = add(channels, stage.plane);
      block.second = add(channels, stage.plane);
      block.x = x;
      block.first_in = room();
      block.second_in = room();
      block.first_z = keeps_z ? block.x : block.first_in;
      block.second_z = keeps_z ? room() : block.second_in;
      block.out = x = keeps_z ? room() : x;
    }
    largest_size_ += static_cast<std::size_t>(stage.plane.height * stage.plane.width * stage.plane.stride);
    in = stage.plane;
    stages_.push_back(stage);
  }
  out_ = in;
  out_.border = 0;
  transposed_ = AlignedBuffer(transposed);
}

Parameters ResidualLayers::make_parameters(Rng& init) const {
  Parameters parameters;
  parameters.values = AlignedBuffer(stages_.back().blocks.back().second.parameters_end());
  const auto add = [&](const Convolution& convolution, const std::string& name) {
    add_convolution(convolution, name, shape_.init_fn, shape_.hidden, init, parameters);
  };
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    add(stages_[s].entry, fmt::format("conv.{}.conv", s));
    for (std::size_t b = 0; b < stages_[s].blocks.size(); ++b) {
      add(stages_[s].blocks[b].first, fmt::format("conv.{}.res_block{}.conv0", s, b));
      add(stages_[s].blocks[b].second, fmt::format("conv.{}.res_block{}.conv1", s, b));
    }
  }
  parameters.grads = AlignedBuffer(parameters.values.size());
  return parameters;
}

std::map<std::string, std::string> ResidualLayers::description() const {
  return {{"type", "ImpalaNet"},
          {"channels", fmt::format("[{}]", fmt::join(shape_.channels, ", "))},
          {"normalize", shape_.byte_scale == 1 ? "false" : "true"}};
}

// Images of a batch.

ResidualLayers::Scratch ResidualLayers::make_scratch() const {
  Scratch scratch;
  scratch.image = AlignedBuffer(static_cast<std::size_t>(stages_[0].entry.in.size()));
  scratch.d_image = AlignedBuffer(static_cast<std::size_t>(stages_[0].entry.padded_input().size()));
  scratch.pass = AlignedBuffer(pass_size_);
  scratch.largest.resize(largest_size_);
  int entry = 0, plane = 0;
  for (const Stage& stage : stages_) {
    entry = std::max(entry, stage.entry.out.size());
    plane = std::max(plane, stage.plane.size());
  }
  for (AlignedBuffer* const of : {&scratch.entry, &scratch.d_entry})
    *of = AlignedBuffer(static_cast<std::size_t>(entry));
  for (AlignedBuffer* const of : {&scratch.d_x, &scratch.d_second, &scratch.d_first})
    *of = AlignedBuffer(static_cast<std::size_t>(plane));
  return scratch;
}

int ResidualLayers::num_ready_threads(int n, int piece) {
  const int threads = num_sharing(threads_, n, piece, multiply_adds_);
  while (scratch_.size() < static_cast<std::size_t>(threads)) scratch_.push_back(make_scratch());
  return threads;
}

template <class Task>
void ResidualLayers::for_each_of_batch(int n, const Task& task) {
  for_each_piece(threads_, num_ready_threads(n, 1), n, 1,
                 [&](int image, Piece, int thread) { task(image, scratch_[static_cast<std::size_t>(thread)]); });
}

// Forward.

ConstMatrixRef ResidualLayers::infer(const ObservationsView& x, Parameters& parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  const int n = static_cast<int>(x.rows());
  const auto size = static_cast<std::size_t>(num_outputs());
  float* const out = grown(infer_out_, static_cast<std::ptrdiff_t>(times(n, size)));
  for_each_of_batch(n, [&](int image, Scratch& scratch) {
    image_forward(x, image, parameters.values.data(), scratch.pass.data(), scratch.largest.data(),
                  out + times(image, size), scratch);
  });
  return Eigen::Map<const Matrix>(out, n, num_outputs());
}

ConstMatrixRef ResidualLayers::forward(const ObservationsView& x, Parameters& parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  x_ = x;
  n_ = static_cast<int>(x.rows());
  const auto size = static_cast<std::size_t>(num_outputs());
  float* const pass = grown(pass_, static_cast<std::ptrdiff_t>(times(n_, pass_size_)));
  float* const out = grown(out_of_batch_, static_cast<std::ptrdiff_t>(times(n_, size)));
  if (largest_.size() < times(n_, largest_size_)) largest_.resize(times(n_, largest_size_));
  for_each_of_batch(n_, [&](int image, Scratch& scratch) {
    image_forward(x, image, parameters.values.data(), pass + times(image, pass_size_),
                  largest_.data() + times(image, largest_size_), out + times(image, size), scratch);
  });
  return Eigen::Map<const Matrix>(out, n_, num_outputs());
}

/// Of one image of x: `pass`, `largest` and `out` are its own.
void ResidualLayers::image_forward(const ObservationsView& x, int image, const float* parameters, float* pass,
                                   std::uint8_t* largest, float* out, Scratch& scratch) const {
  read_image(x, image, shape_.byte_scale, stages_[0].entry.in, scratch.image.data());
  const float* in = scratch.image.data();
  for (const Stage& stage : stages_) {
    for (int y = 0; y < stage.entry.out.height; ++y) convolve_row(stage.entry, parameters, y, in, scratch.entry.data());
    window_forward(stage, scratch.entry.data(), pass + stage.in_of_blocks(), largest + stage.largest);
    for (const Block& block : stage.blocks) block_forward(block, stage.plane, parameters, pass, scratch.entry.data());
    in = pass + stage.out();
  }
  for (int y = 0; y < out_.height; ++y) activate_row(shape_.hidden, y, stages_.back().plane, in, out_, out);
}

/// The largest numbers of each window, channel by channel, and the first place that each is found at.
void ResidualLayers::window_forward(const Stage& stage, const float* entry, float* out, std::uint8_t* largest) const {
  const Plane& plane = stage.plane;
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x, largest += plane.stride) {
      float* const best = out + plane.at(y, x);
      std::fill_n(best, plane.stride, -std::numeric_limits<float>::infinity());
      for_each_of_window(stage.entry.out, y, x, [&](int place, int at) {
        for (int channel = 0; channel < plane.stride; ++channel) {
          const float value = entry[at + channel];
          const bool wins = !(value <= best[channel]);  // what is no number is not hidden
          best[channel] = wins ? value : best[channel];
          largest[channel] = wins ? static_cast<std::uint8_t>(place) : largest[channel];
        }
      });
    }
}

void ResidualLayers::block_forward(const Block& block, const Plane& plane, const float* parameters, float* pass,
                                   float* branch) const {
  const auto activate = [&](std::size_t from, std::size_t to) {
    for (int y = 0; y < plane.height; ++y) activate_row(shape_.hidden, y, plane, pass + from, plane, pass + to);
  };
  activate(block.x, block.first_in);
  for (int y = 0; y < plane.height; ++y)
    convolve_row(block.first, parameters, y, pass + block.first_in, pass + block.second_z);
  activate(block.second_z, block.second_in);
  for (int y = 0; y < plane.height; ++y) {
    convolve_row(block.second, parameters, y, pass + block.second_in, branch);
    for (int i = plane.at(y, 0); i < plane.at(y, plane.width); ++i)
      pass[block.out + static_cast<std::size_t>(i)] = pass[block.x + static_cast<std::size_t>(i)] + branch[i];
  }
}

// Backward.

void ResidualLayers::backward(const ConstMatrixRef& d_out, Parameters& parameters) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  refresh_transposed(parameters.values.data());
  piece_grads_.run(threads_, num_ready_threads(n_, kImagesOfSum), n_, kImagesOfSum,
                   {parameters.grads.data(), stages_.back().blocks.back().second.parameters_end()},
                   [&](Piece piece, float* to, int thread) {
                     for (int i = 0; i < piece.n; ++i)
                       image_backward(piece.first + i, d_out, i > 0, to, nullptr,
                                      scratch_[static_cast<std::size_t>(thread)]);
                   });
}

ConstMatrixRef ResidualLayers::backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  refresh_transposed(parameters.values.data());
  MatrixRef d_x = grown(d_x_, n_, shape_.image.size());
  for_each_of_batch(n_, [&](int image, Scratch& scratch) {
    image_backward(image, d_out, false, nullptr, d_x.row(image).data(), scratch);
  });
  return d_x;
}

/// One image's part of the gradient of the parameters, written to `grads` or added to it (nullptr: not computed), and
/// the gradient with respect to the image (nullptr: the same).
void ResidualLayers::image_backward(int image, const ConstMatrixRef& d_out, bool accumulate, float* grads,
                                    float* d_image, Scratch& scratch) const {
  const float* const pass = pass_.data() + times(image, pass_size_);
  const std::uint8_t* const largest = largest_.data() + times(image, largest_size_);
  const Plane& last = stages_.back().plane;
  const bool from_output = derivative_from_output(shape_.hidden);
  std::fill_n(scratch.d_x.data(), last.size(), 0.0f);
  for (int y = 0; y < out_.height; ++y) {
    const float* const kept =
        from_output ? out_of_batch_.data() + times(image, static_cast<std::size_t>(out_.size())) + out_.at(y, 0)
                    : pass + stages_.back().out() + last.at(y, 0);
    kernels().activation_backward(shape_.hidden, static_cast<std::size_t>(out_.row()), kept,
                                  d_out.row(image).data() + out_.at(y, 0), scratch.d_x.data() + last.at(y, 0));
  }
  for (std::size_t s = stages_.size(); s-- > 0;) {
    const Stage& stage = stages_[s];
    for (std::size_t b = stage.blocks.size(); b-- > 0;)
      block_backward(stage.blocks[b], stage.plane, pass, accumulate, grads, scratch);
    window_backward(stage, scratch.d_x.data(), largest + stage.largest, scratch.d_entry.data());
    if (s == 0 && grads != nullptr) read_image(*x_, image, shape_.byte_scale, stage.entry.in, scratch.image.data());
    if (grads != nullptr)
      convolve_backward_weights(stage.entry, s == 0 ? scratch.image.data() : pass + stages_[s - 1].out(),
                                scratch.d_entry.data(), accumulate, grads);
    if (s > 0)
      convolve_backward_input(stage.entry, transposed_.data(), stage.entry.in, scratch.d_entry.data(),
                              scratch.d_x.data());
  }
  if (d_image == nullptr) return;
  const Plane plane = stages_[0].entry.padded_input();
  convolve_backward_input(stages_[0].entry, transposed_.data(), plane, scratch.d_entry.data(), scratch.d_image.data());
  write_image(plane, scratch.d_image.data(), d_image);
}

/// What leaves a window passes back to where the largest number was found.
void ResidualLayers::window_backward(const Stage& stage, const float* d_out, const std::uint8_t* largest,
                                     float* d_entry) const {
  const Plane &plane = stage.plane, &to = stage.entry.out;
  std::fill_n(d_entry, to.size(), 0.0f);
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x, largest += plane.stride)
      for (int channel = 0; channel < plane.channels; ++channel) {
        const int place = largest[channel];
        d_entry[to.at(in_window(y, place / kWindow.kernel), in_window(x, place % kWindow.kernel)) + channel] +=
            d_out[plane.at(y, x) + channel];
      }
}

/// From the gradient with respect to what leaves the block, in scratch.d_x, to that with respect to its x.
void ResidualLayers::block_backward(const Block& block, const Plane& plane, const float* pass, bool accumulate,
                                    float* grads, Scratch& scratch) const {
  const auto size = static_cast<std::size_t>(plane.size());
  float *const d_x = scratch.d_x.data(), *const d_second = scratch.d_second.data(),
               *const d_first = scratch.d_first.data();
  const auto back = [&](const Convolution& convolution, std::size_t in, std::size_t z, const float* dz, float* d_in) {
    if (grads != nullptr) convolve_backward_weights(convolution, pass + in, dz, accumulate, grads);
    convolve_backward_input(convolution, transposed_.data(), plane, dz, d_in);
    kernels().activation_backward(shape_.hidden, size, pass + z, d_in, d_in);
  };
  back(block.second, block.second_in, block.second_z, d_x, d_second);
  back(block.first, block.first_in, block.first_z, d_second, d_first);
  for (std::size_t i = 0; i < size; ++i) d_x[i] += d_first[i];
}

void ResidualLayers::refresh_transposed(const float* parameters) {
  if (!transposed_stale_) return;
  for (const Stage& stage : stages_) {
    transpose_weights(stage.entry, parameters, transposed_.data());
    for (const Block& block : stage.blocks)
      for (const Convolution* const convolution : {&block.first, &block.second})
        transpose_weights(*convolution, parameters, transposed_.data());
  }
  transposed_stale_ = false;
}

}  // namespace slm
