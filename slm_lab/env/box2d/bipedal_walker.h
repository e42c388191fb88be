#pragma once

#include <array>
#include <memory>
#include <span>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// BipedalWalker-v3: a hull on two legs of two parts walks to the right, by Box2D; four torques. Every episode has a
/// world of its own, as the first of an environment fresh from gymnasium.make().
class BipedalWalker {
 public:
  using Kwargs = BipedalWalkerKwargs;

  explicit BipedalWalker(const Kwargs& kwargs) : BipedalWalker(kwargs, /*keeps_world=*/false) {}
  ~BipedalWalker();
  BipedalWalker(BipedalWalker&&) noexcept;
  BipedalWalker& operator=(BipedalWalker&&) noexcept;

  void reset(Rng& rng);
  EnvStep step(std::span<const float> action, Rng& rng);
  void observe(float* obs) const;
  Scene scene() const;

 protected:
  BipedalWalker(const Kwargs& kwargs, bool keeps_world);

 private:
  struct Track;  // the world and what is in it

  void look();

  Kwargs kwargs_;
  bool keeps_world_;
  std::unique_ptr<Track> track_;
  std::array<double, 24> state_{};
  double shaping_ = 0;
};

/// As Gymnasium's over several episodes: they share one world, whose past decides in which order contacts are solved.
/// For looking at; a row of a training run must not depend on the episodes before.
class LastingBipedalWalker : public BipedalWalker {
 public:
  explicit LastingBipedalWalker(const Kwargs& kwargs) : BipedalWalker(kwargs, /*keeps_world=*/true) {}
};

}  // namespace slm
