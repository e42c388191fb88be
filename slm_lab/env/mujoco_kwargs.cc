#include "slm_lab/env/mujoco_kwargs.h"

#include <array>
#include <optional>

#include "slm_lab/spec/reader.h"

namespace slm {

/// [low, high] with low <= high; null is no bound.
template <>
struct Field<TwoBounds> {
  static std::vector<std::string> types() { return {"array"}; }
  static std::string expected(const Range&) { return "[low, high] with low <= high, null for no bound"; }
  static std::optional<Misfit> parse(const JsonNode& node, const Range&, TwoBounds& out) {
    std::vector<std::optional<double>> bounds;
    if (auto misfit = Field<std::vector<std::optional<double>>>::parse(node, {}, bounds)) return misfit;
    if (bounds.size() != 2) return Misfit{&node, {}, {}};
    const TwoBounds none;
    const TwoBounds interval{bounds[0].value_or(none.low), bounds[1].value_or(none.high)};
    if (interval.low > interval.high) return Misfit{&node, {}, {}};
    out = interval;
    return std::nullopt;
  }
  static std::string to_text(const TwoBounds& value) {
    return Field<std::vector<double>>::to_text({value.low, value.high});
  }
};

namespace {

// Far beyond what a weight may sensibly be, and far from what overflows a reward.
const Range kWeight = between(-1e9, 1e9);

/// The key's value, where it is there, of a key that is checked and has no effect.
const JsonNode* read_inert(SpecReader& reader, std::string_view key) {
  reader.inert(key, "films have a camera and a size of their own");
  return reader.describing() ? nullptr : reader.read_json(key, "", "");
}

template <class T>
void read_inert_as(SpecReader& reader, std::string_view key, const Range& range = {}) {
  T value{};
  if (const JsonNode* node = read_inert(reader, key); node && Field<T>::parse(*node, range, value))
    reader.problem(key, "expected " + Field<T>::expected(range));
}

/// The settings of Gymnasium's viewer.
void read_drawing(SpecReader& reader) {
  read_inert_as<int>(reader, "width", at_least(1));
  read_inert_as<int>(reader, "height", at_least(1));
  read_inert_as<int>(reader, "camera_id", at_least(-1));
  read_inert_as<std::string>(reader, "camera_name");
  read_inert_as<int>(reader, "max_geom", at_least(1));
  for (const char* key : {"default_camera_config", "visual_options"})
    if (const JsonNode* node = read_inert(reader, key); node && !node->is(JsonNode::Kind::object))
      reader.problem(key, "expected an object");
}

// The same words for a key of several environments: the docs list it once.

void read_physics(SpecReader& reader, std::string& xml_file, int& frame_skip) {
  reader.read("xml_file", xml_file, "MuJoCo: the model, one of Gymnasium's or a path that starts with ., / or ~");
  reader.read("frame_skip", frame_skip, "MuJoCo: physics steps per step", between(1, 1000));
  read_drawing(reader);  // render_mode is a key of every environment's
}

void read_noise(SpecReader& reader, double& scale) {
  reader.read("reset_noise_scale", scale, "MuJoCo: how far from the model's pose an episode may start",
              between(0, 1e6));
}

void read_forward(SpecReader& reader, double& forward, double& ctrl) {
  reader.read("forward_reward_weight", forward, "MuJoCo: factor on the velocity forward", kWeight);
  reader.read("ctrl_cost_weight", ctrl, "MuJoCo: factor on the squared action", kWeight);
}

void read_healthy(SpecReader& reader, double& reward, bool& terminate, TwoBounds& z) {
  reader.read("healthy_reward", reward, "MuJoCo: reward of every healthy step", kWeight);
  reader.read("terminate_when_unhealthy", terminate, "MuJoCo: end the episode when the figure falls");
  reader.read("healthy_z_range", z, "MuJoCo: height of a healthy figure");
}

void read_exclude(SpecReader& reader, bool& exclude) {
  reader.read("exclude_current_positions_from_observation", exclude,
              "MuJoCo: the agent does not see where on the plane it is");
}

void read_obs(SpecReader& reader, HumanoidObs& obs) {
  read_exclude(reader, obs.exclude_current_positions);
  reader.read("include_cinert_in_observation", obs.include_cinert, "Humanoid: mass and inertia of the bodies");
  reader.read("include_cvel_in_observation", obs.include_cvel, "Humanoid: velocities of the bodies");
  reader.read("include_qfrc_actuator_in_observation", obs.include_qfrc_actuator, "Humanoid: forces of the motors");
  reader.read("include_cfrc_ext_in_observation", obs.include_cfrc_ext, "MuJoCo: contact forces on the bodies");
}

}  // namespace

void read(SpecReader& reader, HopperKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  read_healthy(reader, k.healthy_reward, k.terminate_when_unhealthy, k.healthy_z_range);
  reader.read("healthy_state_range", k.healthy_state_range, "Hopper: every other coordinate of a healthy figure");
  reader.read("healthy_angle_range", k.healthy_angle_range, "MuJoCo: lean of a healthy figure, radians");
  read_noise(reader, k.reset_noise_scale);
  read_exclude(reader, k.exclude_current_positions_from_observation);
}

void read(SpecReader& reader, HalfCheetahKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  read_noise(reader, k.reset_noise_scale);
  read_exclude(reader, k.exclude_current_positions_from_observation);
}

void read(SpecReader& reader, Walker2dKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  read_healthy(reader, k.healthy_reward, k.terminate_when_unhealthy, k.healthy_z_range);
  reader.read("healthy_angle_range", k.healthy_angle_range, "MuJoCo: lean of a healthy figure, radians");
  read_noise(reader, k.reset_noise_scale);
  read_exclude(reader, k.exclude_current_positions_from_observation);
}

void read(SpecReader& reader, AntKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  reader.read("contact_cost_weight", k.contact_cost_weight, "MuJoCo: factor on the squared contact forces", kWeight);
  read_healthy(reader, k.healthy_reward, k.terminate_when_unhealthy, k.healthy_z_range);
  reader.read("main_body", k.main_body, "Ant: the body, by number or name, whose velocity is rewarded",
              between(0, 1e6));
  reader.read("contact_force_range", k.contact_force_range, "Ant: contact forces are clipped to this");
  read_noise(reader, k.reset_noise_scale);
  read_exclude(reader, k.exclude_current_positions_from_observation);
  reader.read("include_cfrc_ext_in_observation", k.include_cfrc_ext_in_observation,
              "MuJoCo: contact forces on the bodies");
}

void read(SpecReader& reader, SwimmerKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  read_noise(reader, k.reset_noise_scale);
  read_exclude(reader, k.exclude_current_positions_from_observation);
}

void read(SpecReader& reader, ReacherKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  reader.read("reward_dist_weight", k.reward_dist_weight, "MuJoCo: factor on the distance to the goal", kWeight);
  reader.read("reward_control_weight", k.reward_control_weight, "MuJoCo: factor on the squared action", kWeight);
}

void read(SpecReader& reader, PusherKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  reader.read("reward_near_weight", k.reward_near_weight, "Pusher: factor on the distance to the object", kWeight);
  reader.read("reward_dist_weight", k.reward_dist_weight, "MuJoCo: factor on the distance to the goal", kWeight);
  reader.read("reward_control_weight", k.reward_control_weight, "MuJoCo: factor on the squared action", kWeight);
}

void read(SpecReader& reader, InvertedPendulumKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_noise(reader, k.reset_noise_scale);
}

void read(SpecReader& reader, InvertedDoublePendulumKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  reader.read("healthy_reward", k.healthy_reward, "MuJoCo: reward of every healthy step", kWeight);
  read_noise(reader, k.reset_noise_scale);
}

void read(SpecReader& reader, HumanoidKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  read_forward(reader, k.forward_reward_weight, k.ctrl_cost_weight);
  reader.read("contact_cost_weight", k.contact_cost_weight, "MuJoCo: factor on the squared contact forces", kWeight);
  reader.read("contact_cost_range", k.contact_cost_range, "Humanoid: the contact cost is clipped to this");
  read_healthy(reader, k.healthy_reward, k.terminate_when_unhealthy, k.healthy_z_range);
  read_noise(reader, k.reset_noise_scale);
  read_obs(reader, k.obs);
}

void read(SpecReader& reader, HumanoidStandupKwargs& k) {
  read_physics(reader, k.xml_file, k.frame_skip);
  reader.read("uph_cost_weight", k.uph_cost_weight, "HumanoidStandup: without effect, as in Gymnasium", kWeight);
  reader.read("ctrl_cost_weight", k.ctrl_cost_weight, "MuJoCo: factor on the squared action", kWeight);
  reader.read("impact_cost_weight", k.impact_cost_weight, "HumanoidStandup: factor on the squared contact forces",
              kWeight);
  reader.read("impact_cost_range", k.impact_cost_range, "HumanoidStandup: the impact cost is clipped to this");
  read_noise(reader, k.reset_noise_scale);
  read_obs(reader, k.obs);
}

}  // namespace slm
