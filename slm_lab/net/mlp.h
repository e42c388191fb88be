#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/batch_renorm.h"
#include "slm_lab/net/bf16_layers.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/net.h"
#include "slm_lab/net/pieces.h"

namespace slm {

/// A group of outputs.
struct Head {
  int width;
  bool state_independent = false;       ///< a bias alone: the same for every input (a free log-std parameter)
  float init_bias = 0;                  ///< added to the bias that the initialisation gives
  std::optional<float> init_gain = {};  ///< orthogonal with this gain and bias 0, whatever init_fn says
  /// A state-independent head is put back between these whenever its parameters have changed. (Beyond a clamp that
  /// follows it would have no gradient and never return.)
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  bool features = false;  ///< the last hidden layer as it is, of that width; passes no gradient back
};

/// What an MLP is made of.
struct MlpShape {
  int in_dim = 0;
  std::vector<int> hid_layers = {};
  Activation hidden = Activation::relu;
  std::vector<Activation> out = {};  ///< of each head; empty: none
  std::vector<Head> heads;
  std::string init_fn = {};  ///< empty: PyTorch's default of a linear layer
  // The input of each hidden activation is normalised, over its row or over the batch; at most one of the two.
  bool layer_norm = false;
  std::optional<BatchRenormConfig> batch_renorm = {};
  /// Where the inputs lie among in_dim numbers, in the order of model files; the other numbers are always 0. Empty:
  /// all, as they are.
  std::vector<std::int32_t> inputs = {};
  const Bf16Kernels* bf16 = nullptr;  ///< its layers compute with these; nullptr: in float32
};

/// Whether an MLP of this shape could compute in bf16; else what it has that keeps it from it, in words.
std::string bf16_problem(const MlpShape& shape);

/// Linear, normalisation where asked for, and activation for each hidden layer, then linear heads on the last one, side
/// by side in the output. Bytes are seen as numbers from 0 to 1 (dense_input.h).
///
/// The gradient of a batch is the sum of those of its pieces of 64 rows, each computed in a buffer of its own and added
/// in their order: the same bits with any number of threads.
///
/// Storage follows the kernel: hidden weights (in, out), head weights (out, in), rows padded.
class MlpNet final : public Net {
 public:
  /// `in_front`: of layers before it, whose parameters lie and are learnt with its own; it leaves them alone.
  MlpNet(MlpShape shape, Rng& init, const Parameters& in_front = {});

  int in_dim() const override { return shape_.in_dim; }
  int out_dim() const override { return out_dim_; }
  ConstMatrixRef infer(const ObservationsView& x) override;
  ConstMatrixRef forward(const ObservationsView& x) override;
  ConstMatrixRef forward_in_training(const ObservationsView& x) override;
  void backward(const ConstMatrixRef& d_out) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out) override;
  void parameters_changed() override;
  Parameters& parameters() override { return parameters_; }
  std::unique_ptr<Net> clone() const override { return std::make_unique<MlpNet>(*this); }
  std::map<std::string, std::string> description() const override;

  void share_work(ThreadPool& threads) override;
  ThreadPool* threads() const override { return threads_; }

 private:
  struct Layer {
    int in, out;
    std::size_t weight, bias;  // offsets in the parameters
    std::size_t gain, shift;   // the same, of its normalisation
    std::size_t running;       // where its running statistics begin among the buffers
    std::size_t transposed;    // offset in transposed_
    bool transposed_stale = true;
    int stride() const { return kernel_padded(out); }
  };
  /// Neighbouring heads of one kind: one product for all of them.
  struct HeadGroup {
    int column, width;
    bool state_independent, features;
    std::size_t weight, bias;  // offsets in the parameters
    bool is_dense() const { return !state_independent && !features; }
  };
  /// Rows of one padded width; grows to the largest n asked for.
  struct Workspace {
    std::ptrdiff_t stride = 0;
    AlignedBuffer buffer = {};
    float* rows(Eigen::Index n);
    Rows from(int row) { return {buffer.data() + row * stride, stride}; }
  };
  using Chunk = Piece;
  /// What one thread needs to take a piece of a batch through the net, there and back.
  struct PieceRows {
    Workspace h[2] = {};     // of infer(): two neighbouring layers
    Workspace inv_std = {};  // of infer(): of each row, from layer normalisation
    Matrix x_of_bytes = {};  // of infer(): (rows, in_dim)
    Workspace d[2] = {};     // the gradients of two neighbouring layers
    // Of backward_input(): the rows that have a gradient, and what belongs to them, side by side.
    std::vector<int> chosen = {};
    Workspace chosen_dy = {}, chosen_kept = {}, chosen_x_hat = {}, chosen_inv_std = {}, chosen_d_x = {};
  };

  // mlp_layout.cc
  void lay_out(const Parameters& in_front);
  void lay_out_norm(Layer& layer, std::size_t place, std::size_t& size);
  void group_heads();
  void name_heads();
  void size_workspaces();
  void initialise(std::size_t first, Rng& rng);
  std::size_t initialise_norm(std::size_t index);
  void initialise_linear(std::size_t index, std::optional<float> gain, float init_bias, Rng& rng);

  void bound_free_heads();

  // mlp_in_bf16.cc
  std::optional<Bf16Layers> make_bf16_layers() const;
  void infer_in_bf16(const ObservationsView& x, float* out);
  ConstMatrixRef forward_in_bf16(const ObservationsView& x);
  void backward_in_bf16(ConstRows dy);

  // mlp_in_training.cc
  void backward_in_training(ConstRows dy, float* grads);
  void backward_input_in_training(ConstRows dy);
  RunningStatistics running(const Layer& layer);
  void follow_running();

  PieceRows make_piece_rows() const;
  int num_ready_threads(int n);  // that share a batch of n rows, each with rows of its own
  template <class Task>
  void for_each_chunk(int n, Task&& task);  // task(the chunk, rows of its thread)
  void infer_chunk(const ObservationsView& x, float* out, PieceRows& rows);
  float* begin_forward(const ObservationsView& x);
  ConstMatrixRef end_forward(const float* z);
  void forward_chunk(Chunk chunk, float* out);
  void layer_forward(int n, std::size_t l, ConstRows x, const Rows& x_hat, float* inv_std, const Rows& z,
                     const Rows& h);
  void plain_layer_forward(int n, const Layer& layer, ConstRows x, Rows h);
  void backward_chunk(Chunk chunk, ConstRows dy, bool accumulate, float* grads, PieceRows& rows);
  void backward_input_chunk(Chunk chunk, ConstRows dy, PieceRows& rows);
  ConstRows layer_input(Chunk chunk, std::size_t l);
  void heads_forward(int n, ConstRows h, float* out);
  void free_heads_forward(int n, float* out);
  void activate_heads(int n, const float* z, float* out);
  ConstRows through_head_activations(const ConstMatrixRef& d_out);
  void heads_backward_weights(Chunk chunk, ConstRows dy, bool accumulate, float* grads);
  ConstRows heads_backward_input(int n, ConstRows dy, ConstRows kept, Rows dx);
  void refresh_transposed(std::size_t first);
  ConstRows layer_backward_input(int n, std::size_t l, ConstRows dz, ConstRows kept, Rows dx);
  void norm_backward_input(int n, std::size_t l, ConstRows x_hat, const float* inv_std, Rows d);
  ConstRows kept(Chunk chunk, std::size_t l);
  Rows gradient_rows(PieceRows& rows, std::size_t l) const;
  void choose_rows(Chunk chunk, ConstRows dy, PieceRows& rows) const;
  void backward_input_of_chosen(Chunk chunk, ConstRows dy, PieceRows& rows);

  int num_inputs(int in) const;
  bool normalises() const { return shape_.layer_norm || shape_.batch_renorm; }
  float* inv_std(std::size_t l, int row) { return shape_.layer_norm ? inv_std_[l].from(row).data : nullptr; }
  const float* value(std::size_t offset) const { return parameters_.values.data() + offset; }
  ConstRows hidden_weight(const Layer& layer) const { return {value(layer.weight), layer.stride()}; }
  ConstRows head_weight(const HeadGroup& group) const { return {value(group.weight), kernel_padded(heads_in_)}; }

  MlpShape shape_;
  int out_dim_ = 0;
  int heads_in_ = 0;  // width that the heads see
  int widest_ = 0;    // of the hidden layers, padded
  std::vector<Layer> layers_;
  std::vector<HeadGroup> groups_;
  Parameters parameters_;
  AlignedBuffer transposed_;  // every hidden weight as (out, in), for the gradient with respect to its input

  std::optional<Bf16Layers> bf16_;  // where the shape asks for it; then nothing of the following but the outputs

  ThreadPool* threads_ = nullptr;
  std::vector<PieceRows> piece_rows_;  // one for each thread so far

  AlignedBuffer infer_out_;
  // Of forward() for backward(): inputs and outputs of each activation, the outputs, and the gradients on their way
  // (those of hidden layers for a piece of the batch).
  ConstRows x_{nullptr, 0};  // (n, in_dim)
  Matrix x_of_bytes_;        // (n, in_dim), or more rows
  int n_ = 0;
  std::vector<Workspace> z_, h_;            // z only where the derivative needs it
  std::vector<Workspace> x_hat_, inv_std_;  // of normalisation; inv_std of rows only
  std::vector<BatchRenorm> batch_renorms_;  // of each layer
  bool running_stale_ = true;               // the running statistics have changed since they followed them
  bool in_training_ = false;                // it was forward_in_training()
  Workspace d_in_training_[2];              // gradients of two neighbouring layers
  AlignedBuffer unasked_grads_;             // of a gain and a shift
  AlignedBuffer out_z_, out_, d_out_;
  Workspace d_x_;
  PieceSums piece_grads_;
};

}  // namespace slm
