#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <variant>

namespace slm {

// The keyword arguments of Gymnasium's MuJoCo environments, with its names and defaults. Those that only draw are inert
// (kwargs.cc).

/// Two bounds; in a spec a list of two, null for none.
struct TwoBounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  bool encloses(double value) const { return low < value && value < high; }  ///< without the bounds
  double clip(double value) const { return std::min(std::max(value, low), high); }
};

struct HopperKwargs {
  std::string xml_file = "hopper.xml";
  int frame_skip = 4;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 1e-3;
  double healthy_reward = 1.0;
  bool terminate_when_unhealthy = true;
  TwoBounds healthy_state_range{-100.0, 100.0};
  TwoBounds healthy_z_range{.low = 0.7};
  TwoBounds healthy_angle_range{-0.2, 0.2};
  double reset_noise_scale = 5e-3;
  bool exclude_current_positions_from_observation = true;
};
struct HalfCheetahKwargs {
  std::string xml_file = "half_cheetah.xml";
  int frame_skip = 5;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 0.1;
  double reset_noise_scale = 0.1;
  bool exclude_current_positions_from_observation = true;
};
struct Walker2dKwargs {
  std::string xml_file = "walker2d_v5.xml";
  int frame_skip = 4;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 1e-3;
  double healthy_reward = 1.0;
  bool terminate_when_unhealthy = true;
  TwoBounds healthy_z_range{0.8, 2.0};
  TwoBounds healthy_angle_range{-1.0, 1.0};
  double reset_noise_scale = 5e-3;
  bool exclude_current_positions_from_observation = true;
};
struct AntKwargs {
  std::string xml_file = "ant.xml";
  int frame_skip = 5;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 0.5;
  double contact_cost_weight = 5e-4;
  double healthy_reward = 1.0;
  std::variant<int, std::string> main_body = 1;
  bool terminate_when_unhealthy = true;
  TwoBounds healthy_z_range{0.2, 1.0};
  TwoBounds contact_force_range{-1.0, 1.0};
  double reset_noise_scale = 0.1;
  bool exclude_current_positions_from_observation = true;
  bool include_cfrc_ext_in_observation = true;
};
struct SwimmerKwargs {
  std::string xml_file = "swimmer.xml";
  int frame_skip = 4;
  double forward_reward_weight = 1.0;
  double ctrl_cost_weight = 1e-4;
  double reset_noise_scale = 0.1;
  bool exclude_current_positions_from_observation = true;
};
struct ReacherKwargs {
  std::string xml_file = "reacher.xml";
  int frame_skip = 2;
  double reward_dist_weight = 1.0;
  double reward_control_weight = 1.0;
};
struct PusherKwargs {
  std::string xml_file = "pusher_v5.xml";
  int frame_skip = 5;
  double reward_near_weight = 0.5;
  double reward_dist_weight = 1.0;
  double reward_control_weight = 0.1;
};
struct InvertedPendulumKwargs {
  std::string xml_file = "inverted_pendulum.xml";
  int frame_skip = 2;
  double reset_noise_scale = 0.01;
};
struct InvertedDoublePendulumKwargs {
  std::string xml_file = "inverted_double_pendulum.xml";
  int frame_skip = 5;
  double healthy_reward = 10.0;
  double reset_noise_scale = 0.1;
};
/// What the two humanoids show besides positions and velocities.
struct HumanoidObs {
  bool exclude_current_positions = true;
  bool include_cinert = true;
  bool include_cvel = true;
  bool include_qfrc_actuator = true;
  bool include_cfrc_ext = true;
};
struct HumanoidKwargs {
  std::string xml_file = "humanoid.xml";
  int frame_skip = 5;
  double forward_reward_weight = 1.25;
  double ctrl_cost_weight = 0.1;
  double contact_cost_weight = 5e-7;
  TwoBounds contact_cost_range{.high = 10.0};
  double healthy_reward = 5.0;
  bool terminate_when_unhealthy = true;
  TwoBounds healthy_z_range{1.0, 2.0};
  double reset_noise_scale = 1e-2;
  HumanoidObs obs = {};
};
struct HumanoidStandupKwargs {
  std::string xml_file = "humanoidstandup.xml";
  int frame_skip = 5;
  double uph_cost_weight = 1.0;  // Gymnasium takes it and does not use it
  double ctrl_cost_weight = 0.1;
  double impact_cost_weight = 5e-7;
  TwoBounds impact_cost_range{.high = 10.0};
  double reset_noise_scale = 1e-2;
  HumanoidObs obs = {};
};

class SpecReader;

// None calls done(), since the keys share an object with others.
void read(SpecReader& reader, HopperKwargs& k);
void read(SpecReader& reader, HalfCheetahKwargs& k);
void read(SpecReader& reader, Walker2dKwargs& k);
void read(SpecReader& reader, AntKwargs& k);
void read(SpecReader& reader, SwimmerKwargs& k);
void read(SpecReader& reader, ReacherKwargs& k);
void read(SpecReader& reader, PusherKwargs& k);
void read(SpecReader& reader, InvertedPendulumKwargs& k);
void read(SpecReader& reader, InvertedDoublePendulumKwargs& k);
void read(SpecReader& reader, HumanoidKwargs& k);
void read(SpecReader& reader, HumanoidStandupKwargs& k);

}  // namespace slm
