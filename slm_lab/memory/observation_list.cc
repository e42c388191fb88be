#include "slm_lab/memory/observation_list.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/space.h"

namespace slm {

ObservationList::ObservationList(const Space& space) : obs_dim_(space.size()) {
  if (space.of_bytes) numbers_.emplace<std::vector<std::uint8_t>>();
}

void ObservationList::reserve(std::int64_t rows) {
  std::visit([&](auto& numbers) { numbers.reserve(static_cast<std::size_t>(rows * obs_dim_)); }, numbers_);
}

void ObservationList::append(const ObservationsView& rows) {
  ensure(rows.cols() == obs_dim_, "observations of the list's space");  // of another kind: bytes() and floats() refuse
  const auto append_rows = [&](auto& numbers, const auto& matrix) {
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
      const auto* const row = matrix.data() + i * matrix.outerStride();
      numbers.insert(numbers.end(), row, row + obs_dim_);
    }
  };
  if (auto* bytes = std::get_if<std::vector<std::uint8_t>>(&numbers_))
    append_rows(*bytes, rows.bytes());
  else
    append_rows(std::get<std::vector<float>>(numbers_), rows.floats());
}

void ObservationList::move(std::int64_t from, std::int64_t to) {
  std::visit(
      [&](auto& numbers) { std::copy_n(numbers.begin() + from * obs_dim_, obs_dim_, numbers.begin() + to * obs_dim_); },
      numbers_);
}

void ObservationList::resize(std::int64_t rows) {
  std::visit([&](auto& numbers) { numbers.resize(static_cast<std::size_t>(rows * obs_dim_)); }, numbers_);
}

ObservationsView ObservationList::view() const {
  return std::visit(
      [&]<class Number>(const std::vector<Number>& numbers) -> ObservationsView {
        return Eigen::Map<const MatrixOf<Number>>(numbers.data(), std::ssize(numbers) / obs_dim_, obs_dim_);
      },
      numbers_);
}

void ObservationList::serialize(std::string_view name, Archive& archive) {
  std::visit([&](auto& numbers) { archive(name, numbers); }, numbers_);
  if (archive.loading() && std::visit([&](auto& numbers) { return std::ssize(numbers) % obs_dim_ != 0; }, numbers_))
    throw Error(ExitCode::corrupt, "a part of an observation");
}

}  // namespace slm
