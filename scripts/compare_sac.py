#!/usr/bin/env python3
"""scripts/compare_sac.py [--program slm-lab] [--python PYTHON]: frames per second of SAC on HalfCheetah-v5 by this program,
by Stable-Baselines3 (PyTorch) and by SBX (JAX), on the same core, in turn, end to end: one environment, one update of
everything per frame, batches of 256, two hidden layers of 256 with relu, Adam 3e-4, replay of a million. Frames are counted
from some after learning has begun, so that start and compilation do not count. Prints a table; --json keeps every number.

PYTHON is one that has the peers. With the MuJoCo that slm-lab is built with (setup/parts.txt), so that the physics is equal:
    python3 -m venv VENV
    VENV/bin/pip install stable-baselines3 sbx-rl 'gymnasium[mujoco]' mujoco==3.3.7
What pip takes of PyTorch may be the build for CUDA (some GB): it is told to compute on the processor. "bf16" lets
Stable-Baselines3 multiply in bfloat16 too, by PyTorch's float32_matmul_precision. A peer that is not there is said to be
missing, and the others are measured. Compare on a machine that does nothing else."""
import argparse
import csv
import importlib.metadata
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT / "slm_lab/spec/benchmark/sac/sac_halfcheetah.json"
LEARNING_STARTS, COUNTED_FROM, INTERVAL = 1000, 1500, 500  # frames
PEERS = {"Stable-Baselines3": ("stable-baselines3", "torch", "mujoco", "gymnasium"),
         "Stable-Baselines3 bf16": ("stable-baselines3", "torch", "mujoco", "gymnasium"),  # what one line of the user's gives
         "SBX": ("sbx-rl", "jax", "mujoco", "gymnasium")}


def play_peer(name, frames, threads):
    """In the peers' Python: trains and prints, in JSON, the versions and [frame, seconds] of every interval."""
    versions = {package: importlib.metadata.version(package) for package in PEERS[name]}
    from stable_baselines3.common.callbacks import BaseCallback
    if name == "SBX":
        from sbx import SAC
    else:
        import torch
        torch.set_num_threads(threads)
        if name.endswith("bf16"):
            torch.set_float32_matmul_precision("medium")  # products may be taken of bfloat16, summed in float32
        from stable_baselines3 import SAC
    marks = []

    class Clock(BaseCallback):
        def _on_step(self):
            if self.num_timesteps % INTERVAL == 0:
                marks.append([self.num_timesteps, time.perf_counter()])
            return True

    SAC("MlpPolicy", "HalfCheetah-v5", learning_rate=3e-4, buffer_size=1_000_000, learning_starts=LEARNING_STARTS, batch_size=256, tau=0.005,
        gamma=0.99, train_freq=1, gradient_steps=1, policy_kwargs={"net_arch": [256, 256]}, device="cpu", seed=0).learn(frames, callback=Clock())
    print(json.dumps({"versions": versions, "marks": marks}))


def environment(threads):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}  # they would choose a slower kernel
    number = str(threads)
    return kept | {"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number, "NPROC": number,
                   "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


def pinned(cores, command):
    """The output of `command` on `cores` alone, or a SystemExit that shows what it complained about."""
    done = subprocess.run(["taskset", "-c", cores, *command], capture_output=True, text=True, env=environment(cores.count(",") + 1))
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def marks_of_ours(program, precision, frames, cores):
    set_to = {"env.num_envs": 1, "env.max_frame": frames, "agent.algorithm.training_frequency": 1, "agent.algorithm.training_iter": 1,
              "agent.algorithm.training_start_step": LEARNING_STARTS, "meta.log_frequency": INTERVAL, "meta.eval_frequency": 1_000_000}
    if precision != "float32":
        set_to["agent.net.precision"] = precision
    with tempfile.TemporaryDirectory() as data:
        command = [program, "run", str(SPEC), "sac_halfcheetah", "train", "--sessions", "1", "--threads", str(cores.count(",") + 1),
                   "--data", data, "--name", "run", "--log-level", "error"]
        for key, value in set_to.items():
            command += ["--override", f"{key}={json.dumps(value)}"]
        pinned(cores, command)
        with open(next(pathlib.Path(data, "run/info").glob("*df_train.csv"))) as table:
            return [[int(row["frame"]), float(row["wall_t"])] for row in csv.DictReader(table)]


def rates(marks):
    """Frames per second of each interval once learning has settled."""
    marks = [mark for mark in marks if mark[0] >= COUNTED_FROM]
    return [(frame - earlier) / (seconds - before) for (earlier, before), (frame, seconds) in zip(marks, marks[1:])]


def contestants(options):
    """What can be measured here, by name: the versions, and how to train `frames` frames and get the marks."""
    found = {}
    version = subprocess.run([options.program, "version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    for precision in options.precisions.split(","):
        try:
            marks_of_ours(options.program, precision, 3 * INTERVAL, options.cores)  # the fewest frames that it takes
        except SystemExit as refused:
            print(f"slm-lab {precision} left out: {refused}", file=sys.stderr)
            continue
        found[f"slm-lab {precision}"] = (version, lambda frames, p=precision: marks_of_ours(options.program, p, frames, options.cores))
    for name in PEERS:
        def play(frames, name=name):
            arguments = [options.python, __file__, "--peer", name, "--frames", str(frames), "--cores", options.cores]
            return json.loads(pinned(options.cores, arguments).splitlines()[-1])
        try:
            versions = play(1)["versions"]
        except SystemExit as missing:
            print(f"{name} is missing from {options.python} and left out (see --help): {str(missing).splitlines()[-1]}", file=sys.stderr)
            continue
        found[name] = (", ".join(f"{package} {number}" for package, number in versions.items()), lambda frames, play=play: play(frames)["marks"])
    return found


def processor():
    return re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/slm-lab"), help="the slm-lab to measure")
    parser.add_argument("--precisions", default="float32,bf16", help="of slm-lab's nets, with commas; those it refuses are left out")
    parser.add_argument("--python", default=sys.executable, help="a Python that has the peers; default: the one that runs this")
    parser.add_argument("--cores", default=str(max(os.sched_getaffinity(0))), help="to pin each program to, as 1 or 0,1; default: the last")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run")
    parser.add_argument("--frames", type=int, default=3000, help=f"of each run; counted from {COUNTED_FROM} on, {INTERVAL} at a time")
    parser.add_argument("--json", type=pathlib.Path, help="file for every number")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        play_peer(options.peer, options.frames, options.cores.count(",") + 1)
        return
    if not os.access(options.program, os.X_OK):
        parser.error(f"{options.program} is no program: build it (./slm-lab version) or say --program")
    if options.frames < COUNTED_FROM + INTERVAL:
        parser.error(f"--frames must be {COUNTED_FROM + INTERVAL} or more")
    found = contestants(options)
    loads, measured = [os.getloadavg()[0]], {name: [] for name in found}
    for _ in range(options.rounds):
        for name, (_, train) in found.items():
            measured[name].append(rates(train(options.frames)))
        loads.append(os.getloadavg()[0])

    flat = {name: [rate for round_ in rounds for rate in round_] for name, rounds in measured.items()}
    against = flat.get("Stable-Baselines3")
    rows = {name: {"versions": found[name][0], "best": max(of), "median": statistics.median(of), "rounds": measured[name],
                   "times_sb3": max(of) / max(against) if against else None} for name, of in flat.items()}
    print(f"SAC on HalfCheetah-v5, one update per frame, cores {options.cores} of {processor()}; load {min(loads):.2f} to {max(loads):.2f}")
    print(f"{'':22} {'best':>7} {'median':>7}  {'/ SB3':>6}  frames/s of {options.rounds} runs, {INTERVAL} frames at a time")
    for name, row in rows.items():
        ratio = f"{row['times_sb3']:6.2f}" if against else "     -"
        print(f"{name:22} {row['best']:7.1f} {row['median']:7.1f}  {ratio}  {row['versions']}")
    if max(loads) > options.cores.count(",") + 1.5:
        print("more was running than what was measured: believe neither rates nor ratios, and repeat on a quiet machine")
    if options.json:
        options.json.write_text(json.dumps({"processor": processor(), "cores": options.cores, "loads": loads, "results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
