#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/model.h"

struct mjData_;

namespace slm {

class Archive;

/// Whether a step ends by working out cfrc_ext. Gymnasium's always does; only those who read it notice.
enum class ContactForces { no, yes };

/// Where a model that has no camera of its own is seen from: from the front, 45 degrees down, as Gymnasium does where
/// its DEFAULT_CAMERA_CONFIG says no more.
struct FreeCamera {
  std::optional<double> distance = {};               ///< metres; nothing: the extent of the model
  std::optional<std::array<double, 3>> lookat = {};  ///< nothing: the median of the geoms
};

/// The physics of one row, read as Gymnasium reads it: positions and velocities are those after the last step; what
/// follows from them (xpos, cinert, ...) is of the moment before, as MuJoCo leaves it.
class MujocoState {
 public:
  MujocoState(std::shared_ptr<const MujocoModel> model, int frame_skip, ContactForces contact_forces);

  /// The model's own pose, at rest; an environment adds its noise to qpos and qvel and calls start().
  void reset();
  void start();
  /// `frame_skip` steps of the physics with the controls `action` (nu). False where it diverged, by MuJoCo's judgement
  /// (a number that is none or above 1e10); the state is then the model's own pose, so that whoever looks sees numbers.
  [[nodiscard]] bool step(std::span<const float> action);
  /// What that step gives; a divergence too where the reward is no number that a learner can hold.
  EnvStep outcome(double reward, bool terminated);

  double dt() const { return dt_; }  ///< seconds of a step

  std::span<double> qpos();                           // (nq)
  std::span<const double> qpos() const;               // (nq)
  std::span<double> qvel();                           // (nv)
  std::span<const double> qvel() const;               // (nv)
  std::span<const double> ctrl() const;               // (nu)
  std::span<const double> qfrc_actuator() const;      // (nv)
  std::span<const double> qfrc_constraint() const;    // (nv)
  std::span<const double> xpos(int body) const;       // (3)
  std::span<const double> site_xpos(int site) const;  // (3)
  std::span<const double> xipos() const;              // (nbody, 3)
  std::span<const double> cinert() const;             // (nbody, 10)
  std::span<const double> cvel() const;               // (nbody, 6)
  std::span<const double> cfrc_ext() const;           // (nbody, 6)

  Scene scene(const FreeCamera& free = {}) const;  ///< through the model's first camera, or that where it has none

  /// Everything that the next step depends on. What an environment remembers of the moment before is its own to keep.
  /// Throws SpecError where it was saved of another model of the user's own.
  void serialize(Archive& archive);

 private:
  struct Delete {
    void operator()(mjData_* data) const;
  };
  std::shared_ptr<const MujocoModel> model_;
  std::unique_ptr<mjData_, Delete> data_;
  int frame_skip_;
  ContactForces contact_forces_;
  double dt_;
};

/// value += uniform(-scale, scale) for each, in order.
void add_uniform(std::span<double> values, double scale, Rng& rng);
/// value += scale * standard_normal() for each, in order.
void add_normal(std::span<double> values, double scale, Rng& rng);

}  // namespace slm
