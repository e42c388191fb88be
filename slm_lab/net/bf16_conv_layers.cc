#include "slm_lab/net/bf16_conv_layers.h"

#include <algorithm>

#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

constexpr int kRowsTogether = 256;  ///< output pixels whose gradients are made together; whole blocks

std::ptrdiff_t at_image(int image, int size) { return static_cast<std::ptrdiff_t>(image) * size; }

}  // namespace

void Bf16ConvLayers::parameters_changed() {
  for (Bf16Weights& packed : packed_) packed.changed();
}

// Threads.

int Bf16ConvLayers::num_ready_threads(int n) {
  constexpr int kFaster = 4;  // than in float32, for which num_sharing is made (bench/conv_bench.cc)
  const int threads = num_sharing(threads_, n, kImagesOfSum, multiply_adds_ / kFaster);
  while (scratch_.size() < static_cast<std::size_t>(threads)) {
    scratch_.emplace_back();
    scratch_.back().y.resize(layers_.size());
    scratch_.back().d.resize(layers_.size() + 1);
  }
  return threads;
}

/// task(images of a piece that go together, scratch of its thread)
template <class Task>
void Bf16ConvLayers::for_each_of_batch(int n, const Task& task) {
  for_each_piece(threads_, num_ready_threads(n), n, kImagesOfSum, [&](int, Images piece, int thread) {
    each_together(piece, [&](Images images) { task(images, scratch_[static_cast<std::size_t>(thread)]); });
  });
}

/// Calls task for the images of a piece that go together.
template <class Task>
void Bf16ConvLayers::each_together(Piece piece, const Task& task) const {
  kernels_->begin();
  for (int done = 0; done < piece.n; done += kImagesTogether)
    task(Piece{piece.first + done, std::min(kImagesTogether, piece.n - done)});
  kernels_->end();
}

// Packing, where parameters have changed.

/// `scale`: of what the first layer sees.
void Bf16ConvLayers::pack_forward(const float* parameters, float scale) {
  if (scale != packed_scale_) packed_[0].forward_stale = true;
  packed_scale_ = scale;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (!packed_[l].forward_stale) continue;
    const Layer& layer = layers_[l];
    const float* weights = parameters + layer.of.weight;
    if (l == 0) {
      const std::ptrdiff_t size = std::ptrdiff_t{layer.places} * layer.rows * layer.of.stride;
      float* const scaled = grown(scaled_, size);
      for (std::ptrdiff_t i = 0; i < size; ++i) scaled[i] = weights[i] * scale;
      weights = scaled;
    }
    pack_layer(l, weights,
               {.row_blocks = layer.window_blocks(),
                .col_blocks = layer.out_blocks(),
                .pairs = packed_[l].forward.of(layer.window_blocks(), layer.out_blocks())});
    packed_[l].forward_stale = false;
  }
}

/// For gradients with respect to the inputs of the layers from `first` on.
void Bf16ConvLayers::pack_backward(std::size_t first, const float* parameters) {
  for (std::size_t l = first; l < layers_.size(); ++l) {
    if (!packed_[l].backward_stale) continue;
    const Layer& layer = layers_[l];
    pack_layer(l, parameters + layer.of.weight,
               {.row_blocks = layer.window_blocks(),
                .col_blocks = layer.out_blocks(),
                .transposed_pairs = packed_[l].backward.of(layer.out_blocks(), layer.window_blocks())});
    packed_[l].backward_stale = false;
  }
}

void Bf16ConvLayers::pack_layer(std::size_t l, const float* weights, const Bf16Forms& to) const {
  const Layer& layer = layers_[l];
  for (int place = 0; place < layer.places; ++place)
    kernels_->pack(layer.width, layer.of.out.channels,
                   {weights + std::ptrdiff_t{place} * layer.rows * layer.of.stride, layer.of.stride},
                   to.from_row_block(place * layer.blocks));
}

// Forward.

void Bf16ConvLayers::infer(const ObservationsView& x, const float* parameters, float* out) {
  pack_forward(parameters, x.are_bytes() ? byte_scale_ : 1);
  for_each_of_batch(static_cast<int>(x.rows()), [&](Images images, Scratch& scratch) {
    read_images(x, images, scratch);
    const Bf16* h = scratch.images.data();
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      Bf16* const y = scratch.y[l].of(bf16_blocks(kImagesTogether * layers_[l].pixels), layers_[l].out_blocks());
      h = layer_forward(l, images, h, parameters, y, nullptr, scratch);
    }
    write_outputs(images, h, out);
  });
}

void Bf16ConvLayers::forward(const ObservationsView& x, const float* parameters, float* out) {
  pack_forward(parameters, x.are_bytes() ? byte_scale_ : 1);
  x_ = x;
  n_ = static_cast<int>(x.rows());
  const bool keeps_slopes = !bf16_keeps_outputs(activation_);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::size_t size = kept_at(l, n_ + kImagesTogether - 1);
    kept_[l].y.of(size);
    if (keeps_slopes) kept_[l].slopes.of(size);
  }
  for_each_of_batch(n_, [&](Images images, Scratch& scratch) {
    read_images(x, images, scratch);
    const Bf16* h = scratch.images.data();
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const std::size_t at = kept_at(l, images.first);
      h = layer_forward(l, images, h, parameters, kept_[l].y.data() + at,
                        keeps_slopes ? kept_[l].slopes.data() + at : nullptr, scratch);
    }
    write_outputs(images, h, out);
  });
}

/// Where what is kept of a layer begins for an image and those that go with it.
std::size_t Bf16ConvLayers::kept_at(std::size_t l, int image) const {
  const Layer& layer = layers_[l];
  const std::size_t together = bf16_size(bf16_blocks(kImagesTogether * layer.pixels), layer.out_blocks());
  return static_cast<std::size_t>(image / kImagesTogether) * together;
}

/// Observations (channels, height, width) into images pixel after pixel.
void Bf16ConvLayers::read_images(const ObservationsView& x, Images images, Scratch& scratch) const {
  const Layer& layer = layers_[0];
  const ImageShape& in = layer.of.in;
  const int padding = layer.of.shape.padding, row_size = layer.image_row();
  // Blocks may reach beyond the last number: what is there meets weights of 0.
  Bf16* const to =
      scratch.images.of(static_cast<std::size_t>(kImagesTogether * layer.in_numbers + layer.blocks * kBf16Block));
  for (int i = 0; i < images.n; ++i)
    for (int y = 0; y < in.height; ++y) {
      Bf16* const row = to + at_image(i, layer.in_numbers) + (y + padding) * row_size + padding * in.channels;
      const std::ptrdiff_t at = std::ptrdiff_t{y} * in.width, plane = std::ptrdiff_t{in.height} * in.width;
      if (x.are_bytes())
        kernels_->interleave_bytes(in.width, in.channels, x.bytes().row(images.first + i).data() + at, plane, row);
      else
        kernels_->interleave_floats(in.width, in.channels, x.floats().row(images.first + i).data() + at, plane, row);
    }
}

/// What the outputs of layer l see of its inputs, from one output pixel on.
Bf16Windows Bf16ConvLayers::windows(std::size_t l, const Bf16* in, int first) const {
  const Layer& layer = layers_[l];
  return {layer.places, layer.blocks, layer.at.data() + std::ptrdiff_t{first} * layer.places, in, layer.next};
}

/// From the inputs of layer l to its outputs, whose row form is returned.
const Bf16* Bf16ConvLayers::layer_forward(std::size_t l, Images images, const Bf16* in, const float* parameters,
                                          Bf16* y, Bf16* slopes, Scratch& scratch) const {
  const Layer& layer = layers_[l];
  const int rows = images.n * layer.pixels, out_blocks = layer.out_blocks();
  Bf16* const seen = scratch.windows.of(1, layer.window_blocks());
  for (int row = 0; row < rows; row += kBf16Block) {
    const int n = std::min(kBf16Block, rows - row);
    kernels_->gather(n, windows(l, in, row), seen);
    kernels_->forward({1, out_blocks, layer.window_blocks(), seen, packed_[l].forward.data()}, n, layer.of.out.channels,
                      parameters + layer.of.bias, activation_, {.row_blocks = 1, .col_blocks = out_blocks, .rows = y},
                      slopes);
    y += bf16_size(1, out_blocks);
    if (slopes != nullptr) slopes += bf16_size(1, out_blocks);
  }
  return y - bf16_size(bf16_blocks(rows), out_blocks);
}

void Bf16ConvLayers::write_outputs(Images images, const Bf16* y, float* out) const {
  const Layer& last = layers_.back();
  kernels_->unpack(images.n * last.pixels, last.of.out.channels, y, last.out_blocks(),
                   {out + images.first * last.pixels * last.of.stride, last.of.stride});
}

// Backward.

void Bf16ConvLayers::backward(const ConstMatrixRef& d_out, const float* parameters, float* grads) {
  pack_backward(1, parameters);
  float* const sums = grown(sums_of_batch_, static_cast<std::ptrdiff_t>(sums_size_));
  piece_sums_.run(threads_, num_ready_threads(n_), n_, kImagesOfSum, {sums, sums_size_},
                  [&](Images piece, float* to, int thread) {
                    std::fill_n(to, sums_size_, 0.0f);
                    each_together(piece, [&](Images images) {
                      backward_images(images, d_out, to, scratch_[static_cast<std::size_t>(thread)]);
                    });
                  });
  write_gradients(sums, grads);
}

/// Adds the gradients of the parameters from some images to `sums`.
void Bf16ConvLayers::backward_images(Images images, const ConstMatrixRef& d_out, float* sums, Scratch& scratch) {
  read_gradient(images, d_out, scratch);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    if (l == 0) read_images(*x_, images, scratch);
    const Bf16* const in = l == 0 ? scratch.images.data() : kept_[l - 1].y.data() + kept_at(l - 1, images.first);
    if (l > 0) clear_gradient(l, images, scratch);
    each_rows(l, images, [&](Piece rows) {
      through_activation(l, images, rows, true, sums, scratch);
      backward_weights(l, rows, in, sums, scratch);
      if (l > 0) backward_input_rows(l, rows, scratch);
    });
  }
}

void Bf16ConvLayers::backward_input(const ConstMatrixRef& d_out, const float* parameters, MatrixRef d_x) {
  pack_backward(0, parameters);
  for_each_of_batch(n_, [&](Images images, Scratch& scratch) {
    read_gradient(images, d_out, scratch);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      clear_gradient(l, images, scratch);
      each_rows(l, images, [&](Piece rows) {
        through_activation(l, images, rows, false, nullptr, scratch);
        backward_input_rows(l, rows, scratch);
      });
    }
    write_image_gradients(images, scratch, d_x);
  });
}

void Bf16ConvLayers::write_image_gradients(Images images, const Scratch& scratch, MatrixRef d_x) const {
  const Layer& first = layers_[0];
  const ImageShape& in = first.of.in;
  const int padding = first.of.shape.padding, row_size = first.image_row();
  for (int i = 0; i < images.n; ++i) {
    const float* const image = scratch.d[0].data() + at_image(i, first.in_numbers);
    float* to = d_x.row(images.first + i).data();
    for (int channel = 0; channel < in.channels; ++channel)
      for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x)
          *to++ = image[(y + padding) * row_size + (x + padding) * in.channels + channel];
  }
}

/// Calls task for the output pixels of layer l, so many at a time that what is made of them stays in the first cache.
template <class Task>
void Bf16ConvLayers::each_rows(std::size_t l, Images images, const Task& task) const {
  const int n = images.n * layers_[l].pixels;
  for (int row = 0; row < n; row += kRowsTogether) task(Piece{row, std::min(kRowsTogether, n - row)});
}

/// The gradient with respect to the outputs of the last layer.
void Bf16ConvLayers::read_gradient(Images images, const ConstMatrixRef& d_out, Scratch& scratch) const {
  const Layer& last = layers_.back();
  const int size = last.pixels * static_cast<int>(last.of.stride);
  float* const to = grown(scratch.d.back(), at_image(kImagesTogether, size));
  for (int i = 0; i < images.n; ++i) std::copy_n(d_out.row(images.first + i).data(), size, to + at_image(i, size));
}

void Bf16ConvLayers::clear_gradient(std::size_t l, Images images, Scratch& scratch) const {
  const Layer& layer = layers_[l];
  // Blocks may reach beyond the last number of an image as it is, with gradients of 0.
  const std::ptrdiff_t beyond = l == 0 ? std::ptrdiff_t{layer.blocks} * kBf16Block : 0;
  float* const d_in = grown(scratch.d[l], at_image(kImagesTogether, layer.in_numbers) + beyond);
  std::fill_n(d_in, at_image(images.n, layer.in_numbers), 0.0f);
}

/// Of some output pixels of layer l, from the gradient with respect to them to that before their activation: in row
/// form for that of the inputs; for that of the weights the row form of its transpose, and its sums are added to
/// `sums`.
void Bf16ConvLayers::through_activation(std::size_t l, Images images, Piece rows, bool of_weights, float* sums,
                                        Scratch& scratch) {
  const Layer& layer = layers_[l];
  const int row_blocks = bf16_blocks(rows.n), out_blocks = layer.out_blocks();
  Bf16Forms d{.row_blocks = row_blocks, .col_blocks = out_blocks};
  if (l > 0 || !of_weights) d.rows = scratch.d_rows.of(row_blocks, out_blocks);
  if (of_weights) d.transposed_rows = scratch.d_transposed.of(out_blocks, row_blocks);
  const bool last = l + 1 == layers_.size();
  const std::ptrdiff_t stride = last ? layer.of.stride : std::ptrdiff_t{out_blocks} * kBf16Block;
  const Bf16Buffer& kept = bf16_keeps_outputs(activation_) ? kept_[l].y : kept_[l].slopes;
  const std::ptrdiff_t num_weights = std::ptrdiff_t{out_blocks} * layer.window_blocks() * kBf16Block * kBf16Block;
  kernels_->through_activation(rows.n, layer.of.out.channels, {scratch.d[l + 1].data() + rows.first * stride, stride},
                               activation_,
                               kept.data() + kept_at(l, images.first) + bf16_size(rows.first / kBf16Block, out_blocks),
                               d, of_weights ? sums + sums_[l] + num_weights : nullptr);
}

/// Every output times every number of its window, summed over some output pixels.
void Bf16ConvLayers::backward_weights(std::size_t l, Piece rows, const Bf16* in, float* sums, Scratch& scratch) const {
  const Layer& layer = layers_[l];
  const int row_blocks = bf16_blocks(rows.n);
  Bf16* const seen = scratch.windows.of(row_blocks, layer.blocks);
  for (int place = 0; place < layer.places; ++place) {
    kernels_->gather_pairs(rows.n, windows(l, in, rows.first), place, seen);
    kernels_->add_product(
        {layer.out_blocks(), layer.blocks, row_blocks, scratch.d_transposed.data(), seen},
        {sums + sums_[l] + place * layer.blocks * kBf16Block, std::ptrdiff_t{layer.window_blocks()} * kBf16Block});
  }
}

/// What some output pixels of layer l pass back to their windows.
void Bf16ConvLayers::backward_input_rows(std::size_t l, Piece rows, Scratch& scratch) const {
  const Layer& layer = layers_[l];
  kernels_->scatter({bf16_blocks(rows.n), layer.window_blocks(), layer.out_blocks(), scratch.d_rows.data(),
                     packed_[l].backward.data()},
                    rows.n, layer.places, layer.gradient_at.data() + std::ptrdiff_t{rows.first} * layer.places,
                    scratch.d[l].data());
}

/// From sums, (out, windows) of each layer, to the layout of the parameters.
void Bf16ConvLayers::write_gradients(const float* sums, float* grads) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const float* const from = sums + sums_[l];
    const std::ptrdiff_t row = std::ptrdiff_t{layer.window_blocks()} * kBf16Block;
    float* const weights = grads + layer.of.weight;
    for (int place = 0; place < layer.places; ++place)
      slm::kernels().transpose(layer.of.out.channels, layer.width, {from + place * layer.blocks * kBf16Block, row},
                               {weights + std::ptrdiff_t{place} * layer.rows * layer.of.stride, layer.of.stride});
    if (l == 0 && x_->are_bytes()) {
      const std::ptrdiff_t size = std::ptrdiff_t{layer.places} * layer.rows * layer.of.stride;
      for (std::ptrdiff_t i = 0; i < size; ++i) weights[i] *= byte_scale_;
    }
    std::copy_n(from + row * layer.out_blocks() * kBf16Block, layer.of.out.channels, grads + layer.of.bias);
  }
}

}  // namespace slm
