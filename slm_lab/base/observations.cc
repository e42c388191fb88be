#include "slm_lab/base/observations.h"

#include <fmt/format.h>

#include <source_location>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {

void ObservationsView::refuse_kind() {
  fail("observations are asked for as the kind of number that they are", std::source_location::current());
}

void Observations::allocate(Eigen::Index n, const Space& space) {
  if (space.of_bytes != are_bytes()) numbers_ = space.of_bytes ? Numbers(ByteMatrix()) : Numbers(Matrix());
  std::visit([&](auto& matrix) { matrix.resize(n, space.size()); }, numbers_);
}

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
