#include "slm_lab/env/box2d/bipedal_walker.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "slm_lab/env/box2d/bipedal_lidar.h"
#include "slm_lab/env/box2d/bipedal_terrain.h"
#include "slm_lab/env/box2d/body_parts.h"
#include "slm_lab/env/box2d/contacts.h"
#include "slm_lab/env/box2d/drawn.h"

namespace slm {
namespace {

constexpr double kScale = 30, kFps = 50;
constexpr double kWidth = 600 / kScale, kHeight = 400 / kScale;
constexpr double kMotorTorque = 80, kHipSpeed = 4, kKneeSpeed = 6;
constexpr double kInitialForce = 5;
constexpr double kLegDown = -8 / kScale, kLegWidth = 8 / kScale, kLegHeight = 34 / kScale;
constexpr double kFriction = 2.5;
constexpr std::uint16_t kWalker = 0x0020;

}  // namespace

struct BipedalWalker::Track {
  Track() : world(to_b2(0, -10)) { world.SetContactListener(&contacts); }

  /// Takes everything out of the world, in Gymnasium's order, and nobody is told of contacts that end so.
  void clear() {
    world.SetContactListener(nullptr);
    for (auto body = ground.rbegin(); body != ground.rend(); ++body) world.DestroyBody(*body);
    ground.clear();
    world.DestroyBody(hull);
    for (b2Body* leg : legs) world.DestroyBody(leg);
    contacts = {};
    lidar = {};
    world.SetContactListener(&contacts);
  }

  void add_terrain(const BipedalTerrain& terrain) {
    for (const BipedalTerrain::Block& block : terrain.blocks) {
      std::array<b2Vec2, 4> corners;
      std::transform(block.begin(), block.end(), corners.begin(), [](const auto& p) { return to_b2(p.x, p.y); });
      const b2PolygonShape shape = polygon(corners);
      add_shape(ground.emplace_back(add_ground(world)), shape, {.friction = kFriction});
      lidar.add_block(shape);
    }
    for (std::size_t i = 0; i + 1 < terrain.height.size(); ++i) {
      const double x = static_cast<double>(i) * BipedalTerrain::kStep;
      const double next_x = static_cast<double>(i + 1) * BipedalTerrain::kStep;
      const b2EdgeShape shape = edge(to_b2(x, terrain.height[i]), to_b2(next_x, terrain.height[i + 1]));
      add_shape(ground.emplace_back(add_ground(world)), shape, {.friction = kFriction});
      lidar.add_edge(shape);
    }
  }

  void add_walker(Rng& rng) {
    constexpr std::array<std::array<int, 2>, 5> kOutline = {{{-30, 9}, {6, 9}, {34, 1}, {34, -8}, {-30, -8}}};
    std::array<b2Vec2, kOutline.size()> corners;
    for (std::size_t i = 0; i < corners.size(); ++i)
      corners[i] = to_b2(kOutline[i][0] / kScale, kOutline[i][1] / kScale);
    const double x = BipedalTerrain::kStep * BipedalTerrain::kStartpad / 2;
    const double y = BipedalTerrain::kHeight + 2 * kLegHeight;
    hull = add_body(world, to_b2(x, y));
    add_shape(hull, polygon(corners), {.density = 5, .friction = 0.1, .category = kWalker, .mask = kGround});
    hull->ApplyForceToCenter(to_b2(rng.uniform(-kInitialForce, kInitialForce), 0), true);

    const Surface leg = {.density = 1, .category = kWalker, .mask = kGround};
    for (const int side : {-1, 1}) {
      const std::size_t index = side < 0 ? 0 : 1;
      b2Body* upper = add_body(world, to_b2(x, y - kLegHeight / 2 - kLegDown), side * 0.05);
      add_shape(upper, box(kLegWidth / 2, kLegHeight / 2), leg);
      joints[2 * index] = add_hinge(world, hull, upper,
                                    {.anchor_a = to_b2(0, kLegDown),
                                     .anchor_b = to_b2(0, kLegHeight / 2),
                                     .max_torque = kMotorTorque,
                                     .speed = static_cast<double>(side),
                                     .lower = -0.8,
                                     .upper = 1.1});
      b2Body* lower = add_body(world, to_b2(x, y - kLegHeight * 3 / 2 - kLegDown), side * 0.05);
      add_shape(lower, box(0.8 * kLegWidth / 2, kLegHeight / 2), leg);
      joints[2 * index + 1] = add_hinge(world, upper, lower,
                                        {.anchor_a = to_b2(0, -kLegHeight / 2),
                                         .anchor_b = to_b2(0, kLegHeight / 2),
                                         .max_torque = kMotorTorque,
                                         .speed = 1,
                                         .lower = -1.6,
                                         .upper = -0.1});
      legs[2 * index] = upper;
      legs[2 * index + 1] = lower;
    }
    contacts.watch(hull, {legs[1], legs[3]});
  }

  GroundContacts contacts;  // outlives the world
  b2World world;
  BipedalLidar lidar;
  std::vector<b2Body*> ground;
  b2Body* hull = nullptr;
  std::array<b2Body*, 4> legs{};             // upper and lower part of the one, then of the other
  std::array<b2RevoluteJoint*, 4> joints{};  // hip and knee of the one leg, then of the other
};

BipedalWalker::BipedalWalker(const Kwargs& kwargs, bool keeps_world) : kwargs_(kwargs), keeps_world_(keeps_world) {}
BipedalWalker::~BipedalWalker() = default;
BipedalWalker::BipedalWalker(BipedalWalker&&) noexcept = default;
BipedalWalker& BipedalWalker::operator=(BipedalWalker&&) noexcept = default;

void BipedalWalker::reset(Rng& rng) {
  if (keeps_world_ && track_)
    track_->clear();
  else
    track_ = std::make_unique<Track>();
  track_->add_terrain(draw_bipedal_terrain(kwargs_.hardcore, rng));
  track_->add_walker(rng);
  step(std::array<float, 4>{}, rng);
}

EnvStep BipedalWalker::step(std::span<const float> action, Rng&) {
  for (std::size_t i = 0; i < track_->joints.size(); ++i) {
    const float sign = action[i] > 0 ? 1.0f : action[i] < 0 ? -1.0f : 0.0f;
    track_->joints[i]->SetMotorSpeed(static_cast<float32>(i % 2 == 0 ? kHipSpeed : kKneeSpeed) * sign);
    track_->joints[i]->SetMaxMotorTorque(static_cast<float32>(kMotorTorque) * std::min(std::abs(action[i]), 1.0f));
  }
  advance(track_->world);
  look();

  const double before = shaping_, x = track_->hull->GetPosition().x;
  shaping_ = 130 * x / kScale - 5.0 * std::abs(state_[0]);
  if (track_->contacts.crashed() || x < 0) return {-100, true};
  // NumPy's rules: a double minus a float32 is a float32.
  auto reward = static_cast<float>(shaping_ - before);
  for (const float torque : action)
    reward -= static_cast<float>(0.00035 * kMotorTorque) * std::min(std::abs(torque), 1.0f);
  return {reward, x > (BipedalTerrain::kLength - BipedalTerrain::kEnd) * BipedalTerrain::kStep};
}

void BipedalWalker::observe(float* obs) const {
  std::transform(state_.begin(), state_.end(), obs, [](double value) { return static_cast<float>(value); });
}

Scene BipedalWalker::scene() const {
  constexpr Scene::Color kSky{215, 215, 255}, kGrass{102, 153, 76}, kBlock{255, 255, 255}, kBlockEdge{153, 153, 153};
  constexpr double kOverlap = 1;  // pixels: two neighbours do not cover what lies between them
  constexpr Scene::Color kHull{127, 51, 229}, kHullEdge{76, 76, 127}, kFlag{230, 51, 0};
  const WorldView view{.scale = kScale, .height = kHeight * kScale, .left = track_->hull->GetPosition().x - kWidth / 5};
  Scene scene{static_cast<int>(kWidth * kScale), static_cast<int>(kHeight * kScale), kFps, kSky};
  for (const b2Body* ground : track_->ground)
    for (const b2Fixture* f = ground->GetFixtureList(); f != nullptr; f = f->GetNext()) {
      Scene::Point from, to;
      if (drawn_edge(*f, view, from, to))
        scene.polygon({from, {to.x + kOverlap, to.y}, {to.x + kOverlap, view.height}, {from.x, view.height}}, kGrass);
    }
  for (const b2Body* ground : track_->ground) draw_body(*ground, view, kBlock, kBlockEdge, scene);
  const auto draw_leg = [&](std::size_t leg, Scene::Color color, Scene::Color edge) {
    for (std::size_t part = 0; part < 2; ++part) draw_body(*track_->legs[2 * leg + part], view, color, edge, scene);
  };
  draw_leg(0, {178, 101, 152}, {127, 76, 101});  // the one behind
  draw_body(*track_->hull, view, kHull, kHullEdge, scene);
  draw_leg(1, {128, 51, 102}, {77, 26, 51});
  const Scene::Point foot = view(to_b2(BipedalTerrain::kStep * 3, BipedalTerrain::kHeight));
  scene.line({foot, {foot.x, foot.y - 50}}, 2, {0, 0, 0});
  scene.polygon({{foot.x, foot.y - 50}, {foot.x, foot.y - 40}, {foot.x + 25, foot.y - 45}}, kFlag);
  return scene;
}

void BipedalWalker::look() {
  const b2Body& hull = *track_->hull;
  const b2Vec2 position = hull.GetPosition(), velocity = hull.GetLinearVelocity();
  auto at = state_.begin();
  *at++ = hull.GetAngle();
  *at++ = 2.0 * hull.GetAngularVelocity() / kFps;
  *at++ = 0.3 * velocity.x * kWidth / kFps;
  *at++ = 0.3 * velocity.y * kHeight / kFps;
  for (std::size_t leg = 0; leg < 2; ++leg) {
    const b2RevoluteJoint& hip = *track_->joints[2 * leg];
    const b2RevoluteJoint& knee = *track_->joints[2 * leg + 1];
    *at++ = hip.GetJointAngle();
    *at++ = hip.GetJointSpeed() / kHipSpeed;
    *at++ = knee.GetJointAngle() + 1.0;
    *at++ = knee.GetJointSpeed() / kKneeSpeed;
    *at++ = track_->contacts.foot(leg) ? 1.0 : 0.0;
  }
  track_->lidar.look(position, std::span<double, BipedalLidar::kRays>(at, BipedalLidar::kRays));
}

}  // namespace slm
