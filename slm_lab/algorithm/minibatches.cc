#include "slm_lab/algorithm/minibatches.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/profile.h"
#include "slm_lab/spec/reader.h"

namespace slm {
namespace {

std::size_t minibatch_begin(std::size_t part, std::size_t parts, std::size_t rows) { return part * rows / parts; }

void gather_rows(const ObservationsView& from, std::span<const std::int32_t> rows, Observations& to) {
  for (std::size_t k = 0; k < rows.size(); ++k)
    std::copy_n(from.row_data(rows[k]), from.row_bytes(), to.row_data(static_cast<Eigen::Index>(k)));
}

void gather_rows(const MatrixView& from, std::span<const std::int32_t> rows, Matrix& to) {
  float* at = to.data();
  for (const std::int32_t row : rows) at = std::copy_n(from.data() + row * from.cols(), from.cols(), at);
}

}  // namespace

std::int64_t num_minibatches(std::int64_t rollout_rows, std::int64_t minibatch_size) {
  const std::int64_t fewest = (rollout_rows + minibatch_size - 1) / minibatch_size;
  return minibatch_size < 2 ? fewest : std::min(fewest, std::max<std::int64_t>(rollout_rows / 2, 1));
}

std::span<const std::int32_t> minibatch_rows(std::span<const std::int32_t> order, std::size_t part, std::size_t parts) {
  const std::size_t begin = minibatch_begin(part, parts, order.size());
  return order.subspan(begin, minibatch_begin(part + 1, parts, order.size()) - begin);
}

void check_minibatch_size(std::int64_t minibatch_size, std::int64_t num_steps, int num_envs,
                          const std::string& num_steps_key, const std::string& normalize_advantages,
                          SpecReader& algorithm) {
  const std::int64_t rollout = num_steps * num_envs;
  if (minibatch_size > rollout) {
    algorithm.problem(
        "minibatch_size",
        fmt::format("larger than the rollout: expected at most {} x num_envs = {} x {} = {}; nearest legal value: {}",
                    num_steps_key, num_steps, num_envs, rollout, rollout));
  } else if (rollout % minibatch_size != 0) {
    const std::int64_t parts = num_minibatches(rollout, minibatch_size), fewest = rollout / parts;
    algorithm.note("minibatch_size",
                   fmt::format("does not divide the rollout of {} rows, which is cut into {} of {}{} rows", rollout,
                               parts == 1 ? "1 minibatch" : fmt::format("{} minibatches", parts), fewest,
                               rollout % parts == 0 ? "" : fmt::format(" or {}", fewest + 1)));
  }
  if (minibatch_size == 1 && normalize_advantages == "standardize")
    algorithm.problem("minibatch_size",
                      "one row has no standard deviation; expected at least 2, or normalize_advantages none");
}

void Minibatch::resize(Eigen::Index n, const Space& obs_space, Eigen::Index action_dim) {
  obs_.resize(n, obs_space);
  actions_.resize(n, action_dim);
  advantages_.resize(n);
  targets_.resize(n);
}

RolloutRows Minibatch::gather(const RolloutRows& all, std::span<const std::int32_t> rows) {
  const PhaseTimer timer(Phase::draw);
  gather_rows(all.obs, rows, obs_);
  gather_rows(all.actions, rows, actions_);
  gather_rows(all.advantages.data(), rows, advantages_);
  gather_rows(all.targets.data(), rows, targets_);
  const auto n = static_cast<Eigen::Index>(rows.size());
  return {.obs = obs_.top_rows(n),
          .actions = {actions_.data(), n, actions_.cols()},
          .advantages = {advantages_.data(), n},
          .targets = {targets_.data(), n}};
}

void gather_rows(const float* from, std::span<const std::int32_t> rows, Vector& to) {
  float* at = to.data();
  for (const std::int32_t row : rows) *at++ = from[row];
}

}  // namespace slm
