// The hand-made policies that come with Gymnasium earn here what they earned there, episode by episode
// (tests/golden/returns): a check of whole landings and walks, falls included.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/env/box2d/envs.h"
#include "tests/support/golden_traces.h"

namespace slm::heuristic_test {
namespace {

using Json = nlohmann::json;

/// What the lander should do, by NumPy's rules for the float32 of observations.
struct Wish {
  float turn, hover;
};
Wish lander_wish(const std::vector<float>& s) {
  const float angle = std::clamp(s[0] * 0.5f + s[2], -0.4f, 0.4f);  // towards the pad
  const float height = 0.55f * std::abs(s[0]);
  if (s[6] != 0 || s[7] != 0) return {0, -s[3] * 0.5f};
  return {(angle - s[4]) * 0.5f - s[5], (height - s[1]) * 0.5f - s[3] * 0.5f};
}

int land(const std::vector<float>& s) {
  const Wish wish = lander_wish(s);
  if (wish.hover > std::abs(wish.turn) && wish.hover > 0.05f) return 2;
  return wish.turn < -0.05f ? 3 : wish.turn > 0.05f ? 1 : 0;
}

std::array<float, 2> land_with_throttles(const std::vector<float>& s) {
  const Wish wish = lander_wish(s);
  return {std::clamp(wish.hover * 20 - 1, -1.0f, 1.0f), std::clamp(-wish.turn * 20, -1.0f, 1.0f)};
}

/// Python's number: a double, until a float32 of the observation takes its place.
struct Angle {
  double value;
  bool is_float32 = false;
  void bend(double by) { value = is_float32 ? static_cast<float>(value) + static_cast<float>(by) : value + by; }
};

/// Walks by swinging one leg while it stands on the other.
class Walk {
 public:
  std::array<float, 4> operator()(const std::vector<float>& s) {
    const std::size_t moving = 4 + 5 * moving_, standing = 4 + 5 * (1 - moving_);
    std::array<std::optional<float>, 2> hip, knee;  // angles to reach
    if (phase_ == Phase::stand) {
      hip[moving_] = 1.1f;
      knee[moving_] = -0.6f;
      bent_.bend(0.03);
      if (s[2] > kSpeed) bent_.bend(0.03);
      if (bent_.value > (bent_.is_float32 ? static_cast<double>(0.1f) : kBent)) bent_ = {kBent};
      knee[1 - moving_] = static_cast<float>(bent_.value);
      if (s[standing] < 0.10f) phase_ = Phase::put_down;
    }
    if (phase_ == Phase::put_down) {
      hip[moving_] = 0.1f;
      knee[moving_] = static_cast<float>(kBent);
      knee[1 - moving_] = static_cast<float>(bent_.value);
      if (s[moving + 4] != 0) {
        phase_ = Phase::push_off;
        bent_ = s[moving + 2] > static_cast<float>(kBent) ? Angle{kBent} : Angle{s[moving + 2], true};
      }
    }
    if (phase_ == Phase::push_off) {
      knee[moving_] = static_cast<float>(bent_.value);
      knee[1 - moving_] = 1.0f;
      if (s[standing + 2] > 0.88f || s[2] > static_cast<float>(1.2 * 0.29)) {
        phase_ = Phase::stand;
        moving_ = 1 - moving_;
      }
    }
    std::array<float, 4> torques{};
    for (std::size_t leg = 0; leg < 2; ++leg) {
      const std::size_t at = 4 + 5 * leg;
      float hip_torque = 0, knee_torque = 0;
      if (hip[leg] && *hip[leg] != 0) hip_torque = 0.9f * (*hip[leg] - s[at]) - 0.25f * s[at + 1];
      if (knee[leg] && *knee[leg] != 0) knee_torque = 4.0f * (*knee[leg] - s[at + 2]) - 0.25f * s[at + 3];
      hip_torque -= 0.9f * (0 - s[0]) - 1.5f * s[1];  // the head upright
      knee_torque -= 15.0f * s[3];                    // against bouncing
      torques[2 * leg] = std::clamp(0.5f * hip_torque, -1.0f, 1.0f);
      torques[2 * leg + 1] = std::clamp(0.5f * knee_torque, -1.0f, 1.0f);
    }
    return torques;
  }

 private:
  enum class Phase { stand, put_down, push_off };
  static constexpr float kSpeed = 0.29f;
  static constexpr double kBent = 0.1;

  Phase phase_ = Phase::stand;
  std::size_t moving_ = 0;
  Angle bent_{kBent};
};

struct Episode {
  double sum = 0, last_reward = 0;
  int length = 0;
};

/// `act` steps the environment given what it observes.
template <class Env, class Act>
Episode play(const typename Env::Kwargs& kwargs, std::uint64_t seed, int max_steps, Act act) {
  Env env(kwargs);
  Rng rng(seed);
  env.reset(rng);
  std::vector<float> obs(static_cast<std::size_t>(Env::obs_space(kwargs).size()));
  Episode episode;
  for (bool over = false; !over && episode.length < max_steps; ++episode.length) {
    env.observe(obs.data());
    const EnvStep step = act(env, obs, rng);
    episode.last_reward = step.reward;
    episode.sum += step.reward;
    over = step.terminated;
  }
  return episode;
}

/// Plays the first `num_seeds` seeds; a return may differ by `error` for each step.
template <class Play>
void expect_gymnasiums(const std::string& name, int num_seeds, double error, Play play_seed) {
  const Json all = Json::parse(std::ifstream(golden_folder("returns") / "heuristic.json"));
  const Json& recorded = all[name];
  for (int seed = 0; seed < num_seeds; ++seed) {
    SCOPED_TRACE(seed);
    const auto at = static_cast<std::size_t>(seed);
    const Episode episode = play_seed(static_cast<std::uint64_t>(seed));
    ASSERT_EQ(episode.length, recorded["lengths"][at].get<int>());
    EXPECT_NEAR(episode.sum, recorded["returns"][at].get<double>(), error * episode.length);
    EXPECT_NEAR(episode.last_reward, recorded["last_reward"][at].get<double>(), error);
  }
}

TEST(HeuristicPolicy, LandsAsInGymnasium) {
  expect_gymnasiums("LunarLander-v3", 200, 0, [](std::uint64_t seed) {
    return play<DiscreteLunarLanderEnv>({}, seed, 1000,
                                        [](auto& env, const auto& obs, Rng& rng) { return env.step(land(obs), rng); });
  });
}

TEST(HeuristicPolicy, LandsWithThrottlesAsInGymnasium) {
  expect_gymnasiums("LunarLanderContinuous-v3", 200, 0, [](std::uint64_t seed) {
    return play<ContinuousLunarLanderEnv>({.continuous = true}, seed, 1000, [](auto& env, const auto& obs, Rng& rng) {
      return env.step(std::span<const float>(land_with_throttles(obs)), rng);
    });
  });
}

// Recorded with actions of double precision, for which Gymnasium's rewards are doubles; with the float32 of agents it
// rounds a reward below 2 in size five times, to 2^-24 each.
TEST(HeuristicPolicy, WalksAsInGymnasium) {
  expect_gymnasiums("BipedalWalker-v3", 40, 5 * 0x1p-24, [](std::uint64_t seed) {
    Walk walk;
    bool is_first = true;
    std::array<float, 4> action{};
    return play<BipedalWalkerEnv>({}, seed, 1600, [&](auto& env, const auto& obs, Rng& rng) {
      if (!is_first) action = walk(obs);
      is_first = false;
      return env.step(std::span<const float>(action), rng);
    });
  });
}

}  // namespace
}  // namespace slm::heuristic_test
