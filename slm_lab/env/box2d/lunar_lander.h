#pragma once

#include <array>
#include <memory>
#include <span>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// LunarLander-v3: bring a lander with two legs down on a pad, by Box2D. Every step draws two numbers (the dispersion
/// of the engines), so it takes the generator. Exhaust has no weight: Gymnasium makes bodies of it only to draw them.
class LunarLander {
 public:
  using Kwargs = LunarLanderKwargs;
  /// What the engines do in a step.
  struct Engines {
    double main = 0;       ///< 0: off; from 0.5 to 1
    double side = 0;       ///< the same
    double direction = 0;  ///< of the side engine: -1 or 1
  };

  explicit LunarLander(const Kwargs& kwargs);
  ~LunarLander();
  LunarLander(LunarLander&&) noexcept;
  LunarLander& operator=(LunarLander&&) noexcept;

  void reset(Rng& rng);
  EnvStep step(const Engines& engines, Rng& rng);
  void observe(float* obs) const;
  Scene scene() const;

 private:
  struct Moon;  // the world and what is in it; a new one for every episode

  void blow();
  void fire(const Engines& engines, Rng& rng);
  void look();

  Kwargs kwargs_;
  std::unique_ptr<Moon> moon_;
  std::array<double, 8> state_{};
  double shaping_ = 0;
  Engines engines_;  // of the last step, to draw
  std::int64_t wind_index_ = 0, torque_index_ = 0;
};

/// Four actions: nothing, left engine, main engine, right engine.
class DiscreteLunarLander : public LunarLander {
 public:
  using LunarLander::LunarLander;
  EnvStep step(int action, Rng& rng);
};

/// Two throttles: the main engine works above 0, the side engines beyond +-0.5.
class ContinuousLunarLander : public LunarLander {
 public:
  using LunarLander::LunarLander;
  EnvStep step(std::span<const float> action, Rng& rng);
};

}  // namespace slm
