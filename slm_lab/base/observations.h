#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "slm_lab/base/error.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/base/space.h"

namespace slm {

class Archive;
class Observations;

template <class Number>
using MatrixOf = Eigen::Matrix<Number, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (batch, feature)
using ByteMatrix = MatrixOf<std::uint8_t>;

/// Numbers that lie row after row in memory, as they are or as part of a wider matrix.
template <class Derived>
concept RowsInMemory = bool(Derived::Flags& Eigen::DirectAccessBit) && bool(Derived::IsRowMajor) &&
                       int(Derived::InnerStrideAtCompileTime) == 1 &&
                       (std::is_same_v<typename Derived::Scalar, float> ||
                        std::is_same_v<typename Derived::Scalar, std::uint8_t>);

/// Borrowed inputs of a net (n, obs_dim): observations, or numbers made of them; all floats or all bytes. Binding to a
/// matrix of either, or to a block of rows or columns of one, copies nothing. Who only moves rows need not know which
/// they are; who calculates asks once for all of them.
class ObservationsView {
 public:
  template <class Numbers>
  using Map = Eigen::Map<const Numbers, 0, Eigen::OuterStride<>>;

  ObservationsView(const Observations& observations);
  template <RowsInMemory Derived>
  ObservationsView(const Eigen::DenseBase<Derived>& numbers)
      : are_bytes_(std::is_same_v<typename Derived::Scalar, std::uint8_t>),
        data_(reinterpret_cast<const std::byte*>(numbers.derived().data())),
        rows_(numbers.rows()),
        cols_(numbers.cols()),
        stride_(numbers.derived().outerStride()) {}

  Eigen::Index rows() const { return rows_; }
  Eigen::Index cols() const { return cols_; }
  ObservationsView middle_rows(Eigen::Index first, Eigen::Index n) const {
    ensure(first >= 0 && n >= 0 && first + n <= rows_, "rows that are there");
    return {are_bytes_, row_data(first), n, cols_, stride_};
  }
  ObservationsView top_rows(Eigen::Index n) const { return middle_rows(0, n); }

  bool are_bytes() const { return are_bytes_; }
  Map<Matrix> floats() const { return as<float>(); }            ///< a defect where they are bytes
  Map<ByteMatrix> bytes() const { return as<std::uint8_t>(); }  ///< and where they are not
  /// Whether rows are values of the space.
  bool fit(const Space& space) const { return cols_ == space.size() && are_bytes_ == space.of_bytes; }

  const std::byte* row_data(Eigen::Index i) const { return data_ + i * stride_ * element_bytes(); }
  std::size_t row_bytes() const { return static_cast<std::size_t>(cols_ * element_bytes()); }

 private:
  friend class Observations;
  ObservationsView(bool are_bytes, const std::byte* data, Eigen::Index rows, Eigen::Index cols, Eigen::Index stride)
      : are_bytes_(are_bytes), data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  [[noreturn]] static void refuse_kind();

  template <class Number>
  Map<MatrixOf<Number>> as() const {
    if (are_bytes_ != std::is_same_v<Number, std::uint8_t>) [[unlikely]]
      refuse_kind();
    return {reinterpret_cast<const Number*>(data_), rows_, cols_, Eigen::OuterStride<>(stride_)};
  }
  Eigen::Index element_bytes() const { return are_bytes_ ? 1 : static_cast<Eigen::Index>(sizeof(float)); }

  bool are_bytes_;
  const std::byte* data_;
  Eigen::Index rows_, cols_, stride_;  // in elements
};

/// Observations (n, obs_dim), one to a row: a matrix of floats, or of bytes, which stay bytes from the environment to
/// the first layer of a net.
class Observations {
 public:
  Observations() = default;  ///< none, of floats
  template <class Derived>
  Observations(const Eigen::DenseBase<Derived>& numbers)  ///< a copy
      : numbers_(MatrixOf<typename Derived::Scalar>(numbers.derived())) {}
  /// `n` values of the space; does nothing where they have that size and kind.
  void resize(Eigen::Index n, const Space& space) {
    if (rows() != n || !view().fit(space)) allocate(n, space);
  }

  Eigen::Index rows() const { return view().rows(); }
  Eigen::Index cols() const { return view().cols(); }
  ObservationsView top_rows(Eigen::Index n) const { return view().top_rows(n); }
  bool are_bytes() const { return std::holds_alternative<ByteMatrix>(numbers_); }

  /// The matrix of float or of std::uint8_t; asking for the other one is a defect.
  template <class Number>
  const MatrixOf<Number>& as() const {
    const auto* const found = std::get_if<MatrixOf<Number>>(&numbers_);
    if (found == nullptr) [[unlikely]]
      ObservationsView::refuse_kind();
    return *found;
  }
  template <class Number>
  MatrixOf<Number>& as() {
    return const_cast<MatrixOf<Number>&>(std::as_const(*this).as<Number>());
  }
  Matrix& floats() { return as<float>(); }
  const Matrix& floats() const { return as<float>(); }
  ByteMatrix& bytes() { return as<std::uint8_t>(); }
  const ByteMatrix& bytes() const { return as<std::uint8_t>(); }

  std::byte* row_data(Eigen::Index i) { return const_cast<std::byte*>(view().row_data(i)); }
  const std::byte* row_data(Eigen::Index i) const { return view().row_data(i); }
  std::size_t row_bytes() const { return view().row_bytes(); }

  void swap(Observations& other) noexcept {  // floats, as they mostly are, without a visit
    auto *mine = std::get_if<Matrix>(&numbers_), *theirs = std::get_if<Matrix>(&other.numbers_);
    if (mine != nullptr && theirs != nullptr)
      mine->swap(*theirs);
    else
      numbers_.swap(other.numbers_);
  }
  bool operator==(const Observations& other) const;
  /// As one array of this name. Loading keeps size and kind, which are known before.
  void serialize(std::string_view name, Archive& archive);

 private:
  using Numbers = std::variant<Matrix, ByteMatrix>;
  void allocate(Eigen::Index n, const Space& space);
  ObservationsView view() const { return *this; }

  Numbers numbers_;
};

inline ObservationsView::ObservationsView(const Observations& observations)
    : ObservationsView(observations.are_bytes() ? ObservationsView(observations.bytes())
                                                : ObservationsView(observations.floats())) {}

}  // namespace slm
