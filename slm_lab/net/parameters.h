#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace slm {

class Archive;

/// 64-byte aligned floats, zero at start; copies are deep.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size);
  AlignedBuffer(const AlignedBuffer& other);
  AlignedBuffer& operator=(const AlignedBuffer& other);
  AlignedBuffer(AlignedBuffer&&) noexcept = default;
  AlignedBuffer& operator=(AlignedBuffer&&) noexcept = default;

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<float> span() { return {data_.get(), size_}; }
  std::span<const float> span() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(float* p) const;
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t size_ = 0;
};

/// Room for `size` floats in `buffer`, which grows when it is too small; what it held is lost then.
float* grown(AlignedBuffer& buffer, std::ptrdiff_t size);

/// One tensor inside a flat buffer.
struct Tensor {
  std::string name;                 ///< as in model files: body.0.weight, body.0.bias, tails.1.weight, ...
  std::vector<std::int64_t> shape;  ///< PyTorch's: (out, in) for a dense weight
  std::size_t offset = 0;           ///< in floats; a multiple of 16, but for biases of heads, which lie side by side
  std::int64_t stride = 0;          ///< floats between stored rows (rows padded to 16 floats where that helps)
  bool transposed = false;          ///< stored as (in, out) instead of (out, in)
  bool is_buffer = false;           ///< a running statistic, which is observed and not learnt
  /// Where PyTorch's inputs (the axes behind the first, as one) lie among the stored ones; empty: in the same places.
  std::vector<std::int32_t> inputs = {};
};

/// All parameters of a net in one flat buffer, their gradients in another with the same offsets. Padding is always
/// zero, so norms, optimisers, polyak averaging and copies are single loops over everything. Buffers lie behind the
/// parameters; their gradients stay zero.
struct Parameters {
  AlignedBuffer values, grads;
  std::vector<Tensor> tensors;
  std::size_t buffers_size = 0;  ///< floats of buffers, at the end

  std::size_t learnt_size() const { return values.size() - buffers_size; }  ///< floats that an optimiser moves

  /// The tensors in PyTorch's shapes and order, for model files and checkpoints. Loading refuses other names or shapes.
  void serialize(Archive& archive);
};

/// Room for `learnt` floats and for the buffers behind them, all 0; tensors of buffers, which were laid out from 0 on,
/// are moved there.
void make_room(Parameters& parameters, std::size_t learnt);

/// The tensor as PyTorch stores it: elements in the order of `shape`, nothing between them.
std::vector<float> read_tensor(const Tensor& tensor, const AlignedBuffer& buffer);
void write_tensor(const Tensor& tensor, std::span<const float> elements, AlignedBuffer& buffer);

/// target = coef * online + (1 - coef) * target; then the target net needs parameters_changed(). Coefficient 1 copies.
void polyak(Parameters& target, const Parameters& online, float coef);

}  // namespace slm
