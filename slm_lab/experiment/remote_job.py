"""What a rented machine does for `slm-lab run-remote`: runs what job.json says, publishes the run folder while it grows, and
goes on with what is published already, as after a machine that was taken away. No word of it passes through a shell."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

USAGE, TRIES = 2, 5


def main():
    job = json.loads(pathlib.Path("job.json").read_text())
    os.environ["HF_REPO"] = job["repo"]
    folder = f"data/{job['folder']}"

    def lab(*words):
        return subprocess.run(["./slm-lab", *words], check=False).returncode

    if not pathlib.Path(folder).exists():
        pulled = lab("pull", job["folder"])
        if pulled not in (0, USAGE):  # USAGE: there is none yet
            print(f"nothing of {job['folder']} could be fetched (code {pulled}); it starts anew", file=sys.stderr)
    mode = job["mode"]
    mode, place = (f"{mode}@{folder}", []) if pathlib.Path(folder).exists() else (mode, ["--name", job["folder"]])
    command = ["./slm-lab", "run", "spec.json", job["spec"], mode, *place]
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    code = None
    while code is None:
        try:
            code = child.wait(timeout=60 * job["minutes"])
        except subprocess.TimeoutExpired:
            lab("push", folder, "--unfinished")
    for left in reversed(range(TRIES)):
        pushed = lab("push", folder, "--unfinished")
        if pushed == 0 or not left:
            return code or pushed
        time.sleep(30)


if __name__ == "__main__":
    sys.exit(main())
