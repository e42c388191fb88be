#pragma once

namespace slm {

/// How the outputs of a net become the action without exploration; model files say it to those who play them.
enum class ModeAction {
  argmax,     ///< the number of the largest
  mean,       ///< the first half as they are
  tanh,       ///< tanh of them, from [-1, 1] stretched to the bounds
  beta_mean,  ///< of Beta, both halves: alpha / (alpha + beta), from [0, 1] stretched to the bounds
};

}  // namespace slm
