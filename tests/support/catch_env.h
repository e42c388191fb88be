#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/sync_vec_env.h"
#include "slm_lab/net/dense_input.h"

namespace slm {

/// A ball falls from one of the upper five rows of a 10 x 10 screen, a row a step, in any column; a paddle in the
/// lowest row starts at most three columns away and moves by one to the left, not at all or to the right. Where the
/// ball comes down the episode ends, with 1 if the paddle is there and else -1. There is always time enough: the best
/// policy's return is 1.
///
/// The screen is a row of 100 bytes (`image`: 1 x 10 x 10), 255 where ball and paddle are; or, for comparison, of the
/// floats that dense layers make of them (`Number`). `continuous`: the sign of an action beyond 1/3 of [-1, 1] is the
/// way of the paddle.
template <class Number, bool continuous, bool image = false>
class Catch {
 public:
  static constexpr int kSide = 10, kCells = kSide * kSide;

  struct Kwargs {};
  static constexpr int kStepNanoseconds = 10;
  static Space obs_space(const Kwargs&) {
    if (image) return Space::bytes({1, kSide, kSide});
    if (std::is_same_v<Number, std::uint8_t>) return Space::bytes({kCells});
    return Space::box(std::vector<float>(kCells, 0), std::vector<float>(kCells, 1));
  }
  static Space action_space(const Kwargs&) { return continuous ? Space::box({-1}, {1}) : Space::discrete(3); }

  explicit Catch(const Kwargs& = {}) {}

  void reset(Rng& rng) {
    ball_row_ = static_cast<int>(rng.integers(0, 5));
    ball_column_ = static_cast<int>(rng.integers(0, kSide));
    paddle_ = std::clamp(ball_column_ + static_cast<int>(rng.integers(-3, 4)), 0, kSide - 1);
  }
  EnvStep step(int action) requires(!continuous) { return move(action - 1); }
  EnvStep step(std::span<const float> action) requires continuous {
    return move(action[0] > 1.0f / 3 ? 1 : action[0] < -1.0f / 3 ? -1 : 0);
  }
  void observe(Number* obs) const {
    std::fill_n(obs, kCells, Number{0});
    for (const auto& [row, column] : {std::pair{ball_row_, ball_column_}, std::pair{kSide - 1, paddle_}})
      obs[row * kSide + column] = std::is_same_v<Number, float> ? static_cast<Number>(255 * kByteScale) : Number(255);
  }
  void serialize(Archive& archive) {
    archive("ball_row", ball_row_);
    archive("ball_column", ball_column_);
    archive("paddle", paddle_);
  }

 private:
  EnvStep move(int way) {
    paddle_ = std::clamp(paddle_ + way, 0, kSide - 1);
    const bool is_down = ++ball_row_ == kSide - 1;
    return {.reward = !is_down ? 0.0 : ball_column_ == paddle_ ? 1.0 : -1.0, .terminated = is_down};
  }

  std::int32_t ball_row_ = 0, ball_column_ = 0, paddle_ = 0;
};

/// `clock`: episodes are cut after so many steps; 0: none is.
template <class Number, bool continuous, bool image = false>
std::unique_ptr<VecEnv> make_catch(int num_envs, int clock = 0, std::uint64_t seed = 7) {
  using Env = Catch<Number, continuous, image>;
  const Streams streams(seed, 0, 0);
  std::vector<Rng> rngs;
  for (int i = 0; i < num_envs; ++i) rngs.push_back(streams.stream("env", static_cast<std::uint64_t>(i)));
  return std::make_unique<SyncVecEnv<Env>>(EnvInfo{.name = "Catch",
                                                   .obs_space = Env::obs_space({}),
                                                   .action_space = Env::action_space({}),
                                                   .num_envs = num_envs,
                                                   .max_episode_steps = clock},
                                           typename Env::Kwargs{}, std::move(rngs));
}

}  // namespace slm
