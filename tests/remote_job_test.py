"""remote_job.py, which a rented machine runs: it goes on with what is published, publishes while the run grows and at its end, hands on
the run's exit code, and a word of job.json is one word of a command."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A slm-lab that writes down its words. It pulls what lies in `published`.
FAKE = '''#!/bin/sh
printf '%s|' "$@" >>calls; echo >>calls
case $1 in
  pull) [ -d published ] || exit 2; mkdir -p data; cp -r published "data/$2" ;;
  push) [ "$HF_REPO" = alice/runs ] || exit 9 ;;
  run) exit 7 ;;
esac
'''


def calls(published, spec):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "slm-lab").write_text(FAKE)
        os.chmod(folder + "/slm-lab", 0o755)
        job = {"spec": spec, "mode": "train", "folder": "R", "repo": "alice/runs", "minutes": 10}
        pathlib.Path(folder, "job.json").write_text(json.dumps(job))
        if published:
            os.mkdir(folder + "/published")
        result = subprocess.run([sys.executable, ROOT / "slm_lab/experiment/remote_job.py"], cwd=folder, capture_output=True, text=True)
        assert result.returncode == 7, result
        assert not pathlib.Path(folder, "MARK").exists()
        return pathlib.Path(folder, "calls").read_text().splitlines()


def main():
    hostile = "a b; touch MARK $(touch MARK)"
    assert calls(False, hostile) == ["pull|R|", f"run|spec.json|{hostile}|train|--name|R|", "push|data/R|--unfinished|"]
    assert calls(True, "x") == ["pull|R|", "run|spec.json|x|train@data/R|", "push|data/R|--unfinished|"]


if __name__ == "__main__":
    main()
