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
/// Where minibatch `part` of `parts` begins, so that their sizes differ by one at most.
std::size_t minibatch_begin(std::size_t part, std::size_t parts, std::size_t rows);

/// Reports at the key minibatch_size what does not fit a rollout of `num_steps` x `num_envs` rows; `num_steps_key`
/// names the first factor.
void check_minibatch_size(std::int64_t minibatch_size, std::int64_t num_steps, int num_envs,
                          const std::string& num_steps_key, const std::string& normalize_advantages,
                          SpecReader& algorithm);

/// The given rows of `from`, side by side from the top of `to` on.
void gather_rows(const ObservationsView& from, std::span<const std::int32_t> rows, Observations& to);
void gather_rows(const MatrixView& from, std::span<const std::int32_t> rows, Matrix& to);
void gather_rows(const float* from, std::span<const std::int32_t> rows, Vector& to);

}  // namespace slm
