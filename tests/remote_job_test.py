"""remote_job.py, which a rented machine runs: it goes on with what is published, publishes while the run grows and at its end, hands on
the run's exit code, begins nothing that could not be published or might be published already, and a word of job.json is one word
of a command."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A slm-lab that writes down its words. It pulls what lies in `published`, after as many refusals as `failures` says.
FAKE = '''#!/bin/sh
printf '%s|' "$@" >>calls; echo >>calls
case $1 in
  pull)
    left=$(cat failures); echo $((left - 1)) >failures
    [ $left -le 0 ] || exit 8
    [ -d published ] || exit 2
    mkdir -p data; cp -r published "data/$2" ;;
  push) [ "$HF_REPO" = alice/runs ] || exit 9 ;;
  run) exit 7 ;;
esac
'''
FAKE_HUB = '''
class HfApi:
    def create_repo(self, repo, repo_type, private, exist_ok):
        open("calls", "a").write(f"create {repo} {repo_type} {private} {exist_ok}\\n")
        open("writable")
'''
CREATE = "create alice/runs dataset True True"


def calls(code, published=False, spec="x", failures=0, writable=True):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "slm-lab").write_text(FAKE)
        os.chmod(folder + "/slm-lab", 0o755)
        pathlib.Path(folder, "huggingface_hub.py").write_text(FAKE_HUB)
        pathlib.Path(folder, "failures").write_text(str(failures))
        job = {"spec": spec, "mode": "train", "folder": "R", "repo": "alice/runs", "private": True, "minutes": 10, "wait": 0}
        pathlib.Path(folder, "job.json").write_text(json.dumps(job))
        if published:
            os.mkdir(folder + "/published")
        if writable:
            pathlib.Path(folder, "writable").touch()
        result = subprocess.run([sys.executable, ROOT / "slm_lab/hub/remote_job.py"], cwd=folder, capture_output=True, text=True,
                                env={**os.environ, "PYTHONPATH": folder})
        assert result.returncode == code, result
        assert not pathlib.Path(folder, "MARK").exists()
        return pathlib.Path(folder, "calls").read_text().splitlines()


def main():
    hostile = "a b; touch MARK $(touch MARK)"
    pull, push = "pull|R|", "push|data/R|--unfinished|"
    assert calls(7, spec=hostile) == [CREATE, pull, f"run|spec.json|{hostile}|train|--name|R|", push]
    assert calls(7, published=True) == [CREATE, pull, "run|spec.json|x|train@data/R|", push]
    assert calls(7, published=True, failures=2) == [CREATE, *[pull] * 3, "run|spec.json|x|train@data/R|", push]
    assert calls(8, published=True, failures=9) == [CREATE, *[pull] * 5], "what is published would have been replaced"
    assert calls(8, writable=False) == [CREATE] * 5, "nothing of it could be published"


if __name__ == "__main__":
    main()
