"""share_runs_test.py SLM_LAB: push, list and pull of a real run through a hub on this machine, by the program's own commands."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from fake_hub import Hub  # noqa: E402

PROGRAM = sys.argv[1]
TOKEN = "hf_secret"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file()}


class ShareRuns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.hub = Hub()
        cls.addClassCleanup(cls.hub.close)
        cls.call(cls, "run", "slm_lab/spec/demo.json", "ppo_cartpole", "train", "--sessions", "2", "--name", "R", "--override",
                 "env.max_frame=3000", "--override", "meta.log_frequency=1000")
        pathlib.Path(cls.scratch, "data/R/film.gif").write_bytes(b"GIF89a")  # made afterwards, as `enjoy --video` does

    def call(self, *words, token=TOKEN, url=None, repo="alice/runs"):
        environment = {"PATH": os.environ["PATH"], "HOME": self.scratch, "HF_HOME": self.scratch + "/hf", "HF_ENDPOINT": url or self.hub.url,
                       "HF_HUB_DISABLE_XET": "1", "SLM_LAB_ROOT": str(ROOT), "TMPDIR": self.scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.update({"HF_TOKEN": token} if token else {}, **({"HF_REPO": repo} if repo else {}))
        return subprocess.run([PROGRAM, *words], cwd=self.scratch, env=environment, capture_output=True, text=True, timeout=120)

    def refusal(self, code, *words, **options):
        result = self.call(*words, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertNotIn("hf_", result.stderr.replace("hf_token", ""))
        return result.stderr

    def test_a_run_arrives_byte_for_byte_and_can_be_played(self):
        result = self.call("push", "data/R")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.hub.repos["alice/runs"].update({"data/R/model/old_checkpoints/1": b"1", "data/R2/x": b"2"})
        self.assertEqual(self.call("push", "R").returncode, 0)  # replaces what an earlier push has left
        self.assertEqual(self.hub.repos["alice/runs"].pop("data/R2/x"), b"2")
        self.assertRegex(self.call("list", "--remote").stdout, r"^R +\d+ files")
        self.hub.repos["alice/runs"]["data/ppo_2026_01_02_030405/x/y"] = b"1"
        self.assertEqual(json.loads(self.call("list", "ppo", "--remote", "--json").stdout), [{"name": "ppo_2026_01_02_030405", "files": 1, "bytes": 1}])
        self.assertEqual(self.call("list", "pp", "--remote").stdout, "")
        result = self.call("pull", "data/R", "--data", "other", token=None)
        self.assertEqual((result.returncode, result.stdout), (0, "other/R\n"), result.stderr)
        pushed = {name: content for name, content in contents(self.scratch + "/data/R").items() if name != "run.lock"}
        pulled = contents(self.scratch + "/other/R")
        self.assertEqual(sorted(pulled), sorted(pushed))
        self.assertEqual([name for name in pushed if pushed[name] != pulled[name]], [])
        self.assertEqual(os.listdir(self.scratch + "/other"), ["R"])
        self.assertIn("here already", self.call("pull", "R", "--data", "other").stderr)
        self.assertEqual(self.call("enjoy", "other/R", "--episodes", "1").returncode, 0)
        self.assertIn('"R"', self.call("list", "--data", "other", "--json").stdout)

    def test_a_run_whose_manifest_does_not_fit_is_not_handed_over(self):
        self.assertEqual(self.call("push", "data/R", repo="alice/damaged").returncode, 0)
        files = self.hub.repos["alice/damaged"]
        files["data/R/info/ppo_cartpole_t0_trial_metrics.json"] += b" "
        self.assertIn("trial_metrics.json", self.refusal(5, "pull", "R", "--data", "damaged", repo="alice/damaged"))
        self.assertFalse(pathlib.Path(self.scratch, "damaged/R").exists())

    def test_a_model_has_a_card_and_few_files(self):
        result = self.call("push", "ppo_cartpole", "--model", repo="alice/model")
        self.assertEqual(result.returncode, 0, result.stderr)
        files = self.hub.repos["alice/model"]
        self.assertEqual(sorted(files), ["README.md", "metrics.json", "policy.safetensors", "returns.png", "spec.json"])
        front, body = re.fullmatch(r"---\n(.*?)---\n(.*)", files["README.md"].decode(), re.S).groups()
        result = yaml.safe_load(front)["model-index"][0]["results"][0]
        self.assertEqual(result["dataset"], {"name": "CartPole-v1", "type": "CartPole-v1"})
        self.assertRegex(result["metrics"][0]["value"], r"^\d+\.\d\d \+/- \d+\.\d\d$")
        self.assertIn('slm_lab.load_policy(snapshot_download("alice/model"))', body)
        self.assertEqual(len(re.findall(r"^\| \d", body, re.M)), 2, "a row for each session")

    def test_wrong_words_are_refused_and_leave_nothing(self):
        before = dict(self.hub.repos)
        self.assertIn("no run folder", self.refusal(2, "push", "data/nothing"))
        self.assertIn("did you mean ppo_cartpole?", self.refusal(2, "push", "ppo_cartpol"))
        os.makedirs(self.scratch + "/empty", exist_ok=True)
        self.assertIn("empty", self.refusal(2, "push", "empty"))
        self.assertIn("no token", self.refusal(8, "push", "data/R", token=None, repo="alice/new"))
        self.assertIn("refuses the token", self.refusal(8, "push", "data/R", token="hf_wrong", repo="alice/new"))
        self.assertIn("no repository", self.refusal(2, "push", "data/R", repo=None))
        self.assertIn("expected USER/NAME", self.refusal(2, "list", "--remote", "--repo", "../x"))
        self.assertIn("no such repository", self.refusal(8, "list", "--remote", "--repo", "alice/nothing"))
        self.assertIn("expected the name", self.refusal(2, "pull", "../x"))
        self.assertIn("no such", self.refusal(8, "pull", "R", "--data", "none", repo="alice/nothing"))
        self.assertFalse(os.path.exists(self.scratch + "/none"))
        self.assertEqual((self.hub.repos, os.path.exists(self.scratch + "/data/nothing")), (before, False))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
