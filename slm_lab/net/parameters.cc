#include "slm_lab/net/parameters.h"

#include <algorithm>
#include <new>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/huge_pages.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

constexpr std::align_val_t kAlignment{64};

std::int64_t size_of(const Tensor& tensor) {
  std::int64_t size = 1;
  for (const std::int64_t dim : tensor.shape) size *= dim;
  return size;
}

/// Calls visit(index in PyTorch's order, index in the buffer) for every element.
template <class Visit>
void for_each_element(const Tensor& tensor, Visit visit) {
  const std::int64_t rows = tensor.shape.size() > 1 ? tensor.shape[0] : 1;
  const std::int64_t cols = rows > 0 ? size_of(tensor) / rows : 0;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c) {
      const std::int64_t in = tensor.inputs.empty() ? c : tensor.inputs[static_cast<std::size_t>(c)];
      const std::int64_t place = tensor.transposed ? in * tensor.stride + r : r * tensor.stride + in;
      visit(static_cast<std::size_t>(r * cols + c), tensor.offset + static_cast<std::size_t>(place));
    }
}

}  // namespace

void AlignedBuffer::Free::operator()(float* p) const { ::operator delete[](p, kAlignment); }

AlignedBuffer::AlignedBuffer(std::size_t size)
    : data_(static_cast<float*>(::operator new[](size * sizeof(float), kAlignment))), size_(size) {
  prefer_huge_pages(data_.get(), size * sizeof(float));  // all of them are read and written at every update
  std::fill_n(data_.get(), size, 0.0f);
}

AlignedBuffer::AlignedBuffer(const AlignedBuffer& other) : AlignedBuffer(other.size_) {
  std::copy_n(other.data_.get(), size_, data_.get());
}

AlignedBuffer& AlignedBuffer::operator=(const AlignedBuffer& other) {
  if (this == &other) return *this;
  if (size_ != other.size_) return *this = AlignedBuffer(other);
  std::copy_n(other.data_.get(), size_, data_.get());
  return *this;
}

void make_room(Parameters& parameters, std::size_t learnt) {
  for (Tensor& tensor : parameters.tensors)
    if (tensor.is_buffer) tensor.offset += learnt;
  for (AlignedBuffer* const buffer : {&parameters.values, &parameters.grads})
    *buffer = AlignedBuffer(learnt + parameters.buffers_size);
}

std::vector<float> read_tensor(const Tensor& tensor, const AlignedBuffer& buffer) {
  std::vector<float> elements(static_cast<std::size_t>(size_of(tensor)));
  for_each_element(tensor, [&](std::size_t i, std::size_t place) { elements[i] = buffer.data()[place]; });
  return elements;
}

void write_tensor(const Tensor& tensor, std::span<const float> elements, AlignedBuffer& buffer) {
  ensure(static_cast<std::int64_t>(elements.size()) == size_of(tensor), "as many elements as the tensor has");
  for_each_element(tensor, [&](std::size_t i, std::size_t place) { buffer.data()[place] = elements[i]; });
}

float* grown(AlignedBuffer& buffer, std::ptrdiff_t size) {
  const auto wanted = static_cast<std::size_t>(size);
  if (buffer.size() < wanted) buffer = AlignedBuffer(wanted);
  return buffer.data();
}

void Parameters::serialize(Archive& archive) {
  for (const Tensor& tensor : tensors) {
    std::vector<float> elements = read_tensor(tensor, values);
    archive.tensor(tensor.name, tensor.shape, elements);
    if (archive.loading()) write_tensor(tensor, elements, values);
  }
}

void polyak(Parameters& target, const Parameters& online, float coef) {
  ensure(target.values.size() == online.values.size(), "polyak averages two nets of the same shape");
  if (coef == 1)  // exactly, also where the target is not finite
    std::copy_n(online.values.data(), online.values.size(), target.values.data());
  else
    kernels().polyak(target.values.size(), coef, online.values.data(), target.values.data());
}

}  // namespace slm
