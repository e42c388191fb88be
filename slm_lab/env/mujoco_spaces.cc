#include "slm_lab/env/mujoco_spaces.h"

#include <limits>

#include "slm_lab/env/mujoco/makers.h"

namespace slm {
namespace {

/// Of Gymnasium's own model, all of whose actuators take -bound to bound.
struct OwnSizes {
  int nq, nv, nbody, nu;
  float bound;
};

template <class Kwargs>
MujocoSizes sizes_of(const Kwargs& k, const OwnSizes& own) {
  if (k.xml_file != Kwargs{}.xml_file) return mujoco_sizes(k.xml_file);
  const auto nu = static_cast<std::size_t>(own.nu);
  return {own.nq, own.nv, own.nbody, std::vector<float>(nu, -own.bound), std::vector<float>(nu, own.bound)};
}

/// An observation of `obs_dim` numbers of any size.
Spaces spaces(int obs_dim, const MujocoSizes& sizes) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  const auto n = static_cast<std::size_t>(obs_dim);
  return {.obs = Space::box(std::vector<float>(n, -inf), std::vector<float>(n, inf)),
          .action = Space::box(sizes.ctrl_low, sizes.ctrl_high),
          .model_sha256 = sizes.sha256};
}

/// Positions, of which the first may be left out, and velocities.
Spaces state_spaces(const MujocoSizes& sizes, int num_left_out) {
  return spaces(sizes.nq + sizes.nv - num_left_out, sizes);
}

constexpr OwnSizes kHumanoid{24, 23, 14, 17, 0.4f};

Spaces humanoid_spaces(const HumanoidObs& show, const MujocoSizes& sizes) {
  const int bodies = sizes.nbody - 1;  // without the world
  return spaces(sizes.nq + sizes.nv - 2 * show.exclude_current_positions + 10 * bodies * show.include_cinert +
                    6 * bodies * show.include_cvel + (sizes.nv - 6) * show.include_qfrc_actuator +
                    6 * bodies * show.include_cfrc_ext,
                sizes);
}

}  // namespace

Spaces mujoco_spaces(const HopperKwargs& k) {
  return state_spaces(sizes_of(k, {6, 6, 5, 3, 1}), k.exclude_current_positions_from_observation);
}
Spaces mujoco_spaces(const HalfCheetahKwargs& k) {
  return state_spaces(sizes_of(k, {9, 9, 8, 6, 1}), k.exclude_current_positions_from_observation);
}
Spaces mujoco_spaces(const Walker2dKwargs& k) {
  return state_spaces(sizes_of(k, {9, 9, 8, 6, 1}), k.exclude_current_positions_from_observation);
}
Spaces mujoco_spaces(const AntKwargs& k) {
  const MujocoSizes sizes = sizes_of(k, {15, 14, 14, 8, 1});
  return spaces(sizes.nq + sizes.nv - 2 * k.exclude_current_positions_from_observation +
                    6 * (sizes.nbody - 1) * k.include_cfrc_ext_in_observation,
                sizes);
}
Spaces mujoco_spaces(const SwimmerKwargs& k) {
  return state_spaces(sizes_of(k, {5, 5, 5, 2, 1}), 2 * k.exclude_current_positions_from_observation);
}
Spaces mujoco_spaces(const ReacherKwargs& k) { return spaces(10, sizes_of(k, {4, 4, 5, 2, 1})); }
Spaces mujoco_spaces(const PusherKwargs& k) { return spaces(23, sizes_of(k, {11, 11, 13, 7, 2})); }
Spaces mujoco_spaces(const InvertedPendulumKwargs& k) { return spaces(4, sizes_of(k, {2, 2, 3, 1, 3})); }
Spaces mujoco_spaces(const InvertedDoublePendulumKwargs& k) { return spaces(9, sizes_of(k, {3, 3, 4, 1, 1})); }
Spaces mujoco_spaces(const HumanoidKwargs& k) { return humanoid_spaces(k.obs, sizes_of(k, kHumanoid)); }
Spaces mujoco_spaces(const HumanoidStandupKwargs& k) { return humanoid_spaces(k.obs, sizes_of(k, kHumanoid)); }

}  // namespace slm
