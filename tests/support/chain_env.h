#pragma once

#include <array>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/vec_env.h"

namespace slm {

/// Four places in a row, seen one-hot. "Right" moves on by one, and from the last place ends the task with a reward of
/// 2; "left" moves back by one, and at the first place stays there with a reward of 0.1. An episode starts anywhere and
/// is cut by the clock after five steps, wherever it stands. The observation after the end of the task is a fifth one.
///
/// Short sight prefers to stay at the first place; with a discount factor of 0.9, 0.1 for ever is worth 1, and 2 after
/// four steps 1.458, so that "right" is best everywhere. Who takes the clock for the end of the task finds values far
/// below, who looks at the fresh observation instead of the final one, wrong ones.
///
/// `continuous`: an action in [-2, 4]; above 1, the middle, it means "right".
class ChainEnv final : public VecEnv {
 public:
  static constexpr int kPlaces = 4, kClock = 5;
  static constexpr double kGamma = 0.9, kEnd = 2, kStay = 0.1;

  ChainEnv(int num_envs, bool continuous, std::uint64_t seed) : continuous_(continuous), rng_(seed) {
    info_.name = "Chain";
    info_.obs_space = Space::box(std::vector<float>(kPlaces + 1, 0), std::vector<float>(kPlaces + 1, 1));
    info_.action_space = continuous ? Space::box({-2}, {4}) : Space::discrete(2);
    info_.num_envs = num_envs;
    info_.max_episode_steps = kClock;
    places_.resize(num_envs);
    lengths_.resize(num_envs);
  }

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override {
    for (int e = 0; e < info_.num_envs; ++e) restart(e);
    observe(obs.floats());
  }
  void step(const Matrix& actions, StepResult& out) override {
    out.resize(info_.num_envs, info_.obs_space);
    for (int e = 0; e < info_.num_envs; ++e) {
      const bool right = continuous_ ? actions(e, 0) > 1 : actions(e, 0) == 1;
      const int place = places_[e];
      out.rewards[e] = static_cast<float>(reward(place, right));
      places_[e] = next(place, right);
      out.terminated[e] = places_[e] == kPlaces;
      out.truncated[e] = ++lengths_[e] == kClock;
    }
    out.end_episodes();
    observe(out.next_obs.floats());
    for (int e = 0; e < info_.num_envs; ++e)
      if (out.episode_over[e]) restart(e);
    observe(out.obs.floats());
  }
  void serialize(Archive& archive) override {
    archive("rng", rng_);
    for (int e = 0; e < info_.num_envs; ++e) {
      archive("place" + std::to_string(e), places_[e]);
      archive("length" + std::to_string(e), lengths_[e]);
    }
  }

  static double reward(int place, bool right) {
    if (right) return place == kPlaces - 1 ? kEnd : 0;
    return place == 0 ? kStay : 0;
  }
  static int next(int place, bool right) { return right ? place + 1 : std::max(place - 1, 0); }
  /// One row for each place.
  static Matrix places() { return Matrix::Identity(kPlaces, kPlaces + 1); }

  using Values = std::array<std::array<double, 2>, kPlaces>;  // of a place and an action: left, right
  /// Q(s, a) = r + gamma V(s'), where `value(q of s')` makes a state's value of its actions'.
  template <class StateValue>
  static Values q_values(StateValue value) {
    Values q{};
    for (int sweep = 0; sweep < 400; ++sweep)
      for (int s = 0; s < kPlaces; ++s)
        for (const bool right : {false, true}) {
          const int to = next(s, right);
          q[static_cast<std::size_t>(s)][right ? 1 : 0] =
              reward(s, right) + (to == kPlaces ? 0 : kGamma * value(q[static_cast<std::size_t>(to)]));
        }
    return q;
  }

 private:
  void restart(int e) {
    places_[e] = static_cast<int>(rng_.integers(0, kPlaces));
    lengths_[e] = 0;
  }
  void observe(Matrix& obs) const {
    obs.setZero(info_.num_envs, kPlaces + 1);
    for (int e = 0; e < info_.num_envs; ++e) obs(e, places_[e]) = 1;
  }

  EnvInfo info_;
  bool continuous_;
  Rng rng_;
  Eigen::VectorXi places_, lengths_;
};

}  // namespace slm
