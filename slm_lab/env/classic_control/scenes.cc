// What the tasks of classic control look like: the sizes and colours of Gymnasium's pictures.
#include <cmath>
#include <numbers>

#include "slm_lab/env/classic_control/acrobot.h"
#include "slm_lab/env/classic_control/cartpole.h"
#include "slm_lab/env/classic_control/mountain_car.h"
#include "slm_lab/env/classic_control/mountain_car_continuous.h"
#include "slm_lab/env/classic_control/pendulum.h"

namespace slm {
namespace {

using Point = Scene::Point;

constexpr Scene::Color kBlack{0, 0, 0}, kOlive{204, 204, 0};

Scene valley(double position, double goal) {
  constexpr double kWidth = 600, kHeight = 400, kScale = kWidth / 1.8, kLeft = -1.2;
  constexpr double kCarWidth = 40, kCarHeight = 20, kClearance = 10, kPole = 50;
  const auto on_track = [](double x) {
    return Point{(x - kLeft) * kScale, kHeight - (std::sin(3 * x) * 0.45 + 0.55) * kScale};
  };
  Scene scene{static_cast<int>(kWidth), static_cast<int>(kHeight), 30};
  std::vector<Point> track;
  for (int i = 0; i < 100; ++i) track.push_back(on_track(kLeft + 1.8 * i / 99));
  scene.line(std::move(track), 1, kBlack);

  // The car's own axes: along the track, and away from it.
  const Point at = on_track(position);
  const double slope = std::cos(3 * position), cos = std::cos(slope), sin = std::sin(slope);
  const auto of_car = [&](double along, double above) {
    return Point{at.x + along * cos - above * sin, at.y - along * sin - above * cos};
  };
  scene.polygon({of_car(-kCarWidth / 2, kClearance), of_car(-kCarWidth / 2, kClearance + kCarHeight),
                 of_car(kCarWidth / 2, kClearance + kCarHeight), of_car(kCarWidth / 2, kClearance)},
                kBlack);
  for (const double side : {-1, 1})
    scene.disc(of_car(side * kCarWidth / 4, kClearance), kCarHeight / 2.5, {128, 128, 128});

  const Point foot = on_track(goal), top{foot.x, foot.y - kPole};
  scene.line({foot, top}, 1, kBlack);
  scene.polygon({top, {top.x, top.y + 10}, {top.x + 25, top.y + 5}}, kOlive);
  return scene;
}

}  // namespace

Scene CartPole::scene() const {
  constexpr double kWidth = 600, kHeight = 400, kScale = kWidth / (2 * kMaxX), kTrack = kHeight - 100;
  constexpr double kCartWidth = 50, kCartHeight = 30, kPole = kScale * 2 * kLength, kPoleWidth = 10;
  Scene scene{static_cast<int>(kWidth), static_cast<int>(kHeight), 50};
  const double x = state_[0] * kScale + kWidth / 2, sin = std::sin(state_[2]), cos = std::cos(state_[2]);
  scene.line({{0, kTrack}, {kWidth, kTrack}}, 1, kBlack);
  scene.polygon({{x - kCartWidth / 2, kTrack - kCartHeight / 2},
                 {x + kCartWidth / 2, kTrack - kCartHeight / 2},
                 {x + kCartWidth / 2, kTrack + kCartHeight / 2},
                 {x - kCartWidth / 2, kTrack + kCartHeight / 2}},
                kBlack);
  const Point axle{x, kTrack - kCartHeight / 4};
  const auto of_pole = [&](double across, double along) {
    return Point{axle.x + across * cos + along * sin, axle.y + across * sin - along * cos};
  };
  scene.polygon({of_pole(-kPoleWidth / 2, -kPoleWidth / 2), of_pole(-kPoleWidth / 2, kPole - kPoleWidth / 2),
                 of_pole(kPoleWidth / 2, kPole - kPoleWidth / 2), of_pole(kPoleWidth / 2, -kPoleWidth / 2)},
                {202, 152, 101});
  scene.disc(axle, kPoleWidth / 2, {129, 132, 203});
  return scene;
}

Scene MountainCar::scene() const { return valley(state_[0], kGoalPosition); }

Scene MountainCarContinuous::scene() const { return valley(state_[0], 0.45); }

Scene Acrobot::scene() const {
  constexpr double kSize = 500, kScale = kSize / (2 * 2.2);
  const auto at = [](double x, double y) { return Point{kSize / 2 + x * kScale, kSize / 2 - y * kScale}; };
  const double sum = state_[0] + state_[1];
  const double x1 = std::sin(state_[0]), y1 = -std::cos(state_[0]);
  const double x2 = x1 + std::sin(sum), y2 = y1 - std::cos(sum);
  Scene scene{static_cast<int>(kSize), static_cast<int>(kSize), 15};
  scene.line({at(-2.2, 1), at(2.2, 1)}, 1, kBlack);
  for (const auto& [from, to] : {std::pair(at(0, 0), at(x1, y1)), std::pair(at(x1, y1), at(x2, y2))}) {
    scene.line({from, to}, 0.2 * kScale, {0, 204, 204});
    scene.disc(from, 0.1 * kScale, kOlive);
  }
  return scene;
}

Scene Pendulum::scene() const {
  constexpr double kSize = 500, kScale = kSize / (2 * 2.2);
  const Point axle{kSize / 2, kSize / 2};
  const Point end{axle.x - kScale * std::sin(state_[0]), axle.y - kScale * std::cos(state_[0])};  // 0: upright
  Scene scene{static_cast<int>(kSize), static_cast<int>(kSize), 30};
  scene.line({axle, end}, 0.2 * kScale, {204, 77, 77});
  scene.disc(axle, 0.05 * kScale, kBlack);
  return scene;
}

}  // namespace slm
