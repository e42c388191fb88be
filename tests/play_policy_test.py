"""The module of Python (python/slm_lab) plays in Gymnasium what slm-lab has trained as well as slm-lab itself does, and
the example of docs/python.md works as written.

Usage: play_policy_test.py SLM_LAB. Trains briefly and compares the mean return of 100 episodes with D-100. Seeds are
fixed on both sides, so the result is always the same on one kind of processor; five standard errors of the difference of
two such means leave room for others. That each kind of policy acts as the program does is in policy_actions_test.py.
"""
import importlib.util
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import gymnasium

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
import slm_lab  # noqa: E402

SPECS = "slm_lab/spec/benchmark/"
CASES = [  # file, name, overrides
    ("ppo/ppo_cartpole.json", "ppo_cartpole", ["env.max_frame=12000"]),
    ("ppo/ppo_pendulum.json", "ppo_pendulum", ["env.max_frame=100000", "env.normalize_obs=true"]),
    ("sac/sac_pendulum.json", "sac_pendulum", ["env.max_frame=4000"]),
]
PHYSICS = [  # as CASES, with the module that Gymnasium wants; left out where it is not installed
    ("Box2D", ("ppo/ppo_lunar.json", "ppo_lunar", ["env.max_frame=60000"])),
    ("mujoco", ("ppo/ppo_hopper.json", "ppo_hopper", ["env.max_frame=60000"])),
]


def standard_error(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values) / len(values))


def train(program, data, file, name, overrides):
    """The run folder of one session."""
    options = [word for override in overrides for word in ("--override", override)]
    command = [program, "run", SPECS + file, name, "train", "--sessions", "1", "--data", data, *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (run,) = pathlib.Path(data).glob(f"{name}_*")
    return run


def play(run, episodes):
    """Returns of the final policy."""
    policy = slm_lab.load_policy(run, last=True)
    env, returns = gymnasium.make(policy.env), []
    for seed in range(episodes):
        obs, total, over = env.reset(seed=seed)[0], 0.0, False
        policy.reset()
        while not over:
            obs, reward, terminated, truncated, _ = env.step(policy(obs))
            total, over = total + reward, terminated or truncated
        returns.append(total)
    return returns


def example_fails(run):
    """The script of the documentation, with this folder instead of the one it names."""
    (script,) = re.findall(r"```python\n(import gymnasium.*?)```", (ROOT / "docs/python.md").read_text(), re.S)
    script, named = re.subn(r'load_policy\("[^"]+"\)', f"load_policy({str(run)!r})", script)
    path = {"PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run([sys.executable, "-c", script], env=path, capture_output=True, text=True)
    right = named == 1 and result.returncode == 0 and float(result.stdout) > 0
    print(f"{'ok  ' if right else 'FAIL'} the example of docs/python.md: {result.stdout.strip()} {result.stderr}")
    return not right


def main(program):
    failures = 0
    for module, case in PHYSICS:
        if not importlib.util.find_spec(module):
            print(f"left out {case[1]}: no {module} for Python")
    for file, name, overrides in CASES + [case for module, case in PHYSICS if importlib.util.find_spec(module)]:
        with tempfile.TemporaryDirectory() as data:
            run = train(program, data, file, name, overrides)
            ours = json.loads((run / f"info/{name}_t0_trial_metrics.json").read_text())["sessions"]["0"]["d100"]
            returns = play(run, 100)
            if name == "ppo_cartpole":
                failures += example_fails(run)
        mean = sum(returns) / len(returns)
        room = 5 * math.hypot(standard_error(returns), ours["std"] / math.sqrt(ours["n"])) + 1e-9
        right = abs(mean - ours["mean"]) <= room
        failures += not right
        print(f"{'ok  ' if right else 'FAIL'} {name}: {mean:.2f} in Gymnasium, {ours['mean']:.2f} by slm-lab, room {room:.2f}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
