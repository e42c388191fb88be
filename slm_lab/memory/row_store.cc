#include "slm_lab/memory/row_store.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/huge_pages.h"

namespace slm {

namespace {

void write_pixels(const float* obs, std::int64_t size, std::uint8_t* pixels) {
  bool exact = true;
  for (std::int64_t i = 0; i < size; ++i) {
    pixels[i] = static_cast<std::uint8_t>(std::clamp(obs[i], 0.0f, 255.0f));
    exact = exact && static_cast<float>(pixels[i]) == obs[i];
  }
  ensure(exact, "the pixels of an image are whole numbers from 0 to 255");
}

}  // namespace

RowStore::RowStore(const Space& obs_space, int num_extras, std::int64_t capacity)
    : is_image_(obs_space.is_image()),
      obs_dim_(obs_space.size()),
      floats_of_obs_(is_image_ ? 0 : obs_dim_),
      stride_(floats_of_obs_ + num_extras) {
  reserve_huge(numbers_, static_cast<std::size_t>(capacity * stride_));
  changed_numbers_.reserve(numbers_.capacity() * sizeof(float));
  if (!is_image_) return;
  reserve_huge(pixels_, static_cast<std::size_t>(capacity * obs_dim_));
  changed_pixels_.reserve(pixels_.capacity());
}

std::int64_t RowStore::row_bytes(const Space& obs_space, int num_extras) {
  const std::int64_t element = obs_space.is_image() ? sizeof(std::uint8_t) : sizeof(float);
  return obs_space.size() * element + num_extras * static_cast<std::int64_t>(sizeof(float));
}

float* RowStore::write(std::int64_t row, const float* obs) {
  ensure(row <= size_, "rows are appended one by one");
  if (row == size_) {
    ++size_;
    numbers_.resize(static_cast<std::size_t>(size_ * stride_));
    if (is_image_) pixels_.resize(static_cast<std::size_t>(size_ * obs_dim_));
  }
  const auto numbers = static_cast<std::size_t>(row * stride_), pixels = static_cast<std::size_t>(row * obs_dim_);
  if (is_image_) {
    write_pixels(obs, obs_dim_, pixels_.data() + pixels);
    changed_pixels_.mark(pixels, pixels + static_cast<std::size_t>(obs_dim_));
  } else {
    std::copy_n(obs, obs_dim_, numbers_.data() + numbers);
  }
  changed_numbers_.mark(numbers * sizeof(float), (numbers + static_cast<std::size_t>(stride_)) * sizeof(float));
  return numbers_.data() + row * stride_ + floats_of_obs_;
}

void RowStore::read_obs(std::int64_t row, float* obs) const {
  if (is_image_)
    std::copy_n(pixels_.data() + row * obs_dim_, obs_dim_, obs);
  else
    std::copy_n(numbers_.data() + row * stride_, obs_dim_, obs);
}

void RowStore::prefetch(std::int64_t row) const {
  constexpr std::int64_t kLine = 64 / sizeof(float), kMostLines = 8;
  const float* begin = numbers_.data() + row * stride_;
  for (std::int64_t at = 0; at < std::min(stride_, kMostLines * kLine); at += kLine) __builtin_prefetch(begin + at);
  __builtin_prefetch(begin + stride_ - 1);
  if (is_image_) __builtin_prefetch(pixels_.data() + row * obs_dim_);
}

void RowStore::clear() {
  size_ = 0;
  numbers_.clear();
  pixels_.clear();
}

void RowStore::serialize(Archive& archive) {
  archive("size", size_);
  archive.large("numbers", numbers_, changed_numbers_);
  if (is_image_) archive.large("pixels", pixels_, changed_pixels_);
  if (!archive.loading()) return;
  if (size_ < 0 || std::ssize(numbers_) != size_ * stride_ || (is_image_ && std::ssize(pixels_) != size_ * obs_dim_))
    throw Error(ExitCode::corrupt, "a replay whose arrays do not have its number of rows");
}

}  // namespace slm
