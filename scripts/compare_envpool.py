#!/usr/bin/env python3
"""scripts/compare_envpool.py [--program env_steps] [--python PYTHON]: steps per second of environments by this program and by
EnvPool, in turn: rows of one environment with random actions, on one thread and on two, wall-clock. Both play with their defaults,
which are the same but for Atari's sticky actions: EnvPool gets ours. Prints a table; --json keeps every number.

The program is the target env_steps of a build with -DSLM_BENCH=ON. PYTHON is one that has EnvPool:
    python3 -m venv VENV
    VENV/bin/pip install envpool
EnvPool's rows all step before the next actions, as ours do (it can also go on with those that are ready). Compare on a machine
that does nothing else: EnvPool has a thread of Python beside those that are counted."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENVIRONMENTS = "ALE/Pong-v5,LunarLander-v3,BipedalWalker-v3,Hopper-v5,HalfCheetah-v5,Ant-v5,Humanoid-v5"
PIECE = 0.25  # seconds, as in bench/env_steps.cc


def play_peer(name, rows, threads, seconds):
    """In EnvPool's Python: plays, and prints steps per second of every piece."""
    import envpool
    import numpy as np
    options = {"repeat_action_probability": 0.25} if name.startswith("ALE/") else {}
    env = envpool.make_gymnasium(name.removeprefix("ALE/"), num_envs=rows, num_threads=threads, seed=0, **options)
    rng, space = np.random.default_rng(0), env.action_space
    if hasattr(space, "n"):
        actions = rng.integers(0, space.n, (256, rows)).astype(np.int32)
    else:
        actions = rng.uniform(space.low, space.high, (256, rows, *space.shape)).astype(space.dtype)
    actions = list(actions)
    env.reset()
    t, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start, first, passed = time.perf_counter(), t, 0
        while passed < PIECE:
            env.step(actions[t % len(actions)])
            t += 1
            passed = time.perf_counter() - start
        print(rows * (t - first) / passed)


def rates(command):
    """Steps per second of every piece but the first, in which caches and branches still learn."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=kept)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return [float(line) for line in done.stdout.split()][1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bench/env_steps"), help="what plays our environments")
    parser.add_argument("--python", default=sys.executable, help="a Python that has EnvPool; default: the one that runs this")
    parser.add_argument("--envs", default=ENVIRONMENTS, help="with commas; default: %(default)s")
    parser.add_argument("--rows", type=int, default=16, help="environments that step together")
    parser.add_argument("--threads", default="1,2", help="how many, with commas")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each run; the first quarter of a second does not count")
    parser.add_argument("--json", type=pathlib.Path, help="file for every number")
    parser.add_argument("--peer", nargs=2, metavar=("ENV", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        play_peer(options.peer[0], options.rows, int(options.peer[1]), options.seconds)
        return
    if options.seconds <= PIECE:
        parser.error(f"--seconds must be more than {PIECE}")
    if not os.access(options.program, os.X_OK):
        parser.error(f"{options.program} is no program: build the target env_steps or say --program")
    version = "import importlib.metadata; print(importlib.metadata.version('envpool'))"
    found = subprocess.run([options.python, "-c", version], capture_output=True, text=True)
    if found.returncode:
        parser.error(f"{options.python} has no EnvPool: see --help")

    sizes = ["--rows", options.rows, "--seconds", options.seconds]
    results = []
    print(f"{options.rows} rows, best (median) steps/s of {options.rounds} runs in turn; EnvPool {found.stdout.strip()};"
          f" load {os.getloadavg()[0]:.2f}")
    print(f"{'':18} threads {'slm-lab':>19} {'EnvPool':>19}  times")
    for name in options.envs.split(","):
        for threads in options.threads.split(","):
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours += rates([options.program, name, options.rows, threads, options.seconds])
                theirs += rates([options.python, __file__, "--peer", name, threads, *sizes])
            results.append({"env": name, "threads": int(threads), "slm-lab": ours, "envpool": theirs})
            shown = [f"{max(of):8.0f} ({statistics.median(of):8.0f})" for of in (ours, theirs)]
            print(f"{name:18} {threads:>7} {shown[0]:>19} {shown[1]:>19} {max(ours) / max(theirs):6.2f}", flush=True)
    if options.json:
        kept = {"envpool": found.stdout.strip(), "load": os.getloadavg()[0], "results": results}
        options.json.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
