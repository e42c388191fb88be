"""What a rented machine does for `slm-lab run-remote`, in the Python of ./slm-lab setup hub: runs what job.json says, publishes the
run folder while it grows, and goes on with what is published already, as after a machine that was taken away. What cannot be
published is not begun, and while the hub does not say whether there is something to go on with, nothing is begun anew. No word
of job.json passes through a shell."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from huggingface_hub import HfApi

USAGE, REMOTE = 2, 8  # exit codes of slm-lab (slm_lab/base/error.h)
TRIES = 5


def lab(*words):
    return subprocess.run(["./slm-lab", *words], check=False).returncode


def patiently(action, job):
    """The exit code of an action, which is tried again while the hub is what fails."""
    for left in reversed(range(TRIES)):
        code = action()
        if code != REMOTE or not left:
            return code
        time.sleep(job["wait"])


def open_repository(job):
    try:
        HfApi().create_repo(job["repo"], repo_type="dataset", private=job["private"] or None, exist_ok=True)
    except Exception as error:  # whatever it is, nothing could be published
        print(f"{job['repo']}: cannot be written to: {type(error).__name__}: {error}", file=sys.stderr)
        return REMOTE
    return 0


def train(job, folder):
    """Until it ends, however it does; its exit code."""
    goes_on = pathlib.Path(folder).exists()
    mode, place = (f"{job['mode']}@{folder}", []) if goes_on else (job["mode"], ["--name", job["folder"]])
    child = subprocess.Popen(["./slm-lab", "run", "spec.json", job["spec"], mode, *place])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    while True:
        try:
            return child.wait(timeout=60 * job["minutes"])
        except subprocess.TimeoutExpired:
            lab("push", folder, "--unfinished")  # one that fails is made up for by the next


def main():
    job = json.loads(pathlib.Path("job.json").read_text())
    os.environ["HF_REPO"] = job["repo"]
    folder = f"data/{job['folder']}"
    if patiently(lambda: open_repository(job), job) != 0:
        return REMOTE
    if not pathlib.Path(folder).exists():
        pulled = patiently(lambda: lab("pull", job["folder"]), job)
        if pulled not in (0, USAGE):  # USAGE: there is none yet
            return pulled
    code = train(job, folder)
    pushed = patiently(lambda: lab("push", folder, "--unfinished"), job)
    return code or pushed


if __name__ == "__main__":
    sys.exit(main())
