"""remote_run_test.py SLM_LAB: what a rented machine does, on this one, with the real program and a hub on this machine: a run and a
search whose machine is taken away go on elsewhere from what was published, and end as if nothing had happened."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from fake_hub import Hub  # noqa: E402

PROGRAM = sys.argv[1]
SECONDS = 300  # a machine that takes longer hangs


class WatchedHub(Hub):
    def __init__(self):
        self.published = threading.Event()
        super().__init__()

    def serve(self, *request):
        super().serve(*request)
        if self.commits:
            self.published.set()


class RemoteRun(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.hub = WatchedHub()
        self.addCleanup(self.hub.close)

    def machine(self, name, mode, spec, minutes):
        """A fresh one, as dstack leaves it: the files of the task, and what `./slm-lab setup hub` installs."""
        folder = pathlib.Path(self.scratch, name)
        folder.mkdir()
        (folder / "slm-lab").write_text(f'#!/bin/sh\necho "$*" >>"$0.calls"\nSLM_LAB_ROOT="{ROOT}" exec "{PROGRAM}" "$@"\n')
        (folder / "slm-lab").chmod(0o755)
        (folder / "spec.json").write_text(json.dumps({"own": spec}))
        job = {"spec": "own", "mode": mode, "folder": "R", "repo": "alice/runs", "private": False, "minutes": minutes, "wait": 0}
        (folder / "job.json").write_text(json.dumps(job))
        environment = {"PATH": os.environ["PATH"], "HOME": self.scratch, "HF_ENDPOINT": self.hub.url, "HF_TOKEN": "hf_" + name,
                       "HF_HUB_DISABLE_XET": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.hub.token = "hf_" + name  # a push of one that was taken away comes to nothing
        log = open(folder / "log", "w")
        self.addCleanup(log.close)
        return folder, subprocess.Popen([sys.executable, ROOT / "slm_lab/hub/remote_job.py"], cwd=folder, env=environment, stdout=log,
                                        stderr=log, start_new_session=True)

    def taken_away_and_replaced(self, mode, spec):
        _, first = self.machine("first", mode, spec, minutes=1e-3)
        self.assertTrue(self.hub.published.wait(SECONDS))
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        folder, second = self.machine("second", mode, spec, minutes=10)
        self.assertEqual(second.wait(SECONDS), 0, (folder / "log").read_text())
        self.assertEqual((folder / "slm-lab.calls").read_text().splitlines(),
                         ["pull R", f"run spec.json own {mode}@data/R", "push data/R --unfinished"])
        return folder

    def spec(self, **meta):
        spec = json.loads((ROOT / "slm_lab/spec/demo.json").read_text())["ppo_cartpole"]
        spec["meta"] |= {"log_frequency": 10000, "eval_frequency": 10000, **meta}
        return spec

    def weights(self):
        return {path: content for path, content in self.hub.repos["alice/runs"].items() if path.endswith("_net_model.safetensors")}

    def test_a_run_ends_with_the_same_weights(self):
        spec = self.spec(max_session=2)
        self.taken_away_and_replaced("train", spec)
        interrupted = self.weights()
        self.hub.repos.clear()
        folder, whole = self.machine("whole", "train", spec, minutes=10)
        self.assertEqual(whole.wait(SECONDS), 0, (folder / "log").read_text())
        self.assertEqual(len(interrupted), 4, "the best and the last ones of two sessions")
        self.assertEqual([path for path, content in self.weights().items() if content != interrupted.get(path)], [])

    def test_a_search_ends_with_all_its_trials(self):
        spec = self.spec(max_session=1, max_trial=6)
        spec["env"]["max_frame"] = 50000
        spec["search"] = {"agent.algorithm.gamma__uniform": [0.9, 0.99]}
        folder = self.taken_away_and_replaced("search", spec)
        listed = subprocess.run([PROGRAM, "list", "--json"], cwd=folder, capture_output=True, text=True, check=True)
        self.assertEqual([run["state"] for run in json.loads(listed.stdout)], ["done"], listed.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
