#include "slm_lab/net/conv_layers.h"

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr int kDepth = 4;  ///< images that go through all layers together: they fill a second-level cache of 1 MB

std::ptrdiff_t offset(int image, int size) { return static_cast<std::ptrdiff_t>(image) * size; }

/// Calls task for a few images of the piece at a time.
template <class Task>
void depth_first(Piece piece, const Task& task) {
  for (int done = 0; done < piece.n; done += kDepth) task(Piece{piece.first + done, std::min(kDepth, piece.n - done)});
}

}  // namespace

void ConvLayers::parameters_changed() {
  transposed_stale_ = true;
  if (bf16_) bf16_->parameters_changed();
}

void ConvLayers::share_work(ThreadPool& threads) {
  threads_ = &threads;
  if (bf16_) bf16_->share_work(threads);
}

// Pieces of a batch.

int ConvLayers::num_ready_threads(int n) {
  const int threads = num_sharing(threads_, n, kImagesOfSum, multiply_adds_);
  while (scratch_.size() < static_cast<std::size_t>(threads)) scratch_.push_back(make_scratch());
  return threads;
}

ConvLayers::Scratch ConvLayers::make_scratch() const {
  Scratch scratch;
  scratch.image = AlignedBuffer(static_cast<std::size_t>(kDepth * layers_[0].in.size()));
  for (const Convolution& layer : layers_)
    for (std::vector<AlignedBuffer>* of : {&scratch.h, &scratch.z, &scratch.d})
      of->emplace_back(static_cast<std::size_t>(kDepth * layer.out.size()));
  return scratch;
}

template <class Task>
void ConvLayers::for_each_of_batch(int n, Task&& task) {
  for_each_piece(threads_, num_ready_threads(n), n, kImagesOfSum, [&](int, Images piece, int thread) {
    depth_first(piece, [&](Images images) { task(images, scratch_[static_cast<std::size_t>(thread)]); });
  });
}

// Forward.

ConstMatrixRef ConvLayers::infer(const ObservationsView& x, Parameters& parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  const int n = static_cast<int>(x.rows()), size = num_outputs();
  float* const out = grown(infer_out_, offset(n, size));
  if (bf16_) {
    bf16_->infer(x, parameters.values.data(), out);
    return Eigen::Map<const Matrix>(out, n, size);
  }
  for_each_of_batch(n, [&](Images images, Scratch& scratch) {
    read_images(x, images, scratch.image);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Convolution& layer = layers_[l];
      const float* const in = l == 0 ? scratch.image.data() : scratch.h[l - 1].data();
      const bool last = l + 1 == layers_.size();
      for (int i = 0; i < images.n; ++i) {
        float* const h =
            last ? out + offset(images.first + i, size) : scratch.h[l].data() + offset(i, layer.out.size());
        layer_forward(layer, parameters.values.data(), in + offset(i, layer.in.size()), h, h);
      }
    }
  });
  return Eigen::Map<const Matrix>(out, n, size);
}

ConstMatrixRef ConvLayers::forward(const ObservationsView& x, Parameters& parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  x_ = x;
  n_ = static_cast<int>(x.rows());
  if (bf16_) {
    float* const out = grown(forward_out_, offset(n_, num_outputs()));
    bf16_->forward(x, parameters.values.data(), out);
    return Eigen::Map<const Matrix>(out, n_, num_outputs());
  }
  const bool keeps_z = !derivative_from_output(shape_.hidden);
  h_.resize(layers_.size());
  if (keeps_z) z_.resize(layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    grown(h_[l], offset(n_, layers_[l].out.size()));
    if (keeps_z) grown(z_[l], offset(n_, layers_[l].out.size()));
  }
  for_each_of_batch(n_, [&](Images images, Scratch& scratch) {
    read_images(x, images, scratch.image);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Convolution& layer = layers_[l];
      for (int i = 0; i < images.n; ++i) {
        const int image = images.first + i;
        const float* const in = l == 0 ? scratch.image.data() + offset(i, layer.in.size())
                                       : h_[l - 1].data() + offset(image, layer.in.size());
        const std::ptrdiff_t at = offset(image, layer.out.size());
        layer_forward(layer, parameters.values.data(), in, (keeps_z ? z_[l] : h_[l]).data() + at, h_[l].data() + at);
      }
    }
  });
  return Eigen::Map<const Matrix>(h_.back().data(), n_, num_outputs());
}

/// Observations into images of the first layer.
void ConvLayers::read_images(const ObservationsView& x, Images images, AlignedBuffer& to) const {
  const Plane& plane = layers_[0].in;
  for (int i = 0; i < images.n; ++i)
    read_image(x, images.first + i, shape_.byte_scale, plane, to.data() + offset(i, plane.size()));
}

/// h = activation(z) of one image; z may be h.
void ConvLayers::layer_forward(const Convolution& layer, const float* parameters, const float* in, float* z,
                               float* h) const {
  for (int y = 0; y < layer.out.height; ++y) {
    convolve_row(layer, parameters, y, in, z);
    activate_row(shape_.hidden, y, layer.out, z, layer.out, h);
  }
}

// Backward.

void ConvLayers::backward(const ConstMatrixRef& d_out, Parameters& parameters) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  if (bf16_) return bf16_->backward(d_out, parameters.values.data(), parameters.grads.data());
  refresh_transposed(parameters.values.data());
  piece_grads_.run(
      threads_, num_ready_threads(n_), n_, kImagesOfSum, {parameters.grads.data(), layers_.back().parameters_end()},
      [&](Images piece, float* to, int thread) {
        depth_first(piece, [&](Images images) {
          backward_images(images, d_out, images.first > piece.first, to, scratch_[static_cast<std::size_t>(thread)]);
        });
      });
}

/// The gradients of the parameters from some images, written to `grads` or added to it.
void ConvLayers::backward_images(Images images, const ConstMatrixRef& d_out, bool accumulate, float* grads,
                                 Scratch& scratch) {
  begin_backward(images, d_out, scratch);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Convolution& layer = layers_[l];
    if (l == 0) read_images(*x_, images, scratch.image);
    for (int i = 0; i < images.n; ++i) {
      const float* const in = l == 0 ? scratch.image.data() + offset(i, layer.in.size())
                                     : h_[l - 1].data() + offset(images.first + i, layer.in.size());
      const float* const dz = scratch.d[l].data() + offset(i, layer.out.size());
      convolve_backward_weights(layer, in, dz, accumulate || i > 0, grads);
      if (l > 0)
        convolve_backward_input(layer, transposed_.data(), layer.in, dz,
                                scratch.d[l - 1].data() + offset(i, layer.in.size()));
    }
    if (l > 0) through_activation(l - 1, images, scratch);
  }
}

ConstMatrixRef ConvLayers::backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  MatrixRef d_x = grown(d_x_, n_, shape_.image.size());
  if (bf16_) {
    bf16_->backward_input(d_out, parameters.values.data(), d_x);
    return d_x;
  }
  refresh_transposed(parameters.values.data());
  for_each_of_batch(n_, [&](Images images, Scratch& scratch) { backward_input_images(images, d_out, scratch); });
  return d_x;
}

void ConvLayers::backward_input_images(Images images, const ConstMatrixRef& d_out, Scratch& scratch) {
  const Plane image = layers_[0].padded_input();
  float* const d_image = grown(scratch.d_image, image.size());
  begin_backward(images, d_out, scratch);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Convolution& layer = layers_[l];
    for (int i = 0; i < images.n; ++i) {
      const float* const dz = scratch.d[l].data() + offset(i, layer.out.size());
      if (l > 0) {
        convolve_backward_input(layer, transposed_.data(), layer.in, dz,
                                scratch.d[l - 1].data() + offset(i, layer.in.size()));
        continue;
      }
      convolve_backward_input(layer, transposed_.data(), image, dz, d_image);
      write_image(image, d_image, d_x_.row(images.first + i).data());
    }
    if (l > 0) through_activation(l - 1, images, scratch);
  }
}

/// The gradient with respect to what the last activation sees.
void ConvLayers::begin_backward(Images images, const ConstMatrixRef& d_out, Scratch& scratch) const {
  const std::size_t last = layers_.size() - 1;
  const int size = num_outputs();
  for (int i = 0; i < images.n; ++i)
    std::copy_n(d_out.row(images.first + i).data(), size, scratch.d[last].data() + offset(i, size));
  through_activation(last, images, scratch);
}

/// From the gradient with respect to the output of layer l to that before its activation, in place.
void ConvLayers::through_activation(std::size_t l, Images images, Scratch& scratch) const {
  float* const d = scratch.d[l].data();
  const auto size = static_cast<std::size_t>(images.n * layers_[l].out.size());
  kernels().activation_backward(shape_.hidden, size, kept(l, images.first), d, d);
}

/// What the derivative of the activation of layer l is computed from, from an image on.
const float* ConvLayers::kept(std::size_t l, int image) const {
  const AlignedBuffer& of = derivative_from_output(shape_.hidden) ? h_[l] : z_[l];
  return of.data() + offset(image, layers_[l].out.size());
}

void ConvLayers::refresh_transposed(const float* parameters) {
  if (!transposed_stale_) return;
  for (const Convolution& layer : layers_) transpose_weights(layer, parameters, transposed_.data());
  transposed_stale_ = false;
}

}  // namespace slm
