#include "slm_lab/memory/row_store.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/huge_pages.h"

namespace slm {

RowStore::RowStore(const Space& obs_space, int num_extras, std::int64_t capacity)
    : of_bytes_(obs_space.of_bytes),
      obs_bytes_(obs_space.row_bytes()),
      floats_of_obs_(of_bytes_ ? 0 : obs_space.size()),
      stride_(floats_of_obs_ + num_extras) {
  reserve_huge(numbers_, static_cast<std::size_t>(capacity * stride_));
  changed_numbers_.reserve(numbers_.capacity() * sizeof(float));
  if (!of_bytes_) return;
  reserve_huge(bytes_, static_cast<std::size_t>(capacity * obs_bytes_));
  changed_bytes_.reserve(bytes_.capacity());
}

std::int64_t RowStore::row_bytes(const Space& obs_space, int num_extras) {
  return obs_space.row_bytes() + num_extras * static_cast<std::int64_t>(sizeof(float));
}

const std::byte* RowStore::obs(std::int64_t row) const {
  return of_bytes_ ? reinterpret_cast<const std::byte*>(bytes_.data() + row * obs_bytes_)
                   : reinterpret_cast<const std::byte*>(numbers_.data() + row * stride_);
}

float* RowStore::write(std::int64_t row, const std::byte* obs) {
  ensure(row <= size_, "rows are appended one by one");
  if (row == size_) {
    ++size_;
    numbers_.resize(static_cast<std::size_t>(size_ * stride_));
    if (of_bytes_) bytes_.resize(static_cast<std::size_t>(size_ * obs_bytes_));
  }
  std::copy_n(obs, obs_bytes_, const_cast<std::byte*>(this->obs(row)));
  const auto numbers = static_cast<std::size_t>(row * stride_), bytes = static_cast<std::size_t>(row * obs_bytes_);
  if (of_bytes_) changed_bytes_.mark(bytes, bytes + static_cast<std::size_t>(obs_bytes_));
  changed_numbers_.mark(numbers * sizeof(float), (numbers + static_cast<std::size_t>(stride_)) * sizeof(float));
  return numbers_.data() + row * stride_ + floats_of_obs_;
}

void RowStore::read_obs(std::int64_t row, std::byte* obs) const { std::copy_n(this->obs(row), obs_bytes_, obs); }

void RowStore::prefetch(std::int64_t row) const {
  constexpr std::int64_t kLine = 64 / sizeof(float), kMostLines = 8;
  const float* begin = numbers_.data() + row * stride_;
  for (std::int64_t at = 0; at < std::min(stride_, kMostLines * kLine); at += kLine) __builtin_prefetch(begin + at);
  __builtin_prefetch(begin + stride_ - 1);
  if (of_bytes_) __builtin_prefetch(obs(row));
}

void RowStore::clear() {
  size_ = 0;
  numbers_.clear();
  bytes_.clear();
}

void RowStore::serialize(Archive& archive) {
  archive("size", size_);
  archive.large("numbers", numbers_, changed_numbers_);
  if (of_bytes_) archive.large("bytes", bytes_, changed_bytes_);
  if (!archive.loading()) return;
  if (size_ < 0 || std::ssize(numbers_) != size_ * stride_ || (of_bytes_ && std::ssize(bytes_) != size_ * obs_bytes_))
    throw Error(ExitCode::corrupt, "a replay whose arrays do not have its number of rows");
}

}  // namespace slm
