#include "slm_lab/env/box2d/bipedal_terrain.h"

namespace slm {
namespace {

constexpr double kStep = BipedalTerrain::kStep;

/// Walks over the ground from left to right and decides at the end of each stretch what comes next.
class Builder {
 public:
  Builder(bool hardcore, Rng& rng, BipedalTerrain& out) : hardcore_(hardcore), rng_(rng), out_(out) {}

  void build() {
    for (int i = 0; i < BipedalTerrain::kLength; ++i) {
      const double x = i * kStep;
      if (begins_)
        begin_stretch(x);
      else
        go_on(i);
      begins_ = false;
      out_.height[static_cast<std::size_t>(i)] = y_;
      if (--counter_ == 0) choose_next();
    }
  }

 private:
  enum class Kind { grass, stump, stairs, pit };

  void choose_next() {
    counter_ = rng_.integers(5, 10);
    kind_ = kind_ == Kind::grass && hardcore_ ? static_cast<Kind>(rng_.integers(1, 4)) : Kind::grass;
    begins_ = true;
  }

  void begin_stretch(double x) {
    if (kind_ == Kind::stump) {
      counter_ = rng_.integers(1, 3);
      const double side = static_cast<double>(counter_) * kStep;
      out_.blocks.push_back({{{x, y_}, {x + side, y_}, {x + side, y_ + side}, {x, y_ + side}}});
    } else if (kind_ == Kind::stairs) {
      begin_stairs(x);
    } else if (kind_ == Kind::pit) {
      counter_ = rng_.integers(3, 5);
      const double bottom = y_ - 4 * kStep, width = kStep * static_cast<double>(counter_);
      const BipedalTerrain::Block wall = {{{x, y_}, {x + kStep, y_}, {x + kStep, bottom}, {x, bottom}}};
      out_.blocks.push_back(wall);
      BipedalTerrain::Block other = wall;
      for (auto& corner : other) corner.x += width;
      out_.blocks.push_back(other);
      counter_ += 2;
      original_y_ = y_;
    }
  }

  void begin_stairs(double x) {
    stair_height_ = rng_.random() > 0.5 ? 1 : -1;
    stair_width_ = rng_.integers(4, 5);
    const std::int64_t steps = rng_.integers(3, 5);
    original_y_ = y_;
    for (std::int64_t s = 0; s < steps; ++s) {
      const double left = x + static_cast<double>(s * stair_width_) * kStep;
      const double right = x + static_cast<double>((1 + s) * stair_width_) * kStep;
      const double top = y_ + static_cast<double>(s * stair_height_) * kStep;
      const double bottom = y_ + static_cast<double>(-1 + s * stair_height_) * kStep;
      out_.blocks.push_back({{{left, top}, {right, top}, {right, bottom}, {left, bottom}}});
    }
    stair_steps_ = steps;
    counter_ = steps * stair_width_;
  }

  void go_on(int i) {
    if (kind_ == Kind::grass) {
      const double away = BipedalTerrain::kHeight - y_;
      const double sign = away > 0 ? 1 : away < 0 ? -1 : 0;
      velocity_ = 0.8 * velocity_ + 0.01 * sign;
      if (i > BipedalTerrain::kStartpad) velocity_ += rng_.uniform(-1, 1) / 30.0;
      y_ += velocity_;
    } else if (kind_ == Kind::stairs) {
      const auto s = static_cast<double>(stair_steps_ * stair_width_ - counter_ - stair_height_);
      const double n = s / static_cast<double>(stair_width_);
      y_ = original_y_ + n * static_cast<double>(stair_height_) * kStep;
    } else if (kind_ == Kind::pit) {
      y_ = original_y_;
      if (counter_ > 1) y_ -= 4 * kStep;
    }
  }

  bool hardcore_;
  Rng& rng_;
  BipedalTerrain& out_;
  Kind kind_ = Kind::grass;
  bool begins_ = false;  // at the first point of a stretch
  std::int64_t counter_ = BipedalTerrain::kStartpad;
  std::int64_t stair_steps_ = 0, stair_width_ = 0, stair_height_ = 0;
  double y_ = BipedalTerrain::kHeight, velocity_ = 0, original_y_ = 0;
};

void draw_clouds(Rng& rng) {
  for (int cloud = 0; cloud < BipedalTerrain::kLength / 20; ++cloud) {
    rng.uniform(0, BipedalTerrain::kLength);
    for (int i = 0; i < 10; ++i) rng.uniform(0, 5 * kStep);
  }
}

}  // namespace

BipedalTerrain draw_bipedal_terrain(bool hardcore, Rng& rng) {
  BipedalTerrain terrain;
  Builder(hardcore, rng, terrain).build();
  draw_clouds(rng);
  return terrain;
}

}  // namespace slm
