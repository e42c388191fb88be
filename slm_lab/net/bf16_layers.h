#pragma once

#include <cstddef>
#include <vector>

#include "slm_lab/net/bf16_buffer.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/parameters.h"
#include "slm_lab/net/pieces.h"

namespace slm {

/// A dense layer among the float32 parameters of a net.
struct Bf16Layer {
  int in, out;
  std::size_t weight, bias;  // offsets in the parameters
  std::ptrdiff_t stride;     // floats from one stored row to the next
};

/// What the dense layers of an MLP consist of: weights (in, out) of hidden layers, then heads (out, in) that see the
/// last of them.
struct Bf16Shape {
  std::vector<Bf16Layer> hidden;  // one or more
  Activation activation = Activation::relu;
  std::vector<Bf16Layer> heads;
  std::vector<int> columns = {};  // of each head in the outputs
};

/// The dense layers of an MLP in bf16: weights, inputs, outputs and gradients are rounded to it wherever they are
/// factors of a product; sums, biases, activations and the gradients of parameters are float32. The parameters lie in
/// float32 elsewhere and are packed when they have changed.
///
/// Rows are shared by threads in pieces of 64, gradients of weights by their rows, each summed over the whole batch by
/// one thread: the same bits with any number of threads.
class Bf16Layers {
 public:
  Bf16Layers(const Bf16Kernels& kernels, Bf16Shape shape);

  /// The outputs of the heads, before their activations, into their columns of `out`.
  void infer(int n, ConstRows x, const float* parameters, Rows out);
  /// The same, and keeps what the two below need.
  void forward(int n, ConstRows x, const float* parameters, Rows out);
  /// Writes the gradients of weights and biases, laid out as the parameters.
  void backward(ConstRows d_out, const float* parameters, float* grads);
  /// The gradient with respect to the inputs.
  void backward_input(ConstRows d_out, const float* parameters, Rows d_x);

  void parameters_changed();
  void share_work(ThreadPool& threads) { threads_ = &threads; }
  const char* name() const { return kernels_->name; }

 private:
  /// The outputs of a hidden layer: as the next one takes them, as the gradient of its weights does, and the slopes.
  struct Kept {
    Bf16Buffer rows, for_weights, slopes;
  };
  /// What one thread needs for a piece of the batch: numbers on their way forward, or gradients back.
  struct Scratch {
    Bf16Buffer x, h[2];
  };
  /// What a pass through a net needs and leaves to nobody.
  struct Passing {
    std::vector<Scratch> of_thread;
    std::vector<Bf16Buffer> d_pairs;     // gradients of what each hidden activation sees, in pair form
    Bf16Buffer d_out, d_out_transposed;  // gradients of the heads' outputs, in row form
    AlignedBuffer piece_sums;            // column sums of the former, of every piece
  };
  /// One for all nets that a thread takes batches through, one after the other: what it holds stays in the caches.
  static Passing& passing();

  std::size_t last() const { return shape_.hidden.size() - 1; }
  int in_blocks(std::size_t l) const { return bf16_blocks(shape_.hidden[l].in); }
  int out_blocks(std::size_t l) const { return bf16_blocks(shape_.hidden[l].out); }
  int num_threads(int n) const;
  template <class Task>
  void for_each_piece_of(int n, const Task& task);
  template <class Task>
  void for_each_thread(int n, const Task& task);
  void pack_forward(const float* parameters);
  void pack_backward(std::size_t first, const float* parameters);
  void pack_layer(std::size_t l, const float* parameters, bool forward, bool backward);
  const Bf16* pack_inputs(Piece piece, ConstRows x, Bf16Forms others, Scratch& scratch) const;
  const Bf16* layer_forward(std::size_t l, int rows, const Bf16* in, const Bf16Forms& y, Bf16* slopes,
                            const float* parameters) const;
  void heads_forward(Piece piece, const Bf16* h, const float* parameters, Rows out);
  void backward_piece(Piece piece, ConstRows d_out, Passing& passing, Scratch& scratch, float* sums);
  void backward_weights(int thread, int threads, Passing& passing, float* grads);
  void add_sums(int pieces, const float* sums, float* grads);

  const Bf16Kernels* kernels_;
  Bf16Shape shape_;
  int head_blocks_ = 0;          // of all heads, each a whole number of blocks
  std::vector<int> head_block_;  // where each begins
  int sums_size_ = 0;            // column sums of one piece
  std::vector<int> sums_;        // where those of each hidden layer begin
  std::int64_t num_weights_ = 0;
  std::vector<Bf16Weights> packed_;  // of each hidden layer, then of the heads together
  ThreadPool* threads_ = nullptr;

  int n_ = 0;     // rows of the last forward()
  Bf16Buffer x_;  // in row form, transposed
  std::vector<Kept> kept_;
};

}  // namespace slm
