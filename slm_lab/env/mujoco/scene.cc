// A picture of a MuJoCo model without a graphics card or OpenGL: its geoms seen through the model's own camera, from
// the farthest to the nearest.
#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <vector>

#include "slm_lab/env/mujoco/state.h"

namespace slm {
namespace {

using Vec3 = std::array<double, 3>;
using Point = Scene::Point;

constexpr int kSize = 480;        // pixels, both ways, as Gymnasium's
constexpr double kNear = 0.02;    // metres in front of the camera
constexpr int kTiles = 14;        // of the floor, to each side
constexpr int kShownGroups = 3;   // as MuJoCo's viewer: geoms of higher groups are for contacts only
constexpr double kFreeFovy = 45;  // degrees, where the model has no camera

Vec3 at(const mjtNum* v) { return {v[0], v[1], v[2]}; }
Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Vec3 operator*(double s, const Vec3& a) { return {s * a[0], s * a[1], s * a[2]}; }
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// The point `local` of a frame at `position`, whose axes are the columns of `axes` (3, 3).
Vec3 of_frame(const mjtNum* position, const mjtNum* axes, const Vec3& local) {
  Vec3 out = at(position);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) out[i] += axes[3 * i + j] * local[j];
  return out;
}

/// Of the model's own pose, so that the camera stays where it is.
Vec3 median_of_geoms(const mjModel& model) {
  const std::unique_ptr<mjData, void (*)(mjData*)> data(mj_makeData(&model), mj_deleteData);
  if (!data || model.ngeom == 0) return at(model.stat.center);
  mj_kinematics(&model, data.get());
  const auto count = static_cast<std::size_t>(model.ngeom);
  std::vector<double> values(count);
  Vec3 median;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t geom = 0; geom < count; ++geom) values[geom] = data->geom_xpos[3 * geom + axis];
    std::ranges::sort(values);
    median[axis] = (values[(count - 1) / 2] + values[count / 2]) / 2;
  }
  return median;
}

struct Camera {
  Vec3 position, right, up, back;
  double pixels;  ///< of a metre at a distance of one

  Camera(const mjModel& model, const mjData& data, const FreeCamera& free) {
    double fovy = kFreeFovy;
    if (model.ncam > 0) {
      const mjtNum* axes = data.cam_xmat;
      position = at(data.cam_xpos);
      right = {axes[0], axes[3], axes[6]};
      up = {axes[1], axes[4], axes[7]};
      back = {axes[2], axes[5], axes[8]};
      fovy = model.cam_fovy[0];
    } else {
      const double s = std::numbers::sqrt2 / 2;
      right = {1, 0, 0};
      up = {0, s, s};
      back = {0, -s, s};
      position = free.lookat.value_or(median_of_geoms(model)) + free.distance.value_or(model.stat.extent) * back;
    }
    pixels = kSize / 2.0 / std::tan(fovy * std::numbers::pi / 360);
  }

  double depth(const Vec3& p) const { return -dot(p + -1.0 * position, back); }
  std::optional<Point> see(const Vec3& p) const {
    const double far = depth(p);
    if (far < kNear) return std::nullopt;
    const Vec3 d = p + -1.0 * position;
    return Point{kSize / 2.0 + dot(d, right) / far * pixels, kSize / 2.0 - dot(d, up) / far * pixels};
  }
};

/// Andrew's monotone chain (1979).
std::vector<Point> convex_hull(std::vector<Point> points) {
  std::ranges::sort(points, [](const Point& a, const Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  std::vector<Point> hull;
  const auto half = [&](auto begin, auto end) {
    const std::size_t first = hull.size();
    for (auto p = begin; p != end; ++p) {
      while (hull.size() >= first + 2) {
        const Point &a = hull[hull.size() - 2], &b = hull.back();
        if ((b.x - a.x) * (p->y - a.y) - (b.y - a.y) * (p->x - a.x) > 0) break;
        hull.pop_back();
      }
      hull.push_back(*p);
    }
    hull.pop_back();
  };
  half(points.begin(), points.end());
  half(points.rbegin(), points.rend());
  return hull;
}

/// Points of a solid whose hull is its outline.
std::vector<Vec3> outline(int type, const mjtNum* size) {
  std::vector<Vec3> points;
  constexpr int kAround = 16;
  const auto around = [](int i) { return 2 * std::numbers::pi * i / kAround; };
  if (type == mjGEOM_BOX)
    for (int corner = 0; corner < 8; ++corner)
      points.push_back(
          {(corner & 1 ? 1 : -1) * size[0], (corner & 2 ? 1 : -1) * size[1], (corner & 4 ? 1 : -1) * size[2]});
  else if (type == mjGEOM_CYLINDER)
    for (int i = 0; i < 2 * kAround; ++i)
      points.push_back({size[0] * std::cos(around(i)), size[0] * std::sin(around(i)), i % 2 ? size[1] : -size[1]});
  else  // an ellipsoid
    for (int i = 0; i < kAround; ++i)
      for (int j = 0; j <= kAround / 2; ++j)
        points.push_back({size[0] * std::sin(around(j)) * std::cos(around(i)),
                          size[1] * std::sin(around(j)) * std::sin(around(i)), size[2] * std::cos(around(j))});
  return points;
}

/// As MuJoCo: a colour of its own, unless it is the default, counts for more than that of a material.
Scene::Color color_of(const mjModel& model, int geom, double light) {
  constexpr float kDefault[] = {0.5f, 0.5f, 0.5f, 1};
  const float* rgba = model.geom_rgba + 4 * geom;
  const int material = model.geom_matid[geom];
  if (material >= 0 && std::equal(rgba, rgba + 4, kDefault)) rgba = model.mat_rgba + 4 * material;
  const auto byte = [&](float value) { return static_cast<std::uint8_t>(std::clamp(255 * light * value, 0.0, 255.0)); };
  return {byte(rgba[0]), byte(rgba[1]), byte(rgba[2])};
}

/// Tiles of a metre around what the camera looks at.
void draw_floor(const Camera& camera, const mjtNum* centre, double height, Scene& scene) {
  constexpr Scene::Color kColors[] = {{71, 92, 112}, {56, 74, 92}};
  const int x0 = static_cast<int>(std::floor(centre[0])), y0 = static_cast<int>(std::floor(centre[1]));
  for (int x = x0 - kTiles; x < x0 + kTiles; ++x)
    for (int y = y0 - kTiles; y < y0 + kTiles; ++y) {
      std::vector<Point> corners;
      for (const auto& [dx, dy] : {std::pair(0, 0), std::pair(1, 0), std::pair(1, 1), std::pair(0, 1)})
        if (const auto seen = camera.see({x + dx + 0.0, y + dy + 0.0, height})) corners.push_back(*seen);
      if (corners.size() == 4) scene.polygon(std::move(corners), kColors[(x + y) & 1]);
    }
}

void draw_geom(const mjModel& model, const mjData& data, int geom, const Camera& camera, Scene& scene) {
  const mjtNum* size = model.geom_size + 3 * geom;
  const mjtNum *position = data.geom_xpos + 3 * geom, *axes = data.geom_xmat + 9 * geom;
  const double pixels = camera.pixels / camera.depth(at(position));
  constexpr double kEdge = 1.5, kDark = 0.55;
  const Scene::Color color = color_of(model, geom, 1), edge = color_of(model, geom, kDark);
  const int type = model.geom_type[geom];
  if (type == mjGEOM_SPHERE) {
    const auto centre = camera.see(at(position));
    if (!centre) return;
    scene.disc(*centre, size[0] * pixels + kEdge, edge);
    scene.disc(*centre, size[0] * pixels, color);
  } else if (type == mjGEOM_CAPSULE) {
    const auto from = camera.see(of_frame(position, axes, {0, 0, -size[1]}));
    const auto to = camera.see(of_frame(position, axes, {0, 0, size[1]}));
    if (!from || !to) return;
    scene.line({*from, *to}, 2 * (size[0] * pixels + kEdge), edge);
    scene.line({*from, *to}, 2 * size[0] * pixels, color);
  } else if (type == mjGEOM_BOX || type == mjGEOM_CYLINDER || type == mjGEOM_ELLIPSOID) {
    std::vector<Point> points;
    for (const Vec3& local : outline(type, size))
      if (const auto seen = camera.see(of_frame(position, axes, local))) points.push_back(*seen);
    if (points.size() < 3) return;
    points = convex_hull(std::move(points));
    scene.polygon(points, color);
    points.push_back(points.front());
    scene.line(std::move(points), kEdge, edge);
  }
}

}  // namespace

Scene MujocoState::scene(const FreeCamera& free) const {
  const mjModel& model = *model_->get();
  const Camera camera(model, *data_, free);
  Scene scene{kSize, kSize, 1 / dt_, {143, 174, 205}};
  std::vector<int> geoms;
  for (int geom = 0; geom < model.ngeom; ++geom) {
    if (model.geom_group[geom] >= kShownGroups || model.geom_rgba[4 * geom + 3] == 0) continue;
    if (model.geom_type[geom] == mjGEOM_PLANE)
      draw_floor(camera, model.nbody > 1 ? data_->xpos + 3 : data_->xpos, data_->geom_xpos[3 * geom + 2], scene);
    else
      geoms.push_back(geom);
  }
  std::ranges::stable_sort(geoms, std::ranges::greater{},
                           [&](int geom) { return camera.depth(at(data_->geom_xpos + 3 * geom)); });
  for (const int geom : geoms) draw_geom(model, *data_, geom, camera, scene);
  return scene;
}

}  // namespace slm
