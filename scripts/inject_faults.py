#!/usr/bin/env python3
"""scripts/inject_faults.py BUILD_FOLDER [EVERY]: makes every EVERY-th (7) system call that a tiny training run makes on
its run folder fail (EIO, ENOSPC) or kills the process at it, continues the run without faults, and compares what it
computed with an undisturbed run, byte by byte. Needs strace."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ["openat", "write", "fsync", "close", "rename", "renameat", "mkdir", "unlink", "unlinkat", "newfstatat",
         "fstat", "read", "getdents64", "ftruncate", "flock"]
SETTINGS = ["env.max_frame=3000", "meta.log_frequency=500", "meta.max_session=1", "agent.net.hid_layers=[16]",
            "agent.algorithm.training_epoch=1", "agent.algorithm.time_horizon=64", "agent.algorithm.minibatch_size=64"]


def overrides():
    return [word for setting in SETTINGS for word in ("--override", setting)]


def train(program, spec, mode, data, before=()):
    command = [*before, program, "run", spec, "ppo_cartpole", mode, "--data", str(data), "--checkpoint-seconds", "0",
               "--threads", "1", *overrides()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def computed(run):
    """What a run computed, without what comes from a clock."""
    result = {}
    for path in sorted(run.glob("model/*.safetensors")) + sorted(run.glob("info/*")):
        data = path.read_bytes()
        if path.suffix == ".csv":
            rows = [line.split(",") for line in data.decode().splitlines()]
            keep = [i for i, name in enumerate(rows[0]) if name not in ("fps", "wall_t")]
            data = repr([[row[i] for i in keep] for row in rows]).encode()
        if path.name.endswith("_session_result.json"):
            values = json.loads(data)
            values.pop("seconds"), values.pop("fps")
            data = json.dumps(values).encode()
        result[str(path.relative_to(run))] = data
    return result


def count(trace, call):
    return len(re.findall(rf"^\d+ +{call}\(", trace.read_text(errors="replace"), re.M))


def main():
    program = next(str(p) for p in pathlib.Path(sys.argv[1]).rglob("slm-lab") if p.is_file())
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    spec = str(pathlib.Path(__file__).resolve().parent.parent / "slm_lab/spec/benchmark/ppo/ppo_cartpole.json")
    scratch = pathlib.Path(tempfile.mkdtemp())
    assert train(program, spec, "train", scratch / "whole").returncode == 0
    truth = computed(next((scratch / "whole").iterdir()))

    points = failures = 0
    codes = {}
    for call in CALLS:
        trace = scratch / "trace"
        train(program, spec, "train", scratch / "counted", ["strace", "-f", "-o", str(trace), "-e", f"trace={call}"])
        shutil.rmtree(scratch / "counted", ignore_errors=True)
        for fault in ("error=EIO", "error=ENOSPC", "signal=KILL"):
            for when in range(1, count(trace, call) + 1, every):
                data = scratch / "faulty"
                disturbed = train(program, spec, "train", data,
                                  ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                   f"inject={call}:{fault}:when={when}"])
                codes[disturbed.returncode] = codes.get(disturbed.returncode, 0) + 1
                runs = [run for run in data.iterdir() if list(run.glob("*_spec.json"))] if data.exists() else []
                again = train(program, spec, "train@latest" if runs else "train", data)
                if runs and again.returncode == 2 and "no run of" in again.stderr:
                    again = train(program, spec, "train", data)
                same = [run for run in data.iterdir() if computed(run) == truth] if again.returncode == 0 else []
                points += 1
                if again.returncode != 0 or not same or (disturbed.returncode < 0 and fault != "signal=KILL"):
                    failures += 1
                    print(f"{call} {fault} when={when}: code {disturbed.returncode}, again {again.returncode}: "
                          f"{again.stderr.strip().splitlines()[-1:]}")
                shutil.rmtree(data, ignore_errors=True)
        print(f"{call}: {points} points so far, {failures} failures", flush=True)
    print(f"{points} points, {failures} failures; exit codes under faults: {codes}")
    shutil.rmtree(scratch)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
