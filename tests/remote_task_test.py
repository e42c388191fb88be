"""remote_task_test.py SLM_LAB: the tasks that `slm-lab run-remote --dry-run` prints, and what hostile words do to them: nothing. Parsed by
dstack's own parser where a Python with dstack is named by SLM_DSTACK_PYTHON, and by a strict reader of their few lines everywhere."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from hostile_words import cases  # noqa: E402

PROGRAM = sys.argv[1]
SPECS = [("ppo/ppo_cartpole.json", "ppo_cartpole", "train", []), ("ppo/ppo_mujoco.json", "ppo_mujoco", "train", ["-s", "env=Hopper-v5"]),
         ("dqn/dqn_atari.json", "dqn_atari", "train", ["-s", "env=ALE/Pong-v5"]), ("sac/sac_pendulum.json", "sac_pendulum", "dev", ["--gpu"]),
         ("ppo/ppo_atari.json", "ppo_atari", "train", ["-s", "env=ALE/Qbert-v5", "--gpu", "--max-duration", "2d"])]
SHELL = ["apt-get update", "apt-get install -y --no-install-recommends ca-certificates python3 python3-venv", "tar -xzf source.tar.gz",
         "./slm-lab setup hub", ".deps/hub/bin/python remote_job.py"]

FAKE_DSTACK = """#!/bin/sh
cat /proc/$$/cmdline /proc/$PPID/cmdline >>seen
case "$1 $2 $3" in
  "run get busy") echo '{"status": "running"}' ;;
  "run get "*) exit 1 ;;
  "secret list "*) echo other ;;
  *) printf '%s\\n' "$@" >called; [ ! -e refuses ] ;;
esac
"""


def call(*words, folder, **extra):
    environment = {"PATH": folder + "/bin:" + os.environ["PATH"], "SLM_LAB_ROOT": str(ROOT), "HF_REPO": "alice/runs", "HF_TOKEN": "hf_secret", **extra}
    return subprocess.run([PROGRAM, "run-remote", *words], cwd=folder, env=environment, capture_output=True, text=True, errors="replace")


def check(text):
    """What a task may hold, line by line: a name of dstack's, numbers, and for the rest constants."""
    assert re.match(r"type: task\nname: [a-z][a-z0-9-]{1,40}\nimage: debian:12\nuser: root\n", text), text
    assert "hf_secret" not in text and "- HF_TOKEN=${{ secrets.hf_token }}\n" in text, text
    assert re.search(r"commands:\n((?:  - .*\n)+)", text)[1] == "".join(f"  - {line}\n" for line in SHELL), text
    numbers = r"resources:\n  cpu: x86:\d+\.\.\n  memory: \d+GB\.\.\n  disk: 30GB\.\.\n(  gpu: 1\n)?max_duration: \d+[mhd]\nstop_duration: 5m\n"
    assert re.search(numbers, text), text


def files_below(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def install_dstack(folder):
    os.mkdir(folder + "/bin")
    pathlib.Path(folder, "bin/dstack").write_text(FAKE_DSTACK)
    os.chmod(folder + "/bin/dstack", 0o755)


def benchmark_tasks(folder):
    for file, name, mode, words in SPECS:
        result = call(f"slm_lab/spec/benchmark/{file}", name, mode, "--dry-run", *words, folder=folder)
        assert result.returncode == 0, result.stderr
        check(result.stdout)
        assert ("  gpu: 1\n" in result.stdout) == ("--gpu" in words)
        yield result.stdout
    assert os.listdir(folder) == [], "a dry run left something"


def hostile_tasks(folder, number):
    """What is sent for hostile words, and what other users of the machine could see of it meanwhile."""
    install_dstack(folder)
    for words, label in cases(number, folder + "/my.json"):
        called = pathlib.Path(folder, "called")
        called.unlink(missing_ok=True)
        result = call("--yes", *words, folder=folder)
        assert "hf_secret" not in result.stdout + result.stderr
        if words[-2] != "my":
            assert result.returncode == 2 and not called.exists(), (words, result.stderr)
            continue
        assert result.returncode == 0, (words, result.stderr)
        lines = called.read_text().splitlines()
        assert lines[:3] == ["apply", "--detach", "-f"] and lines[4:] == ["-y"], lines
        task = pathlib.Path(folder, lines[3])
        check(task.read_text())
        assert json.loads((task.parent / "job/spec.json").read_text())["my"]["agent"]["name"] == label, "another word than was written"
        assert pathlib.PurePath(lines[3]).parts[:2] == ("data", ".remote")
        yield task.read_text()
        shutil.rmtree(folder + "/data")
    assert b"hf_secret" not in pathlib.Path(folder, "seen").read_bytes(), "in a list of processes"
    assert not [path for path in files_below(folder) if b"hf_secret" in path.read_bytes()]
    assert {path.name for path in files_below(folder)} <= {"called", "dstack", "my.json", "seen"}, "a word in a shell left something"


def refusals(folder):
    for words, code, text in ((["--max-duration", "6 hours"], 2, "as 30m"), (["--repo", "x"], 2, "USER/NAME"), (["-s", "x"], 2, "KEY=VALUE")):
        result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", *words, folder=folder)
        assert result.returncode == code and text in result.stderr, (words, result.stderr)
    short = call("slm_lab/spec/demo.json", "dev", "--dry-run", folder=folder)  # a file with one spec needs no name
    assert short.returncode == 0 and '"spec":"ppo_cartpole","mode":"dev"' in short.stderr, short.stderr
    for words, text in ((["slm_lab/spec/demo.json", "nothing", "train"], "nothing"), (["slm_lab/spec/demo.json", "ppo_cartpole", "enjoy"], "dev, train"),
                        (["slm_lab/spec/demo.json", "ppo_cartpole", "search"], "no search block")):
        result = call(*words, folder=folder)
        assert result.returncode == 2 and text in result.stderr, (words, result.stderr)
    python = ROOT / ".deps/venv/bin/python"  # of setup/python.sh
    if python.exists():
        result = call(str(ROOT / "docs/examples/corridor.json"), "corridor", "train", "--dry-run", folder=folder, SLM_PYTHON=str(python))
        assert result.returncode == 2 and "env.module docs/examples/corridor.py" in result.stderr, result.stderr
    if (ROOT / ".deps/mujoco/models").exists():
        with tempfile.TemporaryDirectory() as elsewhere:
            model, spec = pathlib.Path(elsewhere, "own.xml"), pathlib.Path(elsewhere, "own.json")
            shutil.copy(ROOT / ".deps/mujoco/models/inverted_pendulum.xml", model)
            specs = json.loads((ROOT / "slm_lab/spec/benchmark/ppo/ppo_inverted_pendulum.json").read_text())
            specs["ppo_inverted_pendulum"]["env"]["xml_file"] = str(model)
            spec.write_text(json.dumps(specs))
            result = call(str(spec), "ppo_inverted_pendulum", "train", "--dry-run", folder=folder)
        assert result.returncode == 2 and "env.xml_file: run-remote sends" in result.stderr, result.stderr
    result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", folder=folder, HF_REPO="")
    assert result.returncode == 2 and "HF_REPO" in result.stderr, result.stderr
    no_dstack = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", folder=folder, PATH="/usr/bin:/bin")
    assert no_dstack.returncode == 3 and "dstack is not installed" in no_dstack.stderr, no_dstack.stderr
    assert os.listdir(folder) == []


def started(folder):
    """By a dstack that writes down what it was called with, knows one run and one secret, and takes no run while there is a file `refuses`.
    It knows no other run afterwards either, as where its question was answered with no."""
    install_dstack(folder)
    result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", "--yes", "-n", "busy", folder=folder)
    assert result.returncode == 2 and "`dstack stop busy`" in result.stderr, result.stderr
    assert not pathlib.Path(folder, "called").exists() and not pathlib.Path(folder, "data").exists(), "the other run would have ended"
    pathlib.Path(folder, "refuses").touch()
    result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", "--yes", folder=folder)
    assert result.returncode == 8 and "results" not in result.stderr and pathlib.Path(folder, "called").exists(), result.stderr
    assert not pathlib.Path(folder, "data").exists(), "left behind"
    os.remove(folder + "/refuses")
    result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", folder=folder)
    assert result.returncode == 0 and "pull" not in result.stderr, result.stderr
    assert not pathlib.Path(folder, "data").exists(), "left behind"
    result = call("slm_lab/spec/demo.json", "ppo_cartpole", "train", "--yes", folder=folder)
    assert result.returncode == 0 and "no secret hf_token" in result.stderr, result.stderr
    job = pathlib.Path(folder, "data/.remote/ppo-cartpole/job")
    assert {path.name for path in job.iterdir()} == {".dstackignore", "job.json", "spec.json", "remote_job.py", "source.tar.gz"}
    assert json.loads((job / "job.json").read_text())["spec"] == "ppo_cartpole"
    assert list(json.loads((job / "spec.json").read_text())) == ["ppo_cartpole"]
    assert (job / "source.tar.gz").stat().st_size < 2 << 20, "dstack's server takes no more"


def main():
    tasks = []
    for part in (benchmark_tasks, lambda folder: hostile_tasks(folder, int(os.environ.get("SLM_HOSTILE", "16"))), refusals, started):
        with tempfile.TemporaryDirectory() as folder:
            tasks += part(folder) or []

    python = os.environ.get("SLM_DSTACK_PYTHON")
    if python:
        parse = ("import sys, json, yaml\nfrom dstack._internal.core.models.configurations import parse_apply_configuration as parse\n"
                 "for text in json.load(sys.stdin): parse(yaml.safe_load(text))")
        subprocess.run([python, "-c", parse], input=json.dumps(tasks), text=True, check=True)
    print(f"{len(tasks)} tasks{', accepted by dstack' if python else '; dstack itself was not asked (SLM_DSTACK_PYTHON)'}")


if __name__ == "__main__":
    main()
