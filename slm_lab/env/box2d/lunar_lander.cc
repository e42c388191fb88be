#include "slm_lab/env/box2d/lunar_lander.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "slm_lab/env/box2d/body_parts.h"
#include "slm_lab/env/box2d/contacts.h"
#include "slm_lab/env/box2d/drawn.h"

namespace slm {
namespace {

constexpr double kScale = 30, kFps = 50;
constexpr double kWidth = 600 / kScale, kHeight = 400 / kScale;
constexpr double kPadHeight = kHeight / 4;
constexpr int kChunks = 11;
constexpr double kMainPower = 13, kSidePower = 0.6;
constexpr double kMainBelow = 4 / kScale;  // where the engines sit
constexpr double kSideAway = 12, kSideAbove = 14, kSideBehind = 17;
constexpr double kInitialForce = 1000;
constexpr double kLegAway = 20, kLegDown = 18, kLegWidth = 2, kLegHeight = 8, kSpringTorque = 40;

/// Ground heights at the ends of the ten pieces.
std::array<double, kChunks> draw_terrain(Rng& rng) {
  std::array<double, kChunks + 1> height;
  for (double& h : height) h = rng.uniform(0, kHeight / 2);
  std::fill(height.begin() + kChunks / 2 - 2, height.begin() + kChunks / 2 + 3, kPadHeight);
  std::array<double, kChunks> smooth;
  for (std::size_t i = 0; i < kChunks; ++i) {
    const double before = i == 0 ? height.back() : height[i - 1];  // Python's index -1
    smooth[i] = 0.33 * (before + height[i] + height[i + 1]);
  }
  return smooth;
}

/// Never periodic.
double gust(std::int64_t index) {
  const auto k = static_cast<double>(index);
  return std::tanh(std::sin(0.02 * k) + std::sin(std::numbers::pi * 0.01 * k));
}

}  // namespace

struct LunarLander::Moon {
  explicit Moon(double gravity) : world(to_b2(0, gravity)) { world.SetContactListener(&contacts); }

  void add_terrain(std::span<const double> heights) {
    ground = add_ground(world);
    add_shape(ground, edge(to_b2(0, 0), to_b2(kWidth, 0)), {});
    const auto x = [](std::size_t i) { return kWidth / (kChunks - 1) * static_cast<double>(i); };
    for (std::size_t i = 0; i + 1 < heights.size(); ++i)
      add_shape(ground, edge(to_b2(x(i), heights[i]), to_b2(x(i + 1), heights[i + 1])), {.friction = 0.1});
  }

  void add_lander() {
    constexpr std::array<std::array<int, 2>, 6> kOutline = {
        {{-14, 17}, {-17, 0}, {-17, -10}, {17, -10}, {17, 0}, {14, 17}}};
    std::array<b2Vec2, kOutline.size()> corners;
    for (std::size_t i = 0; i < corners.size(); ++i)
      corners[i] = to_b2(kOutline[i][0] / kScale, kOutline[i][1] / kScale);
    lander = add_body(world, to_b2(kWidth / 2, kHeight));
    add_shape(lander, polygon(corners), {.density = 5, .friction = 0.1, .category = 0x0010, .mask = kGround});
  }

  void add_legs() {
    for (const int side : {-1, 1}) {
      b2Body* leg = add_body(world, to_b2(kWidth / 2 - side * kLegAway / kScale, kHeight), side * 0.05);
      add_shape(leg, box(kLegWidth / kScale, kLegHeight / kScale), {.density = 1, .category = 0x0020, .mask = kGround});
      add_hinge(world, lander, leg,
                {.anchor_a = to_b2(0, 0),
                 .anchor_b = to_b2(side * kLegAway / kScale, kLegDown / kScale),
                 .max_torque = kSpringTorque,
                 .speed = 0.3 * side,
                 .lower = side < 0 ? 0.9 - 0.5 : -0.9,
                 .upper = side < 0 ? 0.9 : -0.9 + 0.5});
      legs[side < 0 ? 0 : 1] = leg;
    }
    contacts.watch(lander, {legs[0], legs[1]});
  }

  GroundContacts contacts;  // outlives the world
  b2World world;
  b2Body* ground = nullptr;
  b2Body* lander = nullptr;
  std::array<b2Body*, 2> legs{};
};

LunarLander::LunarLander(const Kwargs& kwargs) : kwargs_(kwargs) {}
LunarLander::~LunarLander() = default;
LunarLander::LunarLander(LunarLander&&) noexcept = default;
LunarLander& LunarLander::operator=(LunarLander&&) noexcept = default;

void LunarLander::reset(Rng& rng) {
  moon_ = std::make_unique<Moon>(kwargs_.gravity);
  moon_->add_terrain(draw_terrain(rng));
  moon_->add_lander();
  const double force_x = rng.uniform(-kInitialForce, kInitialForce);
  const double force_y = rng.uniform(-kInitialForce, kInitialForce);
  moon_->lander->ApplyForceToCenter(to_b2(force_x, force_y), true);
  if (kwargs_.enable_wind) {
    wind_index_ = rng.integers(-9999, 9999);
    torque_index_ = rng.integers(-9999, 9999);
  }
  moon_->add_legs();
  step(Engines{}, rng);
}

EnvStep LunarLander::step(const Engines& engines, Rng& rng) {
  engines_ = engines;
  blow();
  fire(engines, rng);
  advance(moon_->world);
  look();

  const double before = shaping_;
  const auto& s = state_;
  shaping_ = -100 * std::sqrt(s[0] * s[0] + s[1] * s[1]) - 100 * std::sqrt(s[2] * s[2] + s[3] * s[3]) -
             100 * std::abs(s[4]) + 10 * s[6] + 10 * s[7];
  if (!moon_->lander->IsAwake()) return {100, true};  // at rest
  if (moon_->contacts.crashed() || std::abs(s[0]) >= 1) return {-100, true};
  return {shaping_ - before - engines.main * 0.30 - engines.side * 0.03, false};
}

void LunarLander::observe(float* obs) const {
  std::transform(state_.begin(), state_.end(), obs, [](double value) { return static_cast<float>(value); });
}

/// The wind, while no leg is on the ground.
void LunarLander::blow() {
  if (!kwargs_.enable_wind || moon_->contacts.foot(0) || moon_->contacts.foot(1)) return;
  moon_->lander->ApplyForceToCenter(to_b2(gust(wind_index_++) * kwargs_.wind_power, 0), true);
  moon_->lander->ApplyTorque(static_cast<float32>(gust(torque_index_++) * kwargs_.turbulence_power), true);
}

void LunarLander::fire(const Engines& engines, Rng& rng) {
  b2Body& lander = *moon_->lander;
  const double tip_x = std::sin(static_cast<double>(lander.GetAngle()));
  const double tip_y = std::cos(static_cast<double>(lander.GetAngle()));
  const double side_x = -tip_y, side_y = tip_x;
  const double dispersion_0 = rng.uniform(-1, 1) / kScale;
  const double dispersion_1 = rng.uniform(-1, 1) / kScale;

  if (engines.main > 0) {
    const double out = kMainBelow + 2 * dispersion_0;
    const double x = tip_x * out + side_x * dispersion_1;
    const double y = -tip_y * out - side_y * dispersion_1;
    const b2Vec2 at = to_b2(lander.GetPosition().x + x, lander.GetPosition().y + y);
    lander.ApplyLinearImpulse(to_b2(-x * kMainPower * engines.main, -y * kMainPower * engines.main), at, true);
  }
  if (engines.side > 0) {
    const double out = 3 * dispersion_1 + engines.direction * kSideAway / kScale;
    const double x = tip_x * dispersion_0 + side_x * out;
    const double y = -tip_y * dispersion_0 - side_y * out;
    const b2Vec2 at = to_b2(lander.GetPosition().x + x - tip_x * kSideBehind / kScale,
                            lander.GetPosition().y + y + tip_y * kSideAbove / kScale);
    lander.ApplyLinearImpulse(to_b2(-x * kSidePower * engines.side, -y * kSidePower * engines.side), at, true);
  }
}

void LunarLander::look() {
  const b2Body& lander = *moon_->lander;
  const b2Vec2 position = lander.GetPosition(), velocity = lander.GetLinearVelocity();
  state_ = {(position.x - kWidth / 2) / (kWidth / 2),
            (position.y - (kPadHeight + kLegDown / kScale)) / (kHeight / 2),
            velocity.x * (kWidth / 2) / kFps,
            velocity.y * (kHeight / 2) / kFps,
            lander.GetAngle(),
            20.0 * lander.GetAngularVelocity() / kFps,
            moon_->contacts.foot(0) ? 1.0 : 0.0,
            moon_->contacts.foot(1) ? 1.0 : 0.0};
}

Scene LunarLander::scene() const {
  constexpr Scene::Color kBlack{0, 0, 0}, kWhite{255, 255, 255}, kHull{128, 102, 230}, kHullEdge{77, 77, 128};
  constexpr Scene::Color kFlag{204, 204, 0}, kFlame{255, 160, 60};
  const WorldView view{.scale = kScale, .height = kHeight * kScale};
  Scene scene{static_cast<int>(kWidth * kScale), static_cast<int>(kHeight * kScale), kFps, kWhite};
  for (const b2Fixture* f = moon_->ground->GetFixtureList(); f != nullptr; f = f->GetNext()) {  // the sky above it
    Scene::Point from, to;
    if (drawn_edge(*f, view, from, to) && from.y < view.height)
      scene.polygon({from, to, {to.x, 0}, {from.x, 0}}, kBlack);
  }
  // What the engines blow out; Gymnasium draws particles.
  const b2Body& lander = *moon_->lander;
  const auto flame = [&](double x, double y, double dx, double dy, double width) {
    const auto at = [&](double along, double across) {
      return view(lander.GetWorldPoint(
          to_b2((x + dx * along - dy * across) / kScale, (y + dy * along + dx * across) / kScale)));
    };
    scene.polygon({at(0, -width), at(0, width), at(1, 0)}, kFlame);
  };
  if (engines_.main > 0) flame(0, -10, 0, -24 * engines_.main, 0.22);
  if (engines_.side > 0)
    flame(-kSideBehind * engines_.direction * -1, 6, 14 * engines_.side * engines_.direction, 0, 0.2);
  for (const b2Body* leg : moon_->legs) draw_body(*leg, view, kHull, kHullEdge, scene);
  draw_body(lander, view, kHull, kHullEdge, scene);
  for (const int side : {-1, 1}) {
    const double x = (kWidth / 2 + side * kWidth / (kChunks - 1)) * kScale, foot = (kHeight - kPadHeight) * kScale;
    scene.line({{x, foot}, {x, foot - 50}}, 1, kWhite);
    scene.polygon({{x, foot - 50}, {x, foot - 40}, {x + 25, foot - 45}}, kFlag);
  }
  return scene;
}

EnvStep DiscreteLunarLander::step(int action, Rng& rng) {
  if (action == 2) return LunarLander::step({.main = 1}, rng);
  if (action == 1 || action == 3) return LunarLander::step({.side = 1, .direction = action - 2.0}, rng);
  return LunarLander::step(Engines{}, rng);
}

EnvStep ContinuousLunarLander::step(std::span<const float> action, Rng& rng) {
  const double main = std::clamp<double>(action[0], -1, 1), side = std::clamp<double>(action[1], -1, 1);
  Engines engines;
  if (main > 0) engines.main = (main + 1) * 0.5;
  if (std::abs(side) > 0.5) {
    engines.side = std::abs(side);
    engines.direction = side > 0 ? 1 : -1;
  }
  return LunarLander::step(engines, rng);
}

}  // namespace slm
