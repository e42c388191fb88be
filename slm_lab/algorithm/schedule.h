#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/spec/reader.h"

namespace slm {

/// A quantity that changes with the frame: the objects `explore_var_spec`, `entropy_coef_spec`, `clip_eps_spec`.
struct Schedule {
  std::string name = "no_decay";
  double start_val = 0, end_val = 0;
  double start_step = 0, end_step = 0;  ///< frames

  /// The value at `frame`; may rise or fall, and reaches end_val (0 too) at end_step.
  double at(std::int64_t frame) const;
  double end() const { return name == "no_decay" ? start_val : end_val; }  ///< for evaluation
};

const std::vector<std::string>& schedule_names();

/// The schedule under `key`, nothing when the key is absent or null. Values must lie in `range`.
std::optional<Schedule> read_schedule(SpecReader& reader, std::string_view key, std::string_view doc,
                                      const Range& range);

}  // namespace slm
