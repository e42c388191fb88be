#include "slm_lab/net/batch_norm_conv_layers.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/net/scale_and_shift.h"

namespace slm {
// Where things lie: every convolution, then gain and shift of every normalisation.

BatchNormConvLayers::BatchNormConvLayers(ConvShape shape) : shape_(std::move(shape)) {
  ensure(shape_.layers.size() > 1 && shape_.bf16 == nullptr, "a convolution to normalise, in float32");
  std::size_t transposed = 0;
  Plane in = observation_plane(shape_.image, shape_.layers[0].padding);
  for (std::size_t l = 0; l < shape_.layers.size(); ++l) {
    const Convolution convolution = lay_out_convolution(shape_.layers[l], in, 0, learnt_, transposed);
    learnt_ = convolution.parameters_end();
    transposed = convolution.transposed_end();
    multiply_adds_ += convolution.multiply_adds();
    in = convolution.out;
    in.border = l + 1 < shape_.layers.size() ? shape_.layers[l + 1].padding : 0;
    layers_.push_back({convolution, in, 0, 0, 0});
  }
  std::size_t running = 0;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const auto width = static_cast<std::size_t>(layer.stride());
    layer.gain = learnt_;
    layer.shift = learnt_ + width;
    learnt_ += 2 * width;
    layer.running = running;
    running += running_statistics_size(layer.next.channels);
    norms_.emplace_back(kBatchNorm, layer.next.channels);
  }
  transposed_ = AlignedBuffer(transposed);
}

Parameters BatchNormConvLayers::make_parameters(Rng& init) const {
  Parameters parameters;
  parameters.values = AlignedBuffer(learnt_);
  std::size_t place = 0;  // as in torch.nn.Sequential: convolution, activation, normalisation
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    add_convolution(layer.convolution, fmt::format("conv.{}", place), shape_.init_fn, shape_.hidden, init, parameters);
    place += 2;
    if (l == 0) continue;
    const std::string name = fmt::format("conv.{}", place++);
    const int width = layer.next.channels;
    parameters.tensors.push_back({name + ".weight", {width}, layer.gain, layer.stride()});
    parameters.tensors.push_back({name + ".bias", {width}, layer.shift, layer.stride()});
    add_running_statistics(name, width, parameters);
  }
  const AlignedBuffer convolutions = parameters.values;
  make_room(parameters, learnt_);
  std::ranges::copy(convolutions.span(), parameters.values.data());
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const int width = layers_[l].next.channels;
    std::fill_n(parameters.values.data() + layers_[l].gain, width, 1.0f);
    std::fill_n(running_statistics(parameters, layers_[l].running, width).var, width, 1.0f);
  }
  return parameters;
}

std::vector<std::int32_t> BatchNormConvLayers::output_places() const { return places_of_pixels(layers_.back().next); }

std::map<std::string, std::string> BatchNormConvLayers::description() const {
  std::map<std::string, std::string> description = describe(shape_);
  description["batch_norm"] = "true";
  return description;
}

void BatchNormConvLayers::parameters_changed() { transposed_stale_ = running_stale_ = true; }

// Pieces of a batch.

void BatchNormConvLayers::grow(int n, Pass& pass) const {
  const std::size_t num_layers = layers_.size();
  for (std::vector<AlignedBuffer>* const of : {&pass.z, &pass.h, &pass.x_hat}) of->resize(num_layers);
  pass.in.resize(num_layers + 1);
  grown(pass.in[0], std::ptrdiff_t{n} * layers_[0].convolution.in.size());
  std::ptrdiff_t largest = 0;
  for (std::size_t l = 0; l < num_layers; ++l) {
    const std::ptrdiff_t size = n * layers_[l].size();
    grown(pass.in[l + 1], std::ptrdiff_t{n} * layers_[l].next.size());
    grown(pass.h[l], size);
    if (keeps_z()) grown(pass.z[l], size);
    if (l == 0) continue;
    grown(pass.x_hat[l], size);
    largest = std::max(largest, size);
  }
  grown(pass.y, largest);
}

int BatchNormConvLayers::num_ready_threads(int n) {
  const int threads = num_sharing(threads_, n, kImagesOfSum, multiply_adds_);
  while (d_in_.size() < static_cast<std::size_t>(threads)) {
    d_in_.emplace_back();
    infer_passes_.emplace_back();
    grow(kImagesOfSum, infer_passes_.back());
    for (const Layer& layer : layers_) grown(d_in_.back(), layer.convolution.padded_input().size());
  }
  return threads;
}

template <class Task>
void BatchNormConvLayers::for_each_of_batch(int n, const Task& task) {
  for_each_piece(threads_, num_ready_threads(n), n, kImagesOfSum,
                 [&](int, Images images, int thread) { task(images, static_cast<std::size_t>(thread)); });
}

// Forward.

ConstMatrixRef BatchNormConvLayers::infer(const ObservationsView& x, Parameters& parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  follow_running(parameters);
  const int n = static_cast<int>(x.rows()), size = num_outputs();
  float* const out = grown(infer_out_, std::ptrdiff_t{n} * size);
  for_each_of_batch(n, [&](Images images, std::size_t thread) {
    Pass& pass = infer_passes_[thread];
    const Images here{0, images.n};
    read_images(x, images, 0, pass);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      convolve(l, here, parameters, pass);
      normalise_by_running(l, here, parameters, pass);
      pass_on(l, here, pass);
    }
    std::copy_n(pass.in.back().data(), std::ptrdiff_t{images.n} * size, out + std::ptrdiff_t{images.first} * size);
  });
  return Eigen::Map<const Matrix>(out, n, size);
}

ConstMatrixRef BatchNormConvLayers::forward(const ObservationsView& x, Parameters& parameters) {
  begin_forward(x);
  in_training_ = false;
  follow_running(parameters);
  for_each_of_batch(n_, [&](Images images, std::size_t) {
    read_images(x, images, images.first, pass_);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      convolve(l, images, parameters, pass_);
      normalise_by_running(l, images, parameters, pass_);
      pass_on(l, images, pass_);
    }
  });
  return outputs();
}

ConstMatrixRef BatchNormConvLayers::forward_in_training(const ObservationsView& x, Parameters& parameters) {
  begin_forward(x);
  in_training_ = running_stale_ = true;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    for_each_of_batch(n_, [&](Images images, std::size_t) {
      if (l == 0) read_images(x, images, images.first, pass_);
      convolve(l, images, parameters, pass_);
      copy_activations(l, images, pass_);
    });
    if (l > 0) {
      const float* const values = parameters.values.data();
      norms_[l - 1].forward_in_training(n_ * layer.pixels(), values + layer.gain, values + layer.shift,
                                        running_statistics(parameters, layer.running, layer.next.channels),
                                        rows(l, 0, pass_.x_hat[l]), rows(l, 0, pass_.y));
    }
    for_each_of_batch(n_, [&](Images images, std::size_t) { pass_on(l, images, pass_); });
  }
  return outputs();
}

void BatchNormConvLayers::begin_forward(const ObservationsView& x) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  n_ = static_cast<int>(x.rows());
  grow(n_, pass_);
}

ConstMatrixRef BatchNormConvLayers::outputs() const {
  return Eigen::Map<const Matrix>(pass_.in.back().data(), n_, num_outputs());
}

/// Observations into what the first layer sees, from image `at` of the pass on.
void BatchNormConvLayers::read_images(const ObservationsView& x, Images images, int at, Pass& pass) const {
  const Plane& plane = layers_[0].convolution.in;
  for (int i = 0; i < images.n; ++i)
    read_image(x, images.first + i, shape_.byte_scale, plane,
               pass.in[0].data() + std::ptrdiff_t{at + i} * plane.size());
}

/// h = activation(z) of layer l.
void BatchNormConvLayers::convolve(std::size_t l, Images images, const Parameters& parameters, Pass& pass) const {
  const Convolution& c = layers_[l].convolution;
  for (int image = images.first; image < images.first + images.n; ++image) {
    const float* const in = pass.in[l].data() + std::ptrdiff_t{image} * c.in.size();
    float* const h = pass.h[l].data() + image * layers_[l].size();
    float* const z = keeps_z() ? pass.z[l].data() + image * layers_[l].size() : h;
    for (int y = 0; y < c.out.height; ++y) {
      convolve_row(c, parameters.values.data(), y, in, z);
      activate_row(shape_.hidden, y, c.out, z, c.out, h);
    }
  }
}

void BatchNormConvLayers::copy_activations(std::size_t l, Images images, Pass& pass) const {
  if (l == 0) return;
  const std::ptrdiff_t at = images.first * layers_[l].size();
  std::copy_n(pass.h[l].data() + at, images.n * layers_[l].size(), pass.x_hat[l].data() + at);
}

/// y = gain * x_hat + shift of layer l, where it is normalised.
void BatchNormConvLayers::normalise_by_running(std::size_t l, Images images, const Parameters& parameters,
                                               Pass& pass) const {
  if (l == 0) return;
  const Layer& layer = layers_[l];
  copy_activations(l, images, pass);
  const int n = images.n * layer.pixels();
  const Rows x_hat = rows(l, images.first, pass.x_hat[l]);
  norms_[l - 1].standardize(n, x_hat);
  const float* const values = parameters.values.data();
  scale_and_shift(n, layer.next.stride, x_hat, values + layer.gain, values + layer.shift,
                  rows(l, images.first, pass.y));
}

/// What layer l makes into what the next one sees.
void BatchNormConvLayers::pass_on(std::size_t l, Images images, Pass& pass) const {
  const Plane &from = layers_[l].convolution.out, &to = layers_[l].next;
  const AlignedBuffer& made = l == 0 ? pass.h[l] : pass.y;
  for (int image = images.first; image < images.first + images.n; ++image)
    for (int y = 0; y < to.height; ++y)
      std::copy_n(made.data() + image * layers_[l].size() + from.at(y, 0), from.row(),
                  pass.in[l + 1].data() + std::ptrdiff_t{image} * to.size() + to.at(y, 0));
}

/// Before evaluation.
void BatchNormConvLayers::follow_running(Parameters& parameters) {
  if (!running_stale_) return;
  for (std::size_t l = 1; l < layers_.size(); ++l)
    norms_[l - 1].follow(running_statistics(parameters, layers_[l].running, layers_[l].next.channels));
  running_stale_ = false;
}

// Backward.

void BatchNormConvLayers::backward(const ConstMatrixRef& d_out, Parameters& parameters) {
  float* const grads = parameters.grads.data();
  backward_to_first(d_out, parameters, grads);
  piece_grads_.run(threads_, num_ready_threads(n_), n_, kImagesOfSum,
                   {grads, layers_.back().convolution.parameters_end()}, [&](Images images, float* to, int) {
                     for (int image = images.first; image < images.first + images.n; ++image)
                       for (std::size_t l = 0; l < layers_.size(); ++l) {
                         const Convolution& c = layers_[l].convolution;
                         convolve_backward_weights(c, pass_.in[l].data() + std::ptrdiff_t{image} * c.in.size(),
                                                   d_[l].data() + image * layers_[l].size(), image > images.first, to);
                       }
                   });
}

ConstMatrixRef BatchNormConvLayers::backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) {
  backward_to_first(d_out, parameters, grown(unasked_grads_, static_cast<std::ptrdiff_t>(learnt_)));
  MatrixRef d_x = grown(d_x_, n_, shape_.image.size());
  const Convolution& first = layers_[0].convolution;
  const Plane plane = first.padded_input();
  for_each_of_batch(n_, [&](Images images, std::size_t thread) {
    for (int image = images.first; image < images.first + images.n; ++image) {
      convolve_backward_input(first, transposed_.data(), plane, d_[0].data() + image * layers_[0].size(),
                              d_in_[thread].data());
      write_image(plane, d_in_[thread].data(), d_x.row(image).data());
    }
  });
  return d_x;
}

/// The gradients with respect to what every convolution makes, and those of gains and shifts in `grads`.
void BatchNormConvLayers::backward_to_first(const ConstMatrixRef& d_out, const Parameters& parameters, float* grads) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  refresh_transposed(parameters);
  d_.resize(layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) grown(d_[l], n_ * layers_[l].size());
  for (int image = 0; image < n_; ++image)
    std::copy_n(d_out.row(image).data(), num_outputs(), d_.back().data() + std::ptrdiff_t{image} * num_outputs());
  for (std::size_t l = layers_.size(); l-- > 0;) {
    if (l > 0) through_normalisation(l, parameters, grads);
    for_each_of_batch(n_, [&](Images images, std::size_t thread) {
      through_activation(l, images);
      if (l > 0) backward_input_images(l, images, d_in_[thread]);
    });
  }
}

void BatchNormConvLayers::through_normalisation(std::size_t l, const Parameters& parameters, float* grads) {
  const Layer& layer = layers_[l];
  const int n = n_ * layer.pixels();
  const float* const gain = parameters.values.data() + layer.gain;
  const Rows x_hat = rows(l, 0, pass_.x_hat[l]), d = rows(l, 0, d_[l]);
  if (in_training_) {
    norms_[l - 1].backward_in_training(n, gain, x_hat, d, grads + layer.gain, grads + layer.shift);
    return;
  }
  scale_and_shift_backward(n, layer.next.channels, x_hat, d, grads + layer.gain, grads + layer.shift);
  norms_[l - 1].backward_input(n, gain, d);
}

void BatchNormConvLayers::through_activation(std::size_t l, Images images) {
  const std::ptrdiff_t at = images.first * layers_[l].size();
  const AlignedBuffer& kept = keeps_z() ? pass_.z[l] : pass_.h[l];
  float* const d = d_[l].data() + at;
  kernels().activation_backward(shape_.hidden, static_cast<std::size_t>(images.n * layers_[l].size()), kept.data() + at,
                                d, d);
}

/// From layer l to what the one before makes; d_in: room for the image that lies between them.
void BatchNormConvLayers::backward_input_images(std::size_t l, Images images, AlignedBuffer& d_in) {
  const Convolution& c = layers_[l].convolution;
  const Plane& to = layers_[l - 1].convolution.out;
  for (int image = images.first; image < images.first + images.n; ++image) {
    convolve_backward_input(c, transposed_.data(), c.in, d_[l].data() + image * layers_[l].size(), d_in.data());
    for (int y = 0; y < to.height; ++y)
      std::copy_n(d_in.data() + c.in.at(y, 0), to.row(),
                  d_[l - 1].data() + image * layers_[l - 1].size() + to.at(y, 0));
  }
}

void BatchNormConvLayers::refresh_transposed(const Parameters& parameters) {
  if (!transposed_stale_) return;
  for (const Layer& layer : layers_) transpose_weights(layer.convolution, parameters.values.data(), transposed_.data());
  transposed_stale_ = false;
}

}  // namespace slm
