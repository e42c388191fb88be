"""The script of docs/data.md plays what slm-lab has trained as well as slm-lab itself does.

Usage: play_policy_test.py SLM_LAB. Trains briefly, for each kind of policy that the page names, and compares the mean
return of 100 episodes of the script, in Gymnasium, with D-100. Seeds are fixed on both sides, so the result is always
the same on one kind of processor; five standard errors of the difference of two such means leave room for others.
"""
import importlib.util
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

SPECS = "slm_lab/spec/benchmark/"
CASES = [  # file, name, overrides
    ("ppo/ppo_cartpole.json", "ppo_cartpole", ["env.max_frame=12000"]),
    ("dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole", ["env.max_frame=6000"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum", ["env.max_frame=150000", "env.normalize_obs=true"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum", ["env.max_frame=200000", "env.rescale_action=false"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum",
     ["env.max_frame=100000", "env.rescale_action=false", "agent.algorithm.tanh_mean=true", "agent.algorithm.clamp_actions=true"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum",
     ["env.max_frame=100000", "env.rescale_action=false", "agent.algorithm.action_pdtype=Beta", "agent.net.log_std_init=null"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum",
     ["env.max_frame=150000", "env.normalize_obs=true", "env.clip_obs=1", "agent.net.hid_layers_activation=selu"]),
    ("sac/sac_pendulum.json", "sac_pendulum", ["env.max_frame=4000"]),
    ("dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole",
     ["env.max_frame=6000", "agent.net.type=DuelingMLPNet", "agent.net.hid_layers_activation=leakyrelu"]),
    ("ppo/ppo_cartpole.json", "ppo_cartpole", ["env.max_frame=12000", "agent.net.layer_norm=true"]),
]
PHYSICS = [  # as CASES, with the module that Gymnasium wants; left out where it is not installed
    ("Box2D", ("ppo/ppo_lunar.json", "ppo_lunar", ["env.max_frame=60000"])),
    ("mujoco", ("ppo/ppo_hopper.json", "ppo_hopper", ["env.max_frame=60000"])),
]
UNKNOWN = ("ppo/ppo_cartpole.json", "ppo_cartpole", ["env.max_frame=2000", "agent.net.hid_layers_activation=mish"])


def standard_error(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values) / len(values))


def train(slm_lab, root, data, file, name, overrides):
    """The run folder of one session."""
    options = [word for override in overrides for word in ("--override", override)]
    command = [slm_lab, "run", SPECS + file, name, "train", "--sessions", "1", "--data", data, *options]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (run,) = pathlib.Path(data).glob(f"{name}_*")
    return run


def play(script, run, name):
    weights = run / f"model/{name}_t0_s0_net_model.safetensors"
    return subprocess.run([sys.executable, "-", str(weights), "100"], input=script, text=True, capture_output=True)


def main(slm_lab):
    root = pathlib.Path(__file__).resolve().parent.parent
    page = (root / "docs" / "data.md").read_text()
    (script,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.S) if "import gymnasium" in block]
    failures = 0
    for module, case in PHYSICS:
        if not importlib.util.find_spec(module):
            print(f"left out {case[1]}: no {module} for Python")
    for file, name, overrides in CASES + [case for module, case in PHYSICS if importlib.util.find_spec(module)]:
        with tempfile.TemporaryDirectory() as data:
            run = train(slm_lab, root, data, file, name, overrides)
            ours = json.loads((run / f"info/{name}_t0_trial_metrics.json").read_text())["sessions"]["0"]["d100"]
            played = play(script, run, name)
        returns = [float(line) for line in played.stdout.split()]
        if len(returns) != 100:
            print(f"FAIL {name}: {played.stderr}")
            failures += 1
            continue
        mean = sum(returns) / len(returns)
        room = 5 * math.hypot(standard_error(returns), ours["std"] / math.sqrt(ours["n"])) + 1e-9
        right = abs(mean - ours["mean"]) <= room
        failures += not right
        print(f"{'ok  ' if right else 'FAIL'} {name}: {mean:.2f} in Gymnasium, {ours['mean']:.2f} by slm-lab, room {room:.2f}")
    with tempfile.TemporaryDirectory() as data:
        refused = play(script, train(slm_lab, root, data, *UNKNOWN), UNKNOWN[1])
    right = refused.returncode == 1 and refused.stderr.startswith("this script plays no MLPNet with mish")
    failures += not right
    print(f"{'ok  ' if right else 'FAIL'} an activation that it does not know: {refused.stderr.strip()}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
