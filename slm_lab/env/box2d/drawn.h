#pragma once

#include <Box2D/Box2D.h>

#include "slm_lab/base/scene.h"

namespace slm {

/// The part of a Box2D world that a picture shows: `scale` pixels per unit, from `left` on, the ground at the bottom.
struct WorldView {
  double scale, height;  ///< pixels
  double left = 0;       ///< units

  Scene::Point operator()(b2Vec2 at) const { return {(at.x - left) * scale, height - at.y * scale}; }
};

/// The corners of a shape of a body.
inline std::vector<Scene::Point> drawn_corners(const b2Body& body, const b2PolygonShape& shape, const WorldView& view) {
  std::vector<Scene::Point> corners;
  for (int32 i = 0; i < shape.GetVertexCount(); ++i) corners.push_back(view(body.GetWorldPoint(shape.GetVertex(i))));
  return corners;
}

/// A body of polygons, with an outline.
inline void draw_body(const b2Body& body, const WorldView& view, Scene::Color color, Scene::Color outline,
                      Scene& scene) {
  for (const b2Fixture* fixture = body.GetFixtureList(); fixture != nullptr; fixture = fixture->GetNext()) {
    if (fixture->GetType() != b2Shape::e_polygon) continue;
    auto corners = drawn_corners(body, static_cast<const b2PolygonShape&>(*fixture->GetShape()), view);
    scene.polygon(corners, color);
    corners.push_back(corners.front());
    scene.line(std::move(corners), 2, outline);
  }
}

/// The two ends of an edge of the ground.
inline bool drawn_edge(const b2Fixture& fixture, const WorldView& view, Scene::Point& from, Scene::Point& to) {
  if (fixture.GetType() != b2Shape::e_edge) return false;
  const auto& edge = static_cast<const b2EdgeShape&>(*fixture.GetShape());
  from = view(edge.m_vertex1);
  to = view(edge.m_vertex2);
  return true;
}

}  // namespace slm
