"""Writes tests/golden/options.json: what Gymnasium's environments do under other options than their defaults.

Not needed to build or to test. It wants the versions whose physics is ours:

    pip install gymnasium==1.2.0 mujoco==3.3.7 Box2D==2.3.10 pygame imageio
    python3 scripts/make_option_traces.py

A trace resets with its seed, then acts uniformly within the bounds, by NumPy's default_rng(seed + 1); an episode that
ends goes on with reset(). Of each observation the file keeps the first eight digits of the SHA-256 of its bytes.
"""

import hashlib
import json
import pathlib

import gymnasium
import numpy

FILE = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "options.json"
STEPS = 60
INF = float("inf")

SEEN = "exclude_current_positions_from_observation"
HUMANOID_OBS = ["include_cinert_in_observation", "include_cvel_in_observation", "include_qfrc_actuator_in_observation",
                "include_cfrc_ext_in_observation"]
CASES = [
    ("CartPole-v1", {"sutton_barto_reward": True}),
    ("MountainCar-v0", {"goal_velocity": 0.05}),
    ("MountainCarContinuous-v0", {"goal_velocity": 0.02}),
    ("Pendulum-v1", {"g": 1.5}),
    ("LunarLander-v3", {"gravity": -3.5}),
    ("LunarLander-v3", {"enable_wind": True}),
    ("LunarLander-v3", {"continuous": True, "enable_wind": True, "wind_power": 20.0, "turbulence_power": 2.0}),
    ("LunarLander-v3", {"gravity": -11.9, "enable_wind": True, "wind_power": 0.0, "turbulence_power": 0.3}),
    ("BipedalWalker-v3", {"hardcore": True}),
    ("BipedalWalkerHardcore-v3", {"hardcore": False}),
    ("BipedalWalkerHardcore-v3", {}),
    ("Hopper-v5", {"forward_reward_weight": 2.5, "ctrl_cost_weight": 0.3, "healthy_reward": -0.5, "frame_skip": 2}),
    ("Hopper-v5", {"terminate_when_unhealthy": False, SEEN: False, "reset_noise_scale": 0.2}),
    ("Hopper-v5", {"healthy_state_range": (-1.0, 1.5), "healthy_z_range": (1.0, 1.3), "healthy_angle_range": (-0.1, 0.05)}),
    ("HalfCheetah-v5", {"forward_reward_weight": 0.7, "ctrl_cost_weight": 0.0, "frame_skip": 1}),
    ("HalfCheetah-v5", {"reset_noise_scale": 0.5, SEEN: False}),
    ("Walker2d-v5", {"xml_file": "walker2d.xml", "healthy_reward": 0.25, "ctrl_cost_weight": 0.7}),
    ("Walker2d-v5", {"terminate_when_unhealthy": False, SEEN: False, "frame_skip": 9, "reset_noise_scale": 0.0}),
    ("Walker2d-v5", {"healthy_z_range": (1.1, 1.4), "healthy_angle_range": (-0.3, 0.3), "forward_reward_weight": -2.0}),
    ("Ant-v5", {"contact_cost_weight": 0.3, "contact_force_range": (-0.5, 0.25), "healthy_reward": 3.0, "main_body": 4}),
    ("Ant-v5", {"include_cfrc_ext_in_observation": False, SEEN: False, "frame_skip": 3, "ctrl_cost_weight": 0.01}),
    ("Ant-v5", {"terminate_when_unhealthy": False, "healthy_z_range": (0.5, 0.8), "reset_noise_scale": 0.3,
                "forward_reward_weight": 1.7}),
    ("Swimmer-v5", {"forward_reward_weight": 3.0, "ctrl_cost_weight": 0.2, "frame_skip": 7}),
    ("Swimmer-v5", {"reset_noise_scale": 1.0, SEEN: False}),
    ("Reacher-v5", {"reward_dist_weight": 0.3, "reward_control_weight": 2.5, "frame_skip": 5}),
    ("Pusher-v5", {"reward_near_weight": 1.5, "reward_dist_weight": 0.2, "reward_control_weight": 0.9, "frame_skip": 2}),
    ("Pusher-v5", {"xml_file": "pusher.xml"}),
    ("InvertedPendulum-v5", {"reset_noise_scale": 0.1, "frame_skip": 4}),
    ("InvertedDoublePendulum-v5", {"healthy_reward": 1.5, "reset_noise_scale": 0.02, "frame_skip": 2}),
    ("Humanoid-v5", {"forward_reward_weight": 0.5, "ctrl_cost_weight": 2.0, "contact_cost_weight": 1e-3,
                     "contact_cost_range": (0.1, 0.4), "healthy_reward": 1.0}),
    ("Humanoid-v5", {**{key: False for key in HUMANOID_OBS}, SEEN: False, "frame_skip": 2, "healthy_z_range": (1.3, 1.45)}),
    ("Humanoid-v5", {"include_cvel_in_observation": False, "terminate_when_unhealthy": False, "reset_noise_scale": 0.2}),
    ("HumanoidStandup-v5", {"uph_cost_weight": 4.0, "ctrl_cost_weight": 0.7, "impact_cost_weight": 0.1,
                            "impact_cost_range": (-INF, 3.0)}),
    ("HumanoidStandup-v5", {"include_cinert_in_observation": False, "include_cfrc_ext_in_observation": False, SEEN: False,
                            "frame_skip": 3, "reset_noise_scale": 0.1}),
]


def digest(obs):
    return hashlib.sha256(obs.tobytes()).hexdigest()[:8]


def trace(name, options, seed):
    env = gymnasium.make(name, **options)
    actions = numpy.random.default_rng(seed + 1)
    obs, _ = env.reset(seed=seed)
    out = {"env": name, "options": options, "seed": seed, "first_obs": [float(x) for x in obs[:8]], "resets": [digest(obs)],
           "obs": [], "rewards": [], "ended": []}
    for step in range(STEPS):
        space = env.action_space
        if isinstance(space, gymnasium.spaces.Discrete):
            action = int(actions.integers(0, space.n))
        else:
            action = actions.uniform(space.low, space.high).astype(numpy.float32)
        obs, reward, terminated, truncated, _ = env.step(action)
        out["obs"].append(digest(obs))
        out["rewards"].append(float(reward))
        if terminated or truncated:
            out["ended"].append(step)
            out["resets"].append(digest(env.reset()[0]))
    env.close()
    return out


def text(value):
    return json.dumps(value).replace("-Infinity", "null").replace("Infinity", "null")


def main():
    traces = [trace(name, options, seed) for seed, (name, options) in enumerate(CASES, start=1)]
    FILE.write_text("[\n" + ",\n".join(text(t) for t in traces) + "\n]\n")
    for t in traces:
        print(t["env"], t["options"], f"{len(t['ended'])} ends, return {sum(t['rewards']):.3f}")


if __name__ == "__main__":
    main()
