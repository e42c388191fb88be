"""The module of Python (python/slm_lab) acts as the program does: for every algorithm, every kind of head, net and
wrapper, the actions that `slm-lab rollout --policy` prints are those that the module makes of the printed observations.

Usage: policy_actions_test.py SLM_LAB. Both compute in float32, in another order: an action may differ by a hundred
thousandth of the range between its bounds. Convolutions, which need images, are in python_module_test.py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
import slm_lab  # noqa: E402

SPECS = "slm_lab/spec/benchmark/"
CARTPOLE, PENDULUM, DQN = "ppo/ppo_cartpole.json", "ppo/ppo_pendulum.json", "dqn/dqn_cartpole.json"
CONTINUOUS = ["env.rescale_action=false", "agent.net.actor_init_std=1"]
FRAMES = ["env.frame_op=stack", "env.frame_op_len=3"]
CASES = [  # file, spec, overrides
    ("reinforce/reinforce_cartpole.json", "reinforce_cartpole", []),
    ("sarsa/sarsa_cartpole.json", "sarsa_epsilon_greedy_cartpole", ["env.normalize_obs=true"]),
    (DQN, "dqn_boltzmann_cartpole", ["agent.net.type=DuelingMLPNet"]),
    (DQN, "ddqn_per_boltzmann_cartpole", ["env.frame_op=concat"]),
    ("dqn/c51_cartpole.json", "c51_cartpole", ["agent.net.optim_spec.lr=0.01", "agent.algorithm.training_start_step=64"]),
    ("a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", ["agent.net.shared=true"]),
    (CARTPOLE, "ppo_cartpole", ["env.normalize_obs=true", "agent.net.layer_norm=true"]),
    ("sil/ppo_sil_cartpole.json", "ppo_sil_cartpole", [*FRAMES, "env.normalize_obs=true", "env.clip_obs=1"]),
    ("sac/sac_cartpole.json", "sac_cartpole", []),
    ("sac/sac_pendulum.json", "sac_pendulum", ["agent.net.hid_layers=[32]"]),
    ("td3/td3_pendulum.json", "td3_pendulum", ["agent.net.hid_layers=[32]"]),
    ("crossq/crossq_classic.json", "crossq_pendulum", ["agent.net.hid_layers=[32]"]),
    (PENDULUM, "ppo_pendulum", ["agent.net.actor_init_std=1"]),
    (PENDULUM, "ppo_pendulum", CONTINUOUS),
    (PENDULUM, "ppo_pendulum", [*CONTINUOUS, "agent.algorithm.tanh_mean=true", "agent.algorithm.clamp_actions=true"]),
    (PENDULUM, "ppo_pendulum", [*CONTINUOUS, "agent.algorithm.action_pdtype=Beta", "agent.net.log_std_init=null"]),
    (PENDULUM, "ppo_pendulum", ['agent.algorithm.sde={"sample_freq": 4, "log_std_init": -1}', "agent.net.log_std_init=null", "agent.net.actor_init_std=1"]),
]


def call(slm_lab_program, *words):
    result = subprocess.run([slm_lab_program, *words], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"slm-lab {' '.join(words)}: {result.stderr}")
    return result.stdout


def train(program, data, file, name, overrides):
    words = [word for override in overrides for word in ("--override", override)]
    call(program, "run", SPECS + file, name, "train", "--sessions", "1", "--data", data, "--name", "RUN",
         "--override", "env.max_frame=900", "--override", "meta.log_frequency=300", *words)
    return pathlib.Path(data, "RUN")


def worst_difference(policy, lines):
    """Between printed actions and ours, as a part of what they may be."""
    obs, worst, actions = None, 0.0, []
    for line in map(json.loads, lines):
        if "reset" in line:
            policy.reset()
        else:
            ours, theirs = policy(np.array(obs)), np.array(line["action"])
            apart = ours != theirs if policy.action.startswith("argmax") else np.abs(ours - theirs) / (policy.high - policy.low)
            worst = max(worst, float(np.max(apart)))
            actions.append(ours.tolist())
        obs = line["obs"]
    return worst if len(set(map(str, actions))) > 1 else float("nan")  # which would prove nothing


def main(program):
    failures = 0
    for file, name, overrides in CASES:
        with tempfile.TemporaryDirectory() as data:
            run = train(program, data, file, name, overrides)
            policy = slm_lab.load_policy(run)
            lines = call(program, "rollout", policy.env, "--policy", str(run), "--steps", "100").splitlines()
        difference = worst_difference(policy, lines)
        right = difference <= 1e-5
        failures += not right
        print(f"{'ok  ' if right else 'FAIL'} {policy.algorithm} {policy.action} {' '.join(overrides)[:90]}: {difference:.1e}", flush=True)
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
