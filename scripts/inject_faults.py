#!/usr/bin/env python3
"""scripts/inject_faults.py BUILD_FOLDER [EVERY [ONLY]]: makes every EVERY-th (7; 1 is all) system call on the run folder
of two tiny trainings fail (EIO, ENOSPC), or kills the process at it, goes on without faults, and compares what was computed
with an undisturbed run, byte by byte. The calls are those of four processes, each disturbed alone: the program at a new run
and at a continued one, the session that it starts and one that starts from a checkpoint. ONLY is a pattern of the faults to
try, as 'ppo.*, continued run, openat error=EIO'. Ends with 1 when anything was lost or nothing tried, with 77 where there is no strace.
TMPDIR=/dev/shm makes it several times faster."""
import collections
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WRITING = ["openat", "write", "fsync", "close", "rename", "renameat", "mkdir", "unlink", "unlinkat", "rmdir", "ftruncate"]
READING = ["newfstatat", "fstat", "read", "pread64", "getdents64", "flock", "readlink", "fcntl"]
# A kill at a call that reads leaves the folder as a kill at the next call that writes does.
FAULTS = [(call, fault) for call in WRITING for fault in ("error=EIO", "error=ENOSPC", "signal=KILL")]
FAULTS += [(call, "error=EIO") for call in READING]
PPO = ("ppo/ppo_cartpole.json", "ppo_cartpole",
       ["env.max_frame=1500", "meta.log_frequency=500", "agent.net.hid_layers=[16]", "agent.algorithm.training_epoch=1",
        "agent.algorithm.time_horizon=64", "agent.algorithm.minibatch_size=64"])
# Its priorities are large enough to be kept in segments, beside the checkpoints.
LARGE_REPLAY = ("dqn/dqn_cartpole.json", "ddqn_per_boltzmann_cartpole",
                ["env.max_frame=1500", "meta.log_frequency=500", "agent.net.hid_layers=[16]",
                 "agent.memory.max_size=150000", "agent.algorithm.training_frequency=32"])
REPORT_DESCRIPTOR = 64  # where a session writes what it reports
DOCUMENTED = {0, 4, -9}  # by docs/cli.md for such faults; not 1, a defect, nor 5, damage, and no signal but ours
HANG = "hang"


class Lab:
    """A run named "run" of a spec (file, name, settings) in the folder `data`, which may come and go."""

    def __init__(self, build, spec, scratch, data):
        self.program = next(str(p) for p in pathlib.Path(build).resolve().rglob("slm-lab") if p.is_file())
        file, self.spec_name, settings = spec
        self.spec = str(pathlib.Path(__file__).resolve().parent.parent / "slm_lab/spec/benchmark" / file)
        self.overrides = [word for setting in [*settings, "meta.max_session=1"] for word in ("--override", setting)]
        self.data = data
        self.run = self.data / "run"
        self.scratch = scratch

    def train(self, mode, before=()):
        name = ["--name", "run"] if mode == "train" else []
        return self.call([*before, self.program, "run", self.spec, self.spec_name, mode, *name, "--data", str(self.data),
                          "--checkpoint-seconds", "0", "--threads", "1", *self.overrides])

    def session(self, before=()):
        """A session as the program starts it, whose parent is strace."""
        words = [*before, self.program, "session", str(self.run), "--threads=1", "--checkpoint-seconds=0",
                 f"--report={REPORT_DESCRIPTOR}"]
        log = self.run / "log" / f"{self.spec_name}_t0.log"
        shell = 'log=$1; shift; exec "$@" --parent=$$ >> "$log" 2>&1 %d> /dev/null' % REPORT_DESCRIPTOR
        return self.call(["bash", "-c", shell, "bash", str(log), *words])

    @staticmethod
    def call(command):
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, HANG, "", "")

    def restore(self, template):
        shutil.rmtree(self.data, ignore_errors=True)
        if template is not None:
            shutil.copytree(template, self.data, symlinks=True)

    def keep(self, name):
        template = self.scratch / name
        shutil.copytree(self.data, template, symlinks=True)
        return template

    def go_on(self):
        """A run without a spec never began."""
        if (self.run / f"{self.spec_name}_spec.json").exists():
            return self.train("train@latest")
        self.restore(None)
        return self.train("train")

    def computed(self):
        """What a run computed, without what comes from a clock."""
        result = {}
        for path in sorted([*self.run.glob("model/*_net_model.safetensors"), *self.run.glob("info/*"), *self.run.glob("*_scalar.json")]):
            data = path.read_bytes()
            if path.suffix == ".csv":
                rows = [line.split(",") for line in data.decode().splitlines()]
                keep = [i for i, name in enumerate(rows[0]) if name not in ("fps", "wall_t")] if rows else []
                data = repr([[row[i] for i in keep] for row in rows]).encode()
            if path.name.endswith("_trial_metrics.json"):
                metrics = json.loads(data)
                for session in metrics["sessions"].values():
                    del session["seconds"], session["fps"], session["profile"]
                data = json.dumps(metrics)
            result[str(path.relative_to(self.run))] = data
        return result

    def differences(self, truth):
        """What is wrong with a finished run: other results than `truth`, a file that its manifest is not right about."""
        now = self.computed()
        wrong = [f"other {path}" for path in truth.keys() | now.keys() if truth.get(path) != now.get(path)]
        return wrong + [f"manifest.json is not right about {path}" for path in self.unlisted()]

    def unlisted(self):
        files = {entry["path"]: entry["sha256"] for entry in json.loads((self.run / "manifest.json").read_text())["files"]}
        there = {str(path.relative_to(self.run)) for path in self.run.rglob("*") if path.is_file()}
        there -= {"manifest.json", "run.lock"}
        wrong = [path for path in files if path not in there
                 or hashlib.sha256((self.run / path).read_bytes()).hexdigest() != files[path]]
        return wrong + [path for path in there - set(files) if not path.endswith((".png", ".svg"))]


def said(result):
    return f"code {result.returncode}: {result.stderr.strip().splitlines()[-2:]}"


def strace(*options):
    return ["strace", "-qq", "-o", "/dev/null", *options]


def points_of(lab, target):
    """The numbers of the calls of each kind that are about the run folder."""
    trace = lab.scratch / "trace"
    calls = sorted({call for call, _ in FAULTS})
    target(["strace", "-qq", "-y", "-o", str(trace), "-e", "trace=" + ",".join(calls)])
    seen, points = dict.fromkeys(calls, 0), {call: [] for call in calls}
    for line in trace.read_text(errors="replace").splitlines():
        call = re.match(r"(\w+)\(", line)
        if not call:
            continue
        seen[call[1]] += 1
        if str(lab.data) in line:
            points[call[1]].append(seen[call[1]])
    return points


def check(lab, every, only):
    """Prints what goes wrong at every `every`-th point; the codes of the disturbed processes and how many failed."""
    assert lab.train("train").returncode == 0
    truth = lab.computed()
    lab.restore(None)
    lab.train("train", strace("-e", "inject=clone,clone3,vfork:signal=KILL"))  # when it is about to start the session
    begun = lab.keep("begun")
    renames = points_of(lab, lab.session)["rename"]
    lab.restore(begun)
    lab.session(strace("-e", f"inject=rename:signal=KILL:when={renames[2 * len(renames) // 3]}"))
    stopped = lab.keep("stopped")
    targets = {"new run": (None, lambda before: lab.train("train", before)),
               "continued run": (stopped, lambda before: lab.train("train@latest", before)),
               "new session": (begun, lab.session),
               "continued session": (stopped, lab.session)}

    codes, failures = collections.Counter(), 0
    for name, (template, target) in targets.items():
        lab.restore(template)
        numbers = points_of(lab, target)
        for call, fault in FAULTS:
            fault_name = f"{lab.spec_name}, {name}, {call} {fault}"
            for when in numbers[call][::every] if re.match(only, fault_name) else []:
                lab.restore(template)
                disturbed = target(strace("-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}"))
                codes[disturbed.returncode] += 1
                again = lab.go_on()
                wrong = lab.differences(truth) if again.returncode == 0 else ["then " + said(again)]
                if disturbed.returncode not in DOCUMENTED or (disturbed.returncode == -9) != (fault == "signal=KILL"):
                    wrong.append(said(disturbed))
                if wrong:
                    failures += 1
                    print(f"{fault_name} when={when}: " + "; ".join(wrong), flush=True)
        print(f"{lab.spec_name}, {name}: {codes.total()} points so far, {failures} failures", flush=True)
    return codes, failures


def main():
    if shutil.which("strace") is None or subprocess.run(strace("true"), capture_output=True).returncode:
        print("needs strace, and leave to trace")
        return 77
    codes, failures = collections.Counter(), 0
    for spec in (LARGE_REPLAY, PPO):
        with tempfile.TemporaryDirectory(prefix="inject_faults_") as name:
            scratch = pathlib.Path(name)
            more_codes, more_failures = check(Lab(sys.argv[1], spec, scratch, scratch / "data"),
                                              int(sys.argv[2]) if len(sys.argv) > 2 else 7,
                                              sys.argv[3] if len(sys.argv) > 3 else "")
        codes += more_codes
        failures += more_failures
    print(f"{codes.total()} points, {failures} failures; exit codes under faults: {dict(codes)}")
    return 1 if failures or not codes else 0


if __name__ == "__main__":
    sys.exit(main())
