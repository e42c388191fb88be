#include "slm_lab/env/gymnasium/row_state.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/xxh3.h"

namespace slm {
namespace {

std::vector<std::uint64_t> words_of(const Rng& rng) {
  const Rng::State& s = rng.state();
  constexpr int kHalf = 64, kQuarter = 32;
  return {static_cast<std::uint64_t>(s.state >> kHalf), static_cast<std::uint64_t>(s.state),
          static_cast<std::uint64_t>(s.inc >> kHalf), static_cast<std::uint64_t>(s.inc),
          static_cast<std::uint64_t>(s.has_uint32) << kQuarter | s.uinteger};
}

std::uint64_t seed_of(Rng rng) {
  constexpr int kBitsTooMany = 33;
  return rng.next() >> kBitsTooMany;
}

}  // namespace

std::uint64_t digest_of_start(const SharedRows& rows, int row) { return xxh3_64({rows.obs(row), rows.obs_bytes()}, 0); }

std::uint64_t digest_of_step(const SharedRows& rows, int row, std::uint64_t before) {
  const std::array<std::uint64_t, 2> rest{std::bit_cast<std::uint64_t>(rows.reward(row)),
                                          rows.terminated(row) + 2u * rows.truncated(row)};
  return xxh3_64(std::as_bytes(std::span(rest)), xxh3_64({rows.next_obs(row), rows.obs_bytes()}, before));
}

RowState::RowState(const Rng& rng, std::size_t room) : seed_(seed_of(rng)), generator_(words_of(rng)) {
  actions_.reserve(room);
}

void RowState::seed(const SharedRows& rows, int row) const {
  rows.seed(row) = seed_;
  rows.generator_is_known(row) = !generator_.empty();
  std::ranges::copy(generator_, rows.generator(row));
}

void RowState::started(const SharedRows& rows, int row) {
  const std::uint64_t* words = rows.generator(row);
  generator_.assign(words, words + (rows.generator_is_known(row) ? SharedRows::kGeneratorWords : 0));
  actions_.clear();
  num_steps_ = 0;
  digest_ = digest_of_start(rows, row);
  episode_length = 0;
  episode_return = 0;
}

void RowState::stepped(const SharedRows& rows, int row) {
  const float* action = rows.action(row);
  actions_.insert(actions_.end(), action, action + rows.action_dim());
  ++num_steps_;
  digest_ = digest_of_step(rows, row, digest_);
  ++episode_length;
  episode_return += rows.reward(row);
}

void RowState::repeat(const SharedRows& rows, int row, std::size_t step) const {
  std::copy_n(&actions_[step * rows.action_dim()], rows.action_dim(), rows.action(row));
}

void RowState::serialize(Archive& archive) {
  archive("seed", seed_);
  archive("generator", generator_);
  archive("actions", actions_);
  archive("digest", digest_);
  auto num_steps = static_cast<std::uint64_t>(num_steps_);
  archive("num_steps", num_steps);
  num_steps_ = num_steps;
  archive("episode_length", episode_length);
  archive("episode_return", episode_return);
}

void RowState::check(const Space& action_space) const {
  const auto dim = static_cast<std::size_t>(action_space.size());
  const auto is_action = [&](float number) {
    if (!action_space.is_discrete()) return std::isfinite(number);
    return number >= 0 && number < static_cast<float>(action_space.n) && number == std::floor(number);
  };
  if (num_steps_ > actions_.size() || actions_.size() != num_steps_ * dim ||
      (!generator_.empty() && generator_.size() != SharedRows::kGeneratorWords) ||
      !std::ranges::all_of(actions_, is_action))
    throw Error(ExitCode::corrupt, "an episode of gymnasium: is none");
}

}  // namespace slm
