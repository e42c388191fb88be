#!/usr/bin/env python3
"""Measures what a search itself costs: 500 trials of a small A2C on CartPole, 2,000 frames each.

search_throughput.py [PROGRAM [TRIALS [THREADS]]]

Prints wall-clock, the driver's own share of all processor time, and its memory after a fifth of the trials and at the end.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def spec(trials: int) -> dict:
    shipped = json.loads((ROOT / "slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json").read_text())["a2c_gae_cartpole"]
    shipped["env"]["max_frame"] = 2000
    shipped["meta"].update(max_session=1, max_trial=trials, log_frequency=200, eval_frequency=200, search_sampler="random",
                           search_scheduler={"grace_period": 1000, "reduction_factor": 3})
    shipped["search"] = {"agent.algorithm.gamma__uniform": [0.9, 0.999], "agent.algorithm.lam__uniform": [0.8, 1.0]}
    return {"a2c_small": shipped}


def driver_state(pid: int) -> tuple[float, int]:
    """Seconds of processor time of this process alone, and its resident kilobytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    nanoseconds = int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])  # /proc/PID/stat counts in hundredths
    return nanoseconds / 1e9, rss


def ended(journal: pathlib.Path) -> int:
    return journal.read_text().count('"op_code":6') if journal.exists() else 0


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/slm-lab")
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    threads = sys.argv[3] if len(sys.argv) > 3 else "2"
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "spec.json"
        file.write_text(json.dumps(spec(trials)))
        begin = time.monotonic()
        command = [program, "run", str(file), "a2c_small", "search", "--data", scratch, "--name", "run",
                   "--threads", threads, "--log-level", "error"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        journal = pathlib.Path(scratch) / "run/info/a2c_small_search_journal.log"
        early, state = 0, (0.0, 0)
        while process.poll() is None:
            try:
                state = driver_state(process.pid)
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                break
            if early == 0 and ended(journal) >= trials / 5:
                early = state[1]
            time.sleep(0.05)
        out, _ = process.communicate()
        wall = time.monotonic() - begin
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = usage.ru_utime + usage.ru_stime
        print(out.splitlines()[2])
        print(f"{ended(journal)} trials in {wall:.1f} s on {threads} threads; processor time {total:.1f} s, of it the driver's"
              f" {state[0]:.2f} s ({100 * state[0] / total:.1f} %); its memory {early} kB after a fifth, {state[1]} kB at the end")


if __name__ == "__main__":
    main()
