#pragma once

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/space.h"

namespace slm {

/// In which units an agent draws continuous actions.
enum class ActionRange {
  environment,  ///< those of the environment; what lies outside of its bounds is clipped to them
  unit,         ///< from -1, the lower bound, to 1, the upper one
};

/// What agents of ActionRange::unit draw from: [-1, 1] in every dimension.
Space unit_box(int dim);

/// The way of an action from the agent to the environment. The agent's memory keeps what was drawn; only what the
/// environment gets is clipped or rescaled. Discrete actions pass as they are.
class ActionScale {
 public:
  ActionScale(ActionRange range, const Space& action_space) : range_(range), action_space_(action_space) {}
  /// `drawn` (n, action_dim) as the environment takes it; valid until the next call.
  const Matrix& to_env(const Matrix& drawn);

 private:
  ActionRange range_;
  Space action_space_;
  Matrix scaled_;
};

}  // namespace slm
