#pragma once

#include <Box2D/Box2D.h>

#include <span>

namespace slm {

// Python's floats are doubles; Box2D's numbers are float32. Each value is rounded where it enters the engine.

inline b2Vec2 to_b2(double x, double y) { return {static_cast<float32>(x), static_cast<float32>(y)}; }

constexpr std::uint16_t kGround = 0x0001;  // the category that everything else collides with

struct Surface {
  double density = 0, friction = 0.2, restitution = 0;
  std::uint16_t category = kGround, mask = 0xffff;
};

/// Gives a body one shape; its mass follows.
inline b2Fixture* add_shape(b2Body* body, const b2Shape& shape, const Surface& surface) {
  b2FixtureDef definition;
  definition.shape = &shape;
  definition.density = static_cast<float32>(surface.density);
  definition.friction = static_cast<float32>(surface.friction);
  definition.restitution = static_cast<float32>(surface.restitution);
  definition.filter.categoryBits = surface.category;
  definition.filter.maskBits = surface.mask;
  return body->CreateFixture(&definition);
}

inline b2EdgeShape edge(b2Vec2 from, b2Vec2 to) {
  b2EdgeShape shape;
  shape.Set(from, to);
  return shape;
}

inline b2PolygonShape polygon(std::span<const b2Vec2> corners) {
  b2PolygonShape shape;
  shape.Set(corners.data(), static_cast<int32>(corners.size()));
  return shape;
}

inline b2PolygonShape box(double half_width, double half_height) {
  b2PolygonShape shape;
  shape.SetAsBox(static_cast<float32>(half_width), static_cast<float32>(half_height));
  return shape;
}

inline b2Body* add_body(b2World& world, b2Vec2 position, double angle = 0) {
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = position;
  definition.angle = static_cast<float32>(angle);
  return world.CreateBody(&definition);
}

/// All ground comes before the first body that moves: where a world's bodies are looked through, the first static one
/// ends the search (setup/parts/box2d.sh).
inline b2Body* add_ground(b2World& world) {
  const b2BodyDef definition;  // static, at the origin
  return world.CreateBody(&definition);
}

/// A motor between two bodies, turning between two angles relative to how they stand now.
struct Hinge {
  b2Vec2 anchor_a, anchor_b;
  double max_torque, speed, lower, upper;
};
inline b2RevoluteJoint* add_hinge(b2World& world, b2Body* a, b2Body* b, const Hinge& hinge) {
  b2RevoluteJointDef definition;
  definition.bodyA = a;
  definition.bodyB = b;
  definition.localAnchorA = hinge.anchor_a;
  definition.localAnchorB = hinge.anchor_b;
  definition.referenceAngle = b->GetAngle() - a->GetAngle();
  definition.enableMotor = definition.enableLimit = true;
  definition.maxMotorTorque = static_cast<float32>(hinge.max_torque);
  definition.motorSpeed = static_cast<float32>(hinge.speed);
  definition.lowerAngle = static_cast<float32>(hinge.lower);
  definition.upperAngle = static_cast<float32>(hinge.upper);
  return static_cast<b2RevoluteJoint*>(world.CreateJoint(&definition));
}

/// One step of 1/50 s.
inline void advance(b2World& world) {
  constexpr int kVelocityIterations = 180, kPositionIterations = 60;
  world.Step(static_cast<float32>(1.0 / 50), kVelocityIterations, kPositionIterations);
}

}  // namespace slm
