#include "slm_lab/net/mlp.h"

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

/// Rows. A larger batch goes through the net in pieces, forward and backward, so that what a piece leaves in one layer
/// is still in the cache when the next needs it.
constexpr int kChunk = 64;

float* grown(AlignedBuffer& buffer, Eigen::Index size) {
  const auto wanted = static_cast<std::size_t>(size);
  if (buffer.size() < wanted) buffer = AlignedBuffer(wanted);
  return buffer.data();
}

ConstMatrixRef matrix_over(const float* data, Eigen::Index rows, Eigen::Index cols, Eigen::Index stride) {
  return Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(data, rows, cols, Eigen::OuterStride<>(stride));
}

void add_to(AlignedBuffer& sum, const AlignedBuffer& term) {
  float* const to = sum.data();
  const float* const from = term.data();
  for (std::size_t i = 0; i < sum.size(); ++i) to[i] += from[i];
}

ConstRows rows_over(const ObservationsView::Map<Matrix>& matrix) { return {matrix.data(), matrix.outerStride()}; }

ConstRows rows_from(ConstRows rows, int first) { return {rows.data + first * rows.stride, rows.stride}; }

}  // namespace

float* MlpNet::Workspace::rows(Eigen::Index n) { return grown(buffer, n * stride); }

ConstMatrixRef MlpNet::infer(const ObservationsView& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  const int n = static_cast<int>(x.rows());
  float* const out = grown(infer_out_, x.rows() * out_dim_);
  for (int first = 0; first < n; first += kChunk) {
    const int rows = std::min(kChunk, n - first);
    ConstRows h = rows_over(dense_input(x.middle_rows(first, rows), infer_x_));
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const Rows y{infer_h_[l % 2].rows(std::min(kChunk, n)), layer.stride()};
      kernels().dense_forward(rows, layer.in, layer.out, h, hidden_weight(layer), value(layer.bias), shape_.hidden, y);
      h = y;
    }
    float* const out_rows = out + static_cast<std::ptrdiff_t>(first) * out_dim_;
    heads_forward(rows, h, out_rows);
    activate_heads(rows, out_rows, out_rows);
  }
  return matrix_over(out, n, out_dim_, out_dim_);
}

ConstMatrixRef MlpNet::forward(const ObservationsView& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  x_ = rows_over(dense_input(x, x_of_bytes_));
  n_ = static_cast<int>(x.rows());
  for (Workspace& workspace : h_) workspace.rows(n_);
  for (Workspace& workspace : z_) workspace.rows(n_);
  float* const out = grown(out_, x.rows() * out_dim_);
  float* const z = shape_.out.empty() ? out : grown(out_z_, x.rows() * out_dim_);
  for_each_chunk([&](int index, int) { forward_chunk(chunk_at(index), z); });
  activate_heads(n_, z, out);
  return matrix_over(out, n_, out_dim_, out_dim_);
}

void MlpNet::backward(const ConstMatrixRef& d_out) {
  const ConstRows dy = through_head_activations(d_out);
  refresh_transposed(1);
  const auto num_pieces = static_cast<std::size_t>(num_chunks());
  const bool shared = num_threads() > 1;
  make_backward_rows(num_threads());
  while (num_pieces > 1 && piece_grads_.size() < (shared ? num_pieces - 1 : 1))
    piece_grads_.emplace_back(parameters_.grads.size());
  for_each_chunk([&](int index, int thread) {
    const Chunk chunk = chunk_at(index);
    const auto piece = static_cast<std::size_t>(index);
    float* const grads = index == 0 ? parameters_.grads.data() : piece_grads_[shared ? piece - 1 : 0].data();
    backward_chunk(chunk, rows_from(dy, chunk.first), grads, backward_rows_[static_cast<std::size_t>(thread)]);
    if (!shared && index > 0) add_to(parameters_.grads, piece_grads_[0]);
  });
  if (shared)
    for (std::size_t piece = 1; piece < num_pieces; ++piece) add_to(parameters_.grads, piece_grads_[piece - 1]);
}

ConstMatrixRef MlpNet::backward_input(const ConstMatrixRef& d_out) {
  const ConstRows dy = through_head_activations(d_out);
  refresh_transposed(0);
  make_backward_rows(1);
  float* const d_x = d_x_.rows(n_);
  for (int first = 0; first < n_; first += kChunk) {
    const Chunk chunk{first, std::min(kChunk, n_ - first)};
    choose_rows(chunk, rows_from(dy, first));
    if (static_cast<int>(chosen_.size()) < chunk.n) {
      backward_input_of_chosen(chunk, rows_from(dy, first));
      continue;
    }
    const auto to = [&](std::size_t l) { return l == 0 ? d_x_.from(first) : gradient_rows(backward_rows_[0], l); };
    const std::size_t last = layers_.size();
    ConstRows d = heads_backward_input(chunk.n, rows_from(dy, first), kept(chunk, last), to(last));
    for (std::size_t l = last; l-- > 0;) d = layer_backward_input(chunk.n, l, d, kept(chunk, l), to(l));
  }
  return matrix_over(d_x, n_, shape_.in_dim, d_x_.stride);
}

void MlpNet::parameters_changed() {
  for (Layer& layer : layers_) layer.transposed_stale = true;
  bound_free_heads();
}

void MlpNet::bound_free_heads() {
  int column = 0;
  for (const Head& head : shape_.heads) {
    for (const HeadGroup& group : groups_) {
      if (!group.state_independent || column < group.column || column >= group.column + group.width) continue;
      float* const values = parameters_.values.data() + group.bias + (column - group.column);
      for (int i = 0; i < head.width; ++i) values[i] = std::clamp(values[i], head.low, head.high);
    }
    column += head.width;
  }
}

// Pieces of the batch of the last forward().

int MlpNet::num_chunks() const { return (n_ + kChunk - 1) / kChunk; }

MlpNet::Chunk MlpNet::chunk_at(int index) const {
  const int first = index * kChunk;
  return {first, std::min(kChunk, n_ - first)};
}

int MlpNet::num_threads() const { return threads_ ? std::clamp(num_chunks(), 1, threads_->size()) : 1; }

template <class Task>
void MlpNet::for_each_chunk(Task&& task) {
  const int chunks = num_chunks(), threads = num_threads();
  const auto run = [&](int thread) {
    for (int index = thread; index < chunks; index += threads) task(index, thread);
  };
  if (threads == 1)
    run(0);
  else
    threads_->run(threads, run);
}

void MlpNet::make_backward_rows(int threads) {
  while (backward_rows_.size() < static_cast<std::size_t>(threads))
    backward_rows_.push_back({{{.stride = widest_}, {.stride = widest_}}});
}

/// Weights from layer `first` on as (out, in), where they changed.
void MlpNet::refresh_transposed(std::size_t first) {
  for (std::size_t l = first; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    if (!layer.transposed_stale) continue;
    kernels().transpose(layer.in, layer.out, hidden_weight(layer),
                        {transposed_.data() + layer.transposed, kernel_padded(layer.in)});
    layer.transposed_stale = false;
  }
}

// The steps of forward.

void MlpNet::forward_chunk(Chunk chunk, float* out) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const ConstRows x = layer_input(chunk, l);
    const Rows h = h_[l].from(chunk.first);
    if (derivative_from_output(shape_.hidden)) {
      kernels().dense_forward(chunk.n, layer.in, layer.out, x, hidden_weight(layer), value(layer.bias), shape_.hidden,
                              h);
    } else {
      const Rows z = z_[l].from(chunk.first);
      kernels().dense_forward(chunk.n, layer.in, layer.out, x, hidden_weight(layer), value(layer.bias),
                              Activation::identity, z);
      kernels().activation_forward(shape_.hidden, static_cast<std::size_t>(chunk.n * z.stride), z.data, h.data);
    }
  }
  heads_forward(chunk.n, layer_input(chunk, layers_.size()), out + static_cast<std::ptrdiff_t>(chunk.first) * out_dim_);
}

ConstRows MlpNet::layer_input(Chunk chunk, std::size_t l) {
  if (l == 0) return rows_from(x_, chunk.first);
  return h_[l - 1].from(chunk.first);
}

void MlpNet::heads_forward(int n, ConstRows h, float* out) {
  for (const HeadGroup& group : groups_) {
    if (group.state_independent)
      for (int i = 0; i < n; ++i)
        std::copy_n(value(group.bias), group.width, out + static_cast<std::ptrdiff_t>(i) * out_dim_ + group.column);
    else if (group.features)
      for (int i = 0; i < n; ++i)
        std::copy_n(h.data + i * h.stride, group.width, out + static_cast<std::ptrdiff_t>(i) * out_dim_ + group.column);
    else
      kernels().head_forward(n, heads_in_, group.width, h, head_weight(group), value(group.bias),
                             {out + group.column, out_dim_});
  }
}

void MlpNet::activate_heads(int n, const float* z, float* out) {
  if (shape_.out.empty()) return;
  std::ptrdiff_t at = 0;
  for (int i = 0; i < n; ++i)
    for (std::size_t head = 0; head < shape_.heads.size(); ++head) {
      const auto width = static_cast<std::size_t>(shape_.heads[head].width);
      kernels().activation_forward(shape_.out[head], width, z + at, out + at);
      at += shape_.heads[head].width;
    }
}

// The steps of backward, in its order.

ConstRows MlpNet::through_head_activations(const ConstMatrixRef& d_out) {
  ensure(d_out.rows() == n_ && d_out.cols() == out_dim_, "the gradient of the last forward()'s outputs");
  if (shape_.out.empty()) return {d_out.data(), d_out.outerStride()};
  float* const dz = grown(d_out_, d_out.size());
  std::ptrdiff_t at = 0;
  for (int i = 0; i < n_; ++i) {
    std::ptrdiff_t column = 0;
    for (std::size_t head = 0; head < shape_.heads.size(); ++head) {
      const int width = shape_.heads[head].width;
      const AlignedBuffer& kept = derivative_from_output(shape_.out[head]) ? out_ : out_z_;
      kernels().activation_backward(shape_.out[head], static_cast<std::size_t>(width), kept.data() + at,
                                    d_out.data() + i * d_out.outerStride() + column, dz + at);
      at += width;
      column += width;
    }
  }
  return {dz, out_dim_};
}

/// Overwrites `grads`, which is laid out as the parameters, with the gradient of one piece of the batch.
void MlpNet::backward_chunk(Chunk chunk, ConstRows dy, float* grads, BackwardRows& rows) {
  heads_backward_weights(chunk, dy, grads);
  if (layers_.empty()) return;
  const std::size_t last = layers_.size();
  ConstRows dz = heads_backward_input(chunk.n, dy, kept(chunk, last), gradient_rows(rows, last));
  for (std::size_t l = last - 1;; --l) {
    const Layer& layer = layers_[l];
    kernels().dense_backward_weights(chunk.n, layer.in, layer.out, layer_input(chunk, l), dz, false,
                                     {grads + layer.weight, layer.stride()}, grads + layer.bias);
    if (l == 0) break;
    dz = layer_backward_input(chunk.n, l, dz, kept(chunk, l), gradient_rows(rows, l));
  }
}

void MlpNet::heads_backward_weights(Chunk chunk, ConstRows dy, float* grads) {
  const ConstRows h = layer_input(chunk, layers_.size());
  for (const HeadGroup& group : groups_) {
    const ConstRows d{dy.data + group.column, dy.stride};
    if (group.state_independent)
      kernels().column_sums(chunk.n, group.width, d, false, grads + group.bias);
    else if (group.is_dense())
      kernels().head_backward_weights(chunk.n, heads_in_, group.width, h, d, false,
                                      {grads + group.weight, kernel_padded(heads_in_)}, grads + group.bias);
  }
}

/// The gradient with respect to the input of the last activation; that of the net where there is no hidden layer.
ConstRows MlpNet::heads_backward_input(int n, ConstRows dy, ConstRows kept, Rows dx) {
  const Activation activation = layers_.empty() ? Activation::identity : shape_.hidden;
  const auto dense_groups = std::ranges::count_if(groups_, &HeadGroup::is_dense);
  if (dense_groups == 0) std::fill_n(dx.data, n * dx.stride, 0.0f);
  std::ptrdiff_t done = 0;
  for (const HeadGroup& group : groups_) {
    if (!group.is_dense()) continue;
    const bool accumulate = done++ > 0;
    kernels().head_backward_input(n, heads_in_, group.width, {dy.data + group.column, dy.stride}, head_weight(group),
                                  done == dense_groups ? activation : Activation::identity, kept, accumulate, dx);
  }
  return dx;
}

ConstRows MlpNet::layer_backward_input(int n, std::size_t l, ConstRows dz, ConstRows kept, Rows dx) {
  const Layer& layer = layers_[l];
  const Rows transposed{transposed_.data() + layer.transposed, kernel_padded(layer.in)};
  kernels().dense_backward_input(n, layer.in, layer.out, dz, transposed, l > 0 ? shape_.hidden : Activation::identity,
                                 kept, false, dx);
  return dx;
}

/// What the derivative of the activation before layer l (or, after the last, before the heads) is computed from.
ConstRows MlpNet::kept(Chunk chunk, std::size_t l) {
  if (l == 0) return {nullptr, 0};
  return (derivative_from_output(shape_.hidden) ? h_[l - 1] : z_[l - 1]).from(chunk.first);
}

/// Where the gradient with respect to the output of layer l - 1 is put; its neighbours' lie elsewhere.
Rows MlpNet::gradient_rows(BackwardRows& rows, std::size_t l) const {
  return {rows.d[l % 2].rows(std::min(kChunk, n_)), kernel_padded(layers_[l - 1].out)};
}

// Rows without a gradient need no work: SAC's actor learns in each row through the smaller of its critics only.

void MlpNet::choose_rows(Chunk chunk, ConstRows dy) {
  chosen_.clear();
  chosen_.reserve(kChunk);  // at the first call; later ones allocate nothing
  for (int i = 0; i < chunk.n; ++i) {
    const float* row = dy.data + i * dy.stride;
    if (std::any_of(row, row + out_dim_, [](float d) { return d != 0; })) chosen_.push_back(i);
  }
}

/// The chosen ones of `rows` side by side.
ConstRows MlpNet::gather_chosen(ConstRows rows, int width, Workspace& to) {
  float* at = to.rows(kChunk);
  for (const int row : chosen_) {
    std::copy_n(rows.data + row * rows.stride, width, at);
    at += to.stride;
  }
  return to.from(0);
}

void MlpNet::backward_input_of_chosen(Chunk chunk, ConstRows dy) {
  const int n = static_cast<int>(chosen_.size());
  const Rows d_x = d_x_.from(chunk.first);
  std::fill_n(d_x.data, chunk.n * d_x.stride, 0.0f);
  chosen_d_x_.rows(kChunk);
  const auto to = [&](std::size_t l) { return l == 0 ? chosen_d_x_.from(0) : gradient_rows(backward_rows_[0], l); };
  const auto kept_rows = [&](std::size_t l) {
    return l == 0 ? ConstRows{nullptr, 0} : gather_chosen(kept(chunk, l), layers_[l - 1].stride(), chosen_kept_);
  };
  const std::size_t last = layers_.size();
  ConstRows d = heads_backward_input(n, gather_chosen(dy, out_dim_, chosen_dy_), kept_rows(last), to(last));
  for (std::size_t l = last; l-- > 0;) d = layer_backward_input(n, l, d, kept_rows(l), to(l));
  for (int i = 0; i < n; ++i)
    std::copy_n(d.data + i * d.stride, shape_.in_dim, d_x.data + chosen_[static_cast<std::size_t>(i)] * d_x.stride);
}

}  // namespace slm
