#pragma once

#include <algorithm>
#include <cstdint>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// A corridor of ten cells. Action 1 walks right, 0 left; a step costs 0.1, and the last cell pays 1 and ends the
/// episode.
class Corridor {
 public:
  using Kwargs = NoKwargs;
  static constexpr int kStepNanoseconds = 5;  // roughly; decides whether threads pay
  static Space obs_space(const Kwargs&) { return Space::box({0}, {1}); }
  static Space action_space(const Kwargs&) { return Space::discrete(2); }

  explicit Corridor(const Kwargs&) {}

  void reset(Rng& rng) { cell_ = static_cast<std::int32_t>(rng.uniform(0.0, 5.0)); }  // somewhere in the left half

  EnvStep step(int action) {
    cell_ = std::clamp(cell_ + (action == 1 ? 1 : -1), 0, kLast);
    const bool arrived = cell_ == kLast;
    return {arrived ? 1.0 : -0.1, arrived};
  }

  void observe(float* obs) const { obs[0] = static_cast<float>(cell_) / kLast; }

  void serialize(Archive& archive) { archive("cell", cell_); }  // all that a resumed run needs

 private:
  static constexpr std::int32_t kLast = 9;
  std::int32_t cell_ = 0;
};

}  // namespace slm
