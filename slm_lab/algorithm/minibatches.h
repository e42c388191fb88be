#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "slm_lab/memory/rollout.h"

namespace slm {

class SpecReader;

// How the rows of a rollout are cut into minibatches.

/// Into how many minibatches a rollout is cut: as many as it needs to have none above minibatch_size, all of the same
/// number of rows or one less, and none of a single row, which has no standard deviation.
std::int64_t num_minibatches(std::int64_t rollout_rows, std::int64_t minibatch_size);
/// The rows of minibatch `part` of the `parts` into which `order` is cut, so that their sizes differ by one at most.
std::span<const std::int32_t> minibatch_rows(std::span<const std::int32_t> order, std::size_t part, std::size_t parts);

/// Reports at the key minibatch_size what does not fit a rollout of `num_steps` x `num_envs` rows; `num_steps_key`
/// names the first factor.
void check_minibatch_size(std::int64_t minibatch_size, std::int64_t num_steps, int num_envs,
                          const std::string& num_steps_key, const std::string& normalize_advantages,
                          SpecReader& algorithm);

/// Rows of a rollout, all or a minibatch of them, as an actor and a critic learn from them.
struct RolloutRows {
  ObservationsView obs;              // (n, obs_dim)
  MatrixView actions;                // (n, action_dim)
  Eigen::Map<Vector> advantages;     // (n)
  Eigen::Map<const Vector> targets;  // (n)
};

/// The buffers of minibatches.
class Minibatch {
 public:
  /// For `n` rows at most.
  void resize(Eigen::Index n, const Space& obs_space, Eigen::Index action_dim);
  /// The given rows of `all`; valid until the next call.
  RolloutRows gather(const RolloutRows& all, std::span<const std::int32_t> rows);

 private:
  Observations obs_;
  Matrix actions_;
  Vector advantages_, targets_;
};

/// The given numbers of `from`, side by side from the top of `to` on.
void gather_rows(const float* from, std::span<const std::int32_t> rows, Vector& to);

}  // namespace slm
