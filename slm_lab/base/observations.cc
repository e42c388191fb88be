#include "slm_lab/base/observations.h"

#include <fmt/format.h>

#include <source_location>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/space.h"

namespace slm {
namespace {

constexpr const char* kWrongKind = "observations are asked for as the kind of number that they are";

}  // namespace

ObservationsView ObservationsView::middle_rows(Eigen::Index first, Eigen::Index n) const {
  ensure(first >= 0 && n >= 0 && first + n <= rows_, "rows that are there");
  ObservationsView rows = *this;
  rows.data_ = row_data(first);
  rows.rows_ = n;
  return rows;
}

ObservationsView::Map<Matrix> ObservationsView::floats() const {
  ensure(!are_bytes_, kWrongKind);
  return {reinterpret_cast<const float*>(data_), rows_, cols_, Eigen::OuterStride<>(stride_)};
}

ObservationsView::Map<ByteMatrix> ObservationsView::bytes() const {
  ensure(are_bytes_, kWrongKind);
  return {reinterpret_cast<const std::uint8_t*>(data_), rows_, cols_, Eigen::OuterStride<>(stride_)};
}

bool ObservationsView::fit(const Space& space) const { return cols_ == space.size() && are_bytes_ == space.of_bytes; }

void Observations::resize(Eigen::Index n, const Space& space) {
  if (space.of_bytes != are_bytes()) numbers_ = space.of_bytes ? Numbers(ByteMatrix()) : Numbers(Matrix());
  std::visit([&](auto& matrix) { matrix.resize(n, space.size()); }, numbers_);
}

void Observations::refuse_kind() { fail(kWrongKind, std::source_location::current()); }

bool Observations::operator==(const Observations& other) const {
  if (are_bytes() != other.are_bytes() || rows() != other.rows() || cols() != other.cols()) return false;
  return are_bytes() ? bytes() == other.bytes() : floats() == other.floats();
}

void Observations::serialize(std::string_view name, Archive& archive) {
  if (are_bytes()) return archive(name, std::span(bytes().data(), static_cast<std::size_t>(bytes().size())));
  const Eigen::Index n = rows(), dim = cols();
  archive(name, floats());
  if (rows() != n || cols() != dim)
    throw Error(ExitCode::corrupt, fmt::format("{}: {} x {} numbers, expected {} x {}", name, rows(), cols(), n, dim));
}

}  // namespace slm
