#include "slm_lab/memory/obs_store.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {

ObsStore::ObsStore(const Space& obs_space, std::int64_t capacity)
    : is_image_(obs_space.is_image()), dim_(static_cast<std::size_t>(obs_space.size())) {
  const std::size_t size = static_cast<std::size_t>(capacity) * dim_;
  if (is_image_)
    bytes_.reserve(size);
  else
    floats_.reserve(size);
}

std::int64_t ObsStore::row_bytes(const Space& obs_space) {
  const std::int64_t element = obs_space.is_image() ? sizeof(std::uint8_t) : sizeof(float);
  return obs_space.size() * element;
}

std::int64_t ObsStore::rows() const {
  return static_cast<std::int64_t>((is_image_ ? bytes_.size() : floats_.size()) / dim_);
}

void ObsStore::write(std::int64_t row, const float* obs) {
  ensure(row <= rows(), "observations are appended one by one");
  const std::size_t begin = static_cast<std::size_t>(row) * dim_;
  if (is_image_) {
    if (bytes_.size() == begin) bytes_.resize(begin + dim_);
    std::transform(obs, obs + dim_, bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
                   [](float x) { return static_cast<std::uint8_t>(x); });
  } else {
    if (floats_.size() == begin) floats_.resize(begin + dim_);
    std::copy_n(obs, dim_, floats_.data() + begin);
  }
}

void ObsStore::read(std::int64_t row, float* obs) const {
  const std::size_t begin = static_cast<std::size_t>(row) * dim_;
  if (is_image_)
    std::copy_n(bytes_.data() + begin, dim_, obs);
  else
    std::copy_n(floats_.data() + begin, dim_, obs);
}

void ObsStore::clear() {
  floats_.clear();
  bytes_.clear();
}

void ObsStore::serialize(Archive& archive) {
  if (is_image_)
    archive("bytes", bytes_);
  else
    archive("floats", floats_);
}

}  // namespace slm
