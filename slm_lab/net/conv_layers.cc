#include "slm_lab/net/conv_layers.h"

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr int kPiece = 16;  ///< images whose gradients are added up in one buffer
constexpr int kDepth = 4;   ///< images that go through all layers together: they fill a second-level cache of 1 MB
constexpr float kOne = 1;

std::ptrdiff_t offset(int image, int size) { return static_cast<std::ptrdiff_t>(image) * size; }

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

int ConvLayers::num_threads(int n) const { return num_sharing(threads_, n, kPiece, multiply_adds_); }

ConvLayers::Scratch ConvLayers::make_scratch() const {
  Scratch scratch;
  scratch.image = AlignedBuffer(static_cast<std::size_t>(kDepth * layers_[0].in.size()));
  for (const Layer& layer : layers_)
    for (std::vector<AlignedBuffer>* of : {&scratch.h, &scratch.z, &scratch.d})
      of->emplace_back(static_cast<std::size_t>(kDepth * layer.out.size()));
  return scratch;
}

template <class Task>
void ConvLayers::for_each_of_batch(int n, Task&& task) {
  const int threads = num_threads(n);
  while (scratch_.size() < static_cast<std::size_t>(threads)) scratch_.push_back(make_scratch());
  for_each_piece(threads_, threads, n, kPiece, [&](int index, Images piece, int thread) {
    task(index, piece, scratch_[static_cast<std::size_t>(thread)]);
  });
}

namespace {

/// Calls task for a few images of the piece at a time.
template <class Task>
void depth_first(Piece piece, const Task& task) {
  for (int done = 0; done < piece.n; done += kDepth) task(Piece{piece.first + done, std::min(kDepth, piece.n - done)});
}

}  // namespace

// Forward.

ConstMatrixRef ConvLayers::infer(const ObservationsView& x, const float* parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  const int n = static_cast<int>(x.rows()), size = num_outputs();
  float* const out = grown(infer_out_, offset(n, size));
  if (bf16_) {
    bf16_->infer(x, parameters, out);
    return Eigen::Map<const Matrix>(out, n, size);
  }
  for_each_of_batch(n, [&](int, Images piece, Scratch& scratch) {
    depth_first(piece, [&](Images images) {
      read_images(x, images, scratch.image);
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        const Layer& layer = layers_[l];
        const float* const in = l == 0 ? scratch.image.data() : scratch.h[l - 1].data();
        const bool last = l + 1 == layers_.size();
        for (int i = 0; i < images.n; ++i) {
          float* const h =
              last ? out + offset(images.first + i, size) : scratch.h[l].data() + offset(i, layer.out.size());
          layer_forward(layer, parameters, in + offset(i, layer.in.size()), h, h);
        }
      }
    });
  });
  return Eigen::Map<const Matrix>(out, n, size);
}

ConstMatrixRef ConvLayers::forward(const ObservationsView& x, const float* parameters) {
  ensure(x.cols() == shape_.image.size(), "the images that the net was made for");
  x_ = x;
  n_ = static_cast<int>(x.rows());
  if (bf16_) {
    float* const out = grown(forward_out_, offset(n_, num_outputs()));
    bf16_->forward(x, parameters, out);
    return Eigen::Map<const Matrix>(out, n_, num_outputs());
  }
  const bool keeps_z = !derivative_from_output(shape_.hidden);
  h_.resize(layers_.size());
  if (keeps_z) z_.resize(layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    grown(h_[l], offset(n_, layers_[l].out.size()));
    if (keeps_z) grown(z_[l], offset(n_, layers_[l].out.size()));
  }
  for_each_of_batch(n_, [&](int, Images piece, Scratch& scratch) {
    depth_first(piece, [&](Images images) {
      read_images(x, images, scratch.image);
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        const Layer& layer = layers_[l];
        for (int i = 0; i < images.n; ++i) {
          const int image = images.first + i;
          const float* const in = l == 0 ? scratch.image.data() + offset(i, layer.in.size())
                                         : h_[l - 1].data() + offset(image, layer.in.size());
          const std::ptrdiff_t at = offset(image, layer.out.size());
          layer_forward(layer, parameters, in, (keeps_z ? z_[l] : h_[l]).data() + at, h_[l].data() + at);
        }
      }
    });
  });
  return Eigen::Map<const Matrix>(h_.back().data(), n_, num_outputs());
}

/// Observations (channels, height, width) into images of the first layer, pixel after pixel.
void ConvLayers::read_images(const ObservationsView& x, Images images, AlignedBuffer& to) const {
  const Plane& plane = layers_[0].in;
  const auto copy = [&](const auto* from, float scale, float* image) {
    for (int channel = 0; channel < plane.channels; ++channel)
      for (int y = 0; y < plane.height; ++y) {
        float* const row = image + plane.at(y, 0) + channel;
        for (int pixel = 0; pixel < plane.width; ++pixel)
          row[pixel * plane.stride] = static_cast<float>(*from++) * scale;
      }
  };
  for (int i = 0; i < images.n; ++i) {
    float* const image = to.data() + offset(i, plane.size());
    if (x.are_bytes())
      copy(x.bytes().row(images.first + i).data(), shape_.byte_scale, image);
    else
      copy(x.floats().row(images.first + i).data(), 1.0f, image);
  }
}

/// h = activation(z) of one image; z may be h.
void ConvLayers::layer_forward(const Layer& layer, const float* parameters, const float* in, float* z, float* h) const {
  const ConvLayerShape& s = layer.shape;
  const int padded = layer.padded_out();
  const bool dense = s.dilation == 1;  // a window's row is one stretch of memory
  const int stretch = dense ? s.kernel * layer.in.stride : layer.in.stride;
  for (int y = 0; y < layer.out.height; ++y) {
    Product product{.m = layer.out.width,
                    .n = s.out_channels,
                    .k = stretch,
                    .a = in + layer.in.at(y * s.stride - s.padding, -s.padding),
                    .a_row = s.stride * layer.in.stride,
                    .a_col = 1,
                    .b = parameters + layer.weight,
                    .b_row = padded,
                    .c = z + layer.out.at(y, 0),
                    .c_row = padded,
                    .bias = parameters + layer.bias,
                    .segments = s.kernel,
                    .a_segment = dense ? layer.in.row() : s.dilation * layer.in.stride,
                    .b_segment = static_cast<std::ptrdiff_t>(stretch) * padded};
    for (int row = 0; row < (dense ? 1 : s.kernel); ++row) {
      kernels().product(product);
      product.a += s.dilation * layer.in.row();
      product.b += product.segments * product.b_segment;
      product.bias = nullptr;
      product.accumulate = true;
    }
    const int at = layer.out.at(y, 0);
    const auto width = static_cast<std::size_t>(layer.out.width * padded);
    kernels().activation_forward(shape_.hidden, width, z + at, h + at);
    for (int x = 0; x < layer.out.width && padded > s.out_channels; ++x)  // activation(0) may be another number
      std::fill(h + at + x * padded + s.out_channels, h + at + (x + 1) * padded, 0.0f);
  }
}

// Backward.

void ConvLayers::backward(const ConstMatrixRef& d_out, const float* parameters, float* grads) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  if (bf16_) return bf16_->backward(d_out, parameters, grads);
  refresh_transposed(parameters);
  const auto pieces = static_cast<std::size_t>(num_pieces(n_, kPiece));
  const bool shared = num_threads(n_) > 1;
  while (pieces > 1 && piece_grads_.size() < (shared ? pieces - 1 : 1)) piece_grads_.emplace_back(num_parameters_);
  const auto add = [&](const float* term) {
    for (std::size_t i = 0; i < num_parameters_; ++i) grads[i] += term[i];
  };
  for_each_of_batch(n_, [&](int index, Images piece, Scratch& scratch) {
    const auto buffer = static_cast<std::size_t>(std::max(index - 1, 0));
    float* const to = index == 0 ? grads : piece_grads_[shared ? buffer : 0].data();
    depth_first(piece, [&](Images images) { backward_images(images, d_out, images.first > piece.first, to, scratch); });
    if (!shared && index > 0) add(to);
  });
  for (std::size_t piece = 1; shared && piece < pieces; ++piece) add(piece_grads_[piece - 1].data());
}

/// The gradients of the parameters from some images, written to `grads` or added to it.
void ConvLayers::backward_images(Images images, const ConstMatrixRef& d_out, bool accumulate, float* grads,
                                 Scratch& scratch) {
  begin_backward(images, d_out, scratch);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    if (l == 0) read_images(*x_, images, scratch.image);
    for (int i = 0; i < images.n; ++i) {
      const float* const in = l == 0 ? scratch.image.data() + offset(i, layer.in.size())
                                     : h_[l - 1].data() + offset(images.first + i, layer.in.size());
      const float* const dz = scratch.d[l].data() + offset(i, layer.out.size());
      layer_backward_weights(layer, in, dz, accumulate || i > 0, grads);
      if (l > 0) layer_backward_input(layer, layer.in, dz, scratch.d[l - 1].data() + offset(i, layer.in.size()));
    }
    if (l > 0) through_activation(l - 1, images, scratch);
  }
}

ConstMatrixRef ConvLayers::backward_input(const ConstMatrixRef& d_out, const float* parameters) {
  ensure(d_out.rows() == n_ && d_out.cols() == num_outputs(), "the gradient of the last forward()'s outputs");
  MatrixRef d_x = grown(d_x_, n_, shape_.image.size());
  if (bf16_) {
    bf16_->backward_input(d_out, parameters, d_x);
    return d_x;
  }
  refresh_transposed(parameters);
  for_each_of_batch(n_, [&](int, Images piece, Scratch& scratch) {
    depth_first(piece, [&](Images images) { backward_input_images(images, d_out, scratch); });
  });
  return d_x;
}

void ConvLayers::backward_input_images(Images images, const ConstMatrixRef& d_out, Scratch& scratch) {
  Plane image = layers_[0].in;
  image.stride = layers_[0].padded_in();
  float* const d_image = grown(scratch.d_image, image.size());
  begin_backward(images, d_out, scratch);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    for (int i = 0; i < images.n; ++i) {
      const float* const dz = scratch.d[l].data() + offset(i, layer.out.size());
      if (l > 0) {
        layer_backward_input(layer, layer.in, dz, scratch.d[l - 1].data() + offset(i, layer.in.size()));
        continue;
      }
      layer_backward_input(layer, image, dz, d_image);
      float* to = d_x_.row(images.first + i).data();
      for (int channel = 0; channel < image.channels; ++channel)
        for (int y = 0; y < image.height; ++y)
          for (int x = 0; x < image.width; ++x) *to++ = d_image[image.at(y, x) + channel];
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

/// From the gradient with respect to the output of layer l to that before its activation, in place. (In the border lies
/// what nobody asks for.)
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

/// One image's part of the gradient: every place of the window times every output, summed over the output's pixels.
void ConvLayers::layer_backward_weights(const Layer& layer, const float* in, const float* dz, bool accumulate,
                                        float* grads) const {
  const ConvLayerShape& s = layer.shape;
  const int padded = layer.padded_out();
  const bool dense = s.dilation == 1;  // a window's row is one stretch of memory
  const int stretch = dense ? s.kernel * layer.in.stride : layer.in.stride;
  Product product{.m = stretch,
                  .n = s.out_channels,
                  .k = layer.out.width,
                  .a = nullptr,
                  .a_row = 1,
                  .a_col = s.stride * layer.in.stride,
                  .b = dz + layer.out.at(0, 0),
                  .b_row = padded,
                  .c = grads + layer.weight,
                  .c_row = padded,
                  .accumulate = accumulate,
                  .segments = layer.out.height,
                  .a_segment = s.stride * layer.in.row(),
                  .b_segment = layer.out.row()};
  for (int row = 0; row < s.kernel; ++row)
    for (int column = 0; column < (dense ? 1 : s.kernel); ++column) {
      product.a = in + layer.in.at(row * s.dilation - s.padding, column * s.dilation - s.padding);
      kernels().product(product);
      product.c += static_cast<std::ptrdiff_t>(stretch) * padded;
    }
  product.m = 1;  // the bias sees a 1 everywhere
  product.a = &kOne;
  product.a_col = product.a_segment = 0;
  product.c = grads + layer.bias;
  kernels().product(product);
}

/// Overwrites `d_in`, an image of `to`: what each output pixel passes back to its window.
void ConvLayers::layer_backward_input(const Layer& layer, const Plane& to, const float* dz, float* d_in) const {
  const ConvLayerShape& s = layer.shape;
  std::fill_n(d_in, to.size(), 0.0f);
  const std::ptrdiff_t place_size = static_cast<std::ptrdiff_t>(layer.padded_out()) * layer.padded_in();
  for (int y = 0; y < layer.out.height; ++y) {
    const float* weight = transposed_.data() + layer.transposed;
    for (int row = 0; row < s.kernel; ++row)
      for (int column = 0; column < s.kernel; ++column, weight += place_size)
        kernels().product(
            {.m = layer.out.width,
             .n = layer.in.channels,
             .k = s.out_channels,
             .a = dz + layer.out.at(y, 0),
             .a_row = layer.padded_out(),
             .a_col = 1,
             .b = weight,
             .b_row = layer.padded_in(),
             .c = d_in + to.at(y * s.stride + row * s.dilation - s.padding, column * s.dilation - s.padding),
             .c_row = s.stride * to.stride,
             .accumulate = true});
  }
}

/// For each place of a window (out, in), where the parameters changed.
void ConvLayers::refresh_transposed(const float* parameters) {
  if (!transposed_stale_) return;
  for (const Layer& layer : layers_) {
    const int padded = layer.padded_out(), channels = layer.in.channels;
    for (int place = 0; place < layer.num_places(); ++place)
      kernels().transpose(
          channels, layer.shape.out_channels,
          {parameters + layer.weight + static_cast<std::ptrdiff_t>(place) * layer.in.stride * padded, padded},
          {transposed_.data() + layer.transposed + static_cast<std::ptrdiff_t>(place) * padded * layer.padded_in(),
           layer.padded_in()});
  }
  transposed_stale_ = false;
}

}  // namespace slm
