"""ray_worker_test.py SLM_LAB: what runs on a node of a Ray cluster, without Ray and on this machine: a session whose node does not see the
run folder (to the worker that is one whose fence holds another word) comes to the files of one that does, also when it is killed there."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "slm_lab/experiment"))
import ray_worker  # noqa: E402

PROGRAM = sys.argv[1]
SETTINGS = ["env.max_frame=300000", "meta.log_frequency=3000", "meta.max_session=2", "agent.net.hid_layers=[16]"]


def trained(data):
    """A run that ended here, in its run folder."""
    words = [word for setting in SETTINGS for word in ("--override", setting)]
    spec = ROOT / "slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json"
    subprocess.run([PROGRAM, "run", spec, "a2c_gae_cartpole", "train", "--data", data, "--name", "run", *words], check=True, capture_output=True)
    return pathlib.Path(data, "run")


def begun(run, folder):
    """The same before its first session started, as far as files tell."""
    for part in ("graph", "info", "log", "model"):
        (folder / part).mkdir(parents=True)
    for file in (run / "manifest.json", *run.glob("*_spec.json")):
        shutil.copy(file, folder)
    return folder


def command(folder):
    log = f"{folder}/log/a2c_gae_cartpole_t0.log"
    argv = [PROGRAM, "session", str(folder), "--trial=0", "--session=0", "--threads=1", "--checkpoint-seconds=0", "--of-search=false"]
    return {"argv": argv, "folder": str(folder), "session": "t0_s0", "log": log, "fence": log + ".s0.running"}


def weights_of(folder):
    return [(folder / f"model/a2c_gae_cartpole_t0_s0_{name}net_model.safetensors").read_bytes() for name in ("", "ckpt-best_")]


def run(folder, files, kill_at=None):
    """Runs the session and keeps what comes back; its exit code. `kill_at`: the number of the report at which it is killed."""
    worker, reports, code = ray_worker.Worker(), 0, None
    for kind, value in worker.run(command(folder), "the word", files):
        reports += kind == "line"
        if reports == kill_at and worker.child.poll() is None:
            worker.signal(signal.SIGKILL)
        if kind == "files":
            ray_worker.keep(folder, value)
        code = value if kind in ("ended", "elsewhere") else code
    return code


def left_behind():
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(ray_worker.SCRATCH)]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TMPDIR"] = tempfile.tempdir = scratch
        here = trained(scratch + "/data")
        there = begun(here, pathlib.Path(scratch, "there/run"))
        pathlib.Path(command(there)["fence"]).write_text("another word")
        assert isinstance(run(there, None), str), "a node that does not see the folder asks for the files"
        assert not list((there / "model").iterdir())

        # Killed once it has checkpoints, then begun again from what came back.
        killed = run(there, ray_worker.files_of(there, "t0_s0"), kill_at=20)
        assert killed == -signal.SIGKILL, (killed, (there / "log/a2c_gae_cartpole_t0.log").read_text()[-300:])
        kept = list(there.glob("model/a2c_gae_cartpole_t0_s0_checkpoints/*/state.safetensors"))
        assert kept, "the checkpoints of a killed session come back"
        assert run(there, ray_worker.files_of(there, "t0_s0")) == 0
        assert weights_of(there) == weights_of(here)
        log = (there / "log/a2c_gae_cartpole_t0.log").read_text()
        assert "s0 | continues from frame " in log and log.count("s0 | frame      3000 ") == 1, "both parts, one after the other"
        now = list(there.glob("model/a2c_gae_cartpole_t0_s0_checkpoints/*/state.safetensors"))
        assert not set(kept) & set(now), "what the session removed there is gone here"

        # Of the files of the run those of this session and no other's go there.
        for name in ("info/a2c_gae_cartpole_t0_s1_session_df_train.csv", "info/a2c_gae_cartpole_t0_s01_x.csv", "a2c_gae_cartpole_t1_spec.json"):
            (there / name).touch()
        names = ray_worker.files_of(there, "t0_s0")
        assert "info/a2c_gae_cartpole_t0_s0_session_result.json" in names and "manifest.json" in names, names
        assert not [name for name in names if "_s1" in name or "_s01" in name or "_t1" in name], names

        # A folder of a worker that was killed goes with the next one; one that is in use, or about to be, stays.
        for name in ("dead", "used", "begins"):
            path = pathlib.Path(scratch, ray_worker.SCRATCH + name)
            path.with_name(path.name + ".lock").touch()
            if name != "begins":
                path.mkdir()
        with open(f"{scratch}/{ray_worker.SCRATCH}used.lock", "rb") as used:
            fcntl.flock(used, fcntl.LOCK_EX)
            with contextlib.closing(ray_worker.Worker().run(command(there), "the word", {})) as session:
                next(session)
        assert sorted(left_behind()) == [ray_worker.SCRATCH + name for name in ("begins.lock", "used", "used.lock")], left_behind()


main()
