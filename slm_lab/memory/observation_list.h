#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "slm_lab/base/observations.h"

namespace slm {

/// Observations of one space, as many as there come.
class ObservationList {
 public:
  explicit ObservationList(const Space& space);
  void reserve(std::int64_t rows);
  void append(const ObservationsView& rows);
  void move(std::int64_t from, std::int64_t to);  ///< a row over another
  void resize(std::int64_t rows);                 ///< drops those at the end

  std::int64_t size() const { return view().rows(); }
  ObservationsView view() const;                            ///< valid until the next change
  void serialize(std::string_view name, Archive& archive);  ///< as one array of this name

 private:
  Eigen::Index obs_dim_;
  std::variant<std::vector<float>, std::vector<std::uint8_t>> numbers_;  // (size, obs_dim)
};

}  // namespace slm
