#include "slm_lab/net/bf16_layers.h"

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

/// Rows of a piece; a whole number of blocks.
constexpr int kBf16Piece = 64;

int first_block(Piece piece) { return piece.first / kBf16Block; }

Rows rows_at(Rows rows, int first) { return {rows.data + first * rows.stride, rows.stride}; }
ConstRows rows_at(ConstRows rows, int first) { return {rows.data + first * rows.stride, rows.stride}; }

/// From a block of rows on, of a matrix in row form.
template <class Number>
Number* row_block(Number* rows, int block, int col_blocks) {
  return rows + bf16_size(block, col_blocks);
}

}  // namespace

Bf16Layers::Bf16Layers(const Bf16Kernels& kernels, Bf16Shape shape)
    : kernels_(&kernels), shape_(std::move(shape)), packed_(shape_.hidden.size() + 1), kept_(shape_.hidden.size()) {
  ensure(!shape_.hidden.empty(), "layers in bf16 are hidden ones and heads");
  for (const Bf16Layer& layer : shape_.hidden) {
    sums_.push_back(sums_size_);
    sums_size_ += bf16_blocks(layer.out) * kBf16Block;
    num_weights_ += std::int64_t{layer.in} * layer.out;
  }
  for (const Bf16Layer& head : shape_.heads) {
    head_block_.push_back(head_blocks_);
    head_blocks_ += bf16_blocks(head.out);
    num_weights_ += std::int64_t{head.in} * head.out;
  }
}

void Bf16Layers::parameters_changed() {
  for (Bf16Weights& packed : packed_) packed.changed();
}

Bf16Layers::Passing& Bf16Layers::passing() {
  static thread_local Passing passing;
  return passing;
}

// Threads.

int Bf16Layers::num_threads(int n) const {
  constexpr int kFaster = 7;  // than in float32, for which num_sharing is made (BM_DenseLayer of bench/net_bench.cc)
  return num_sharing(threads_, n, kBf16Piece, num_weights_ / kFaster);
}

/// task(the piece, scratch of its thread)
template <class Task>
void Bf16Layers::for_each_piece_of(int n, const Task& task) {
  std::vector<Scratch>& of_thread = passing().of_thread;
  while (of_thread.size() < static_cast<std::size_t>(num_threads(n))) of_thread.emplace_back();
  for_each_thread(n, [&](int thread, int threads) {
    for (int first = thread * kBf16Piece; first < n; first += threads * kBf16Piece)
      task(Piece{first, std::min(kBf16Piece, n - first)}, of_thread[static_cast<std::size_t>(thread)]);
  });
}

/// task(thread, threads)
template <class Task>
void Bf16Layers::for_each_thread(int n, const Task& task) {
  const int threads = num_threads(n);
  const auto run = [&](int thread) {
    kernels_->begin();
    task(thread, threads);
    kernels_->end();
  };
  if (threads == 1)
    run(0);
  else
    threads_->run(threads, run);
}

// Packing, where parameters have changed.

void Bf16Layers::pack_forward(const float* parameters) {
  for (std::size_t l = 0; l < packed_.size(); ++l) {
    Bf16Weights& packed = packed_[l];
    if (!packed.forward_stale) continue;
    // Who has gone back will go back again: both are made of one reading.
    const bool both = packed.backward_stale && packed.backward.data() != nullptr;
    pack_layer(l, parameters, true, both);
    packed.forward_stale = false;
    if (both) packed.backward_stale = false;
  }
}

/// For gradients with respect to the inputs of the layers from `first` on.
void Bf16Layers::pack_backward(std::size_t first, const float* parameters) {
  for (std::size_t l = first; l < packed_.size(); ++l) {
    if (!packed_[l].backward_stale) continue;
    pack_layer(l, parameters, false, true);
    packed_[l].backward_stale = false;
  }
}

/// Weights of hidden layers are (in, out), those of heads (out, in).
void Bf16Layers::pack_layer(std::size_t l, const float* parameters, bool forward, bool backward) {
  const bool hidden = l <= last();
  const int in = hidden ? in_blocks(l) : out_blocks(last()), out = hidden ? out_blocks(l) : head_blocks_;
  Bf16* const for_outputs = forward ? packed_[l].forward.of(in, out) : nullptr;
  Bf16* const for_inputs = backward ? packed_[l].backward.of(out, in) : nullptr;
  if (hidden) {
    const Bf16Layer& layer = shape_.hidden[l];
    return kernels_->pack(layer.in, layer.out, {parameters + layer.weight, layer.stride},
                          {.row_blocks = in, .col_blocks = out, .pairs = for_outputs, .transposed_pairs = for_inputs});
  }
  const Bf16Forms forms{.row_blocks = out, .col_blocks = in, .pairs = for_inputs, .transposed_pairs = for_outputs};
  for (std::size_t i = 0; i < shape_.heads.size(); ++i) {
    const Bf16Layer& head = shape_.heads[i];
    kernels_->pack(head.out, head.in, {parameters + head.weight, head.stride}, forms.from_row_block(head_block_[i]));
  }
}

// Forward.

void Bf16Layers::infer(int n, ConstRows x, const float* parameters, Rows out) {
  pack_forward(parameters);
  for_each_piece_of(n, [&](Piece piece, Scratch& scratch) {
    const int blocks = bf16_blocks(piece.n);
    const Bf16* h = pack_inputs(piece, x, {.row_blocks = blocks, .col_blocks = in_blocks(0)}, scratch);
    for (std::size_t l = 0; l < shape_.hidden.size(); ++l) {
      Bf16* const y = scratch.h[l % 2].of(blocks, out_blocks(l));
      h = layer_forward(l, piece.n, h, {.row_blocks = blocks, .col_blocks = out_blocks(l), .rows = y}, nullptr,
                        parameters);
    }
    heads_forward(piece, h, parameters, out);
  });
}

void Bf16Layers::forward(int n, ConstRows x, const float* parameters, Rows out) {
  pack_forward(parameters);
  n_ = n;
  const int row_blocks = bf16_blocks(n);
  x_.of(in_blocks(0), row_blocks);
  const bool keeps_slopes = !bf16_keeps_outputs(shape_.activation);
  for (std::size_t l = 0; l < kept_.size(); ++l) {
    kept_[l].rows.of(row_blocks, out_blocks(l));
    kept_[l].for_weights.of(row_blocks, out_blocks(l));
    if (keeps_slopes) kept_[l].slopes.of(row_blocks, out_blocks(l));
  }
  for_each_piece_of(n, [&](Piece piece, Scratch& scratch) {
    const int first = first_block(piece);
    const Bf16Forms x_forms{.row_blocks = row_blocks, .col_blocks = in_blocks(0), .transposed_rows = x_.data()};
    const Bf16* h = pack_inputs(piece, x, x_forms.from_row_block(first), scratch);
    for (std::size_t l = 0; l < shape_.hidden.size(); ++l) {
      Bf16Forms y{.row_blocks = row_blocks, .col_blocks = out_blocks(l), .rows = kept_[l].rows.data()};
      (l == last() ? y.pairs : y.transposed_rows) = kept_[l].for_weights.data();
      Bf16* const slopes = keeps_slopes ? row_block(kept_[l].slopes.data(), first, out_blocks(l)) : nullptr;
      h = layer_forward(l, piece.n, h, y.from_row_block(first), slopes, parameters);
    }
    heads_forward(piece, h, parameters, out);
  });
}

/// The inputs of a piece in row form, which is returned, and in the `others`.
const Bf16* Bf16Layers::pack_inputs(Piece piece, ConstRows x, Bf16Forms others, Scratch& scratch) const {
  others.rows = scratch.x.of(bf16_blocks(piece.n), others.col_blocks);
  kernels_->pack(piece.n, shape_.hidden[0].in, rows_at(x, piece.first), others);
  return others.rows;
}

/// From the inputs of layer l, in row form, to its outputs, whose row form is returned.
const Bf16* Bf16Layers::layer_forward(std::size_t l, int rows, const Bf16* in, const Bf16Forms& y, Bf16* slopes,
                                      const float* parameters) const {
  const Bf16Layer& layer = shape_.hidden[l];
  kernels_->forward({bf16_blocks(rows), out_blocks(l), in_blocks(l), in, packed_[l].forward.data()}, rows, layer.out,
                    parameters + layer.bias, shape_.activation, y, slopes);
  return y.rows;
}

void Bf16Layers::heads_forward(Piece piece, const Bf16* h, const float* parameters, Rows out) {
  const int h_blocks = out_blocks(last());
  for (std::size_t i = 0; i < shape_.heads.size(); ++i) {
    const Bf16Layer& head = shape_.heads[i];
    const Rows to = rows_at(out, piece.first);
    kernels_->product({bf16_blocks(piece.n), bf16_blocks(head.out), h_blocks, h,
                       row_block(packed_.back().forward.data(), head_block_[i], h_blocks)},
                      piece.n, head.out, parameters + head.bias, {to.data + shape_.columns[i], to.stride});
  }
}

// Backward: the gradients of activations in pieces of rows, then those of weights over the whole batch.

void Bf16Layers::backward(ConstRows d_out, const float* parameters, float* grads) {
  pack_backward(1, parameters);
  const int row_blocks = bf16_blocks(n_), pieces = num_pieces(n_, kBf16Piece);
  Passing& p = passing();
  p.d_out.of(row_blocks, head_blocks_);
  p.d_out_transposed.of(head_blocks_, row_blocks);
  while (p.d_pairs.size() < shape_.hidden.size()) p.d_pairs.emplace_back();
  for (std::size_t l = 0; l < shape_.hidden.size(); ++l) p.d_pairs[l].of(row_blocks, out_blocks(l));
  float* const sums = grown(p.piece_sums, std::ptrdiff_t{pieces} * sums_size_);
  std::fill_n(sums, std::ptrdiff_t{pieces} * sums_size_, 0.0f);
  for_each_piece_of(n_, [&](Piece piece, Scratch& scratch) {
    backward_piece(piece, d_out, p, scratch, sums + std::ptrdiff_t{piece.first / kBf16Piece} * sums_size_);
  });
  for_each_thread(n_, [&](int thread, int threads) { backward_weights(thread, threads, p, grads); });
  for (std::size_t i = 0; i < shape_.heads.size(); ++i)
    slm::kernels().column_sums(n_, shape_.heads[i].out, {d_out.data + shape_.columns[i], d_out.stride}, false,
                               grads + shape_.heads[i].bias);
  add_sums(pieces, sums, grads);
}

void Bf16Layers::backward_input(ConstRows d_out, const float* parameters, Rows d_x) {
  pack_backward(0, parameters);
  Passing& p = passing();
  p.d_out.of(bf16_blocks(n_), head_blocks_);
  for_each_piece_of(n_, [&](Piece piece, Scratch& scratch) {
    backward_piece(piece, d_out, p, scratch, nullptr);
    const Bf16Layer& first = shape_.hidden[0];
    kernels_->product({bf16_blocks(piece.n), bf16_blocks(first.in), bf16_blocks(first.out), scratch.h[0].data(),
                       packed_[0].backward.data()},
                      piece.n, first.in, nullptr, rows_at(d_x, piece.first));
  });
}

/// The gradients of what every hidden activation sees. With `sums`: in pair form for those of the weights, and their
/// column sums; else in row form down to the first, for that of the inputs.
void Bf16Layers::backward_piece(Piece piece, ConstRows d_out, Passing& passing, Scratch& scratch, float* sums) {
  const bool of_weights = sums != nullptr;
  const int blocks = bf16_blocks(piece.n), row_blocks = bf16_blocks(n_), first = first_block(piece);
  Bf16Forms out_forms{.row_blocks = row_blocks, .col_blocks = head_blocks_, .rows = passing.d_out.data()};
  if (of_weights) out_forms.transposed_rows = passing.d_out_transposed.data();
  out_forms = out_forms.from_row_block(first);
  for (std::size_t i = 0; i < shape_.heads.size(); ++i)
    kernels_->pack(piece.n, shape_.heads[i].out,
                   rows_at(ConstRows{d_out.data + shape_.columns[i], d_out.stride}, piece.first),
                   out_forms.from_col_block(head_block_[i]));
  const Bf16* d = out_forms.rows;
  int d_blocks = head_blocks_;
  for (std::size_t l = shape_.hidden.size(); l-- > 0;) {
    const int out_blocks = bf16_blocks(shape_.hidden[l].out);
    Bf16Forms forms{.row_blocks = row_blocks, .col_blocks = out_blocks};
    if (of_weights) forms.pairs = passing.d_pairs[l].data();
    forms = forms.from_row_block(first);
    if (l > 0 || !of_weights) forms.rows = scratch.h[l % 2].of(blocks, out_blocks);
    const Bf16Buffer& kept = bf16_keeps_outputs(shape_.activation) ? kept_[l].rows : kept_[l].slopes;
    kernels_->backward_input({blocks, out_blocks, d_blocks, d, packed_[l + 1].backward.data()}, shape_.activation,
                             row_block(kept.data(), first, out_blocks), forms, of_weights ? sums + sums_[l] : nullptr);
    d = forms.rows;
    d_blocks = out_blocks;
  }
}

/// The share of one thread: every so manieth block of rows.
void Bf16Layers::backward_weights(int thread, int threads, Passing& passing, float* grads) {
  const int row_blocks = bf16_blocks(n_);
  for (std::size_t l = 0; l < shape_.hidden.size(); ++l) {
    const Bf16Layer& layer = shape_.hidden[l];
    const Bf16* const in = l == 0 ? x_.data() : kept_[l - 1].for_weights.data();
    for (int i = thread; i < bf16_blocks(layer.in); i += threads)
      kernels_->product(
          {1, bf16_blocks(layer.out), row_blocks, row_block(in, i, row_blocks), passing.d_pairs[l].data()},
          std::min(kBf16Block, layer.in - i * kBf16Block), layer.out, nullptr,
          {grads + layer.weight + i * kBf16Block * layer.stride, layer.stride});
  }
  if (thread > 0) return;
  for (std::size_t i = 0; i < shape_.heads.size(); ++i) {
    const Bf16Layer& head = shape_.heads[i];
    kernels_->product(
        {bf16_blocks(head.out), bf16_blocks(head.in), row_blocks,
         row_block(passing.d_out_transposed.data(), head_block_[i], row_blocks), kept_.back().for_weights.data()},
        head.out, head.in, nullptr, {grads + head.weight, head.stride});
  }
}

/// The gradients of the hidden biases.
void Bf16Layers::add_sums(int pieces, const float* sums, float* grads) {
  for (std::size_t l = 0; l < shape_.hidden.size(); ++l) {
    float* const to = grads + shape_.hidden[l].bias;
    const float* from = sums + sums_[l];
    std::copy_n(from, shape_.hidden[l].out, to);
    for (int piece = 1; piece < pieces; ++piece) {
      from += sums_size_;
      for (int i = 0; i < shape_.hidden[l].out; ++i) to[i] += from[i];
    }
  }
}

}  // namespace slm
