"""hub_client.py against a hub on this machine, faults included: what arrives is byte for byte what was pushed, nothing is written
outside its folder, nothing is published by halves, and the same request goes on where the last one ended. Usage:
hub_client_test.py [N]: N random fault scripts instead of one."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
sys.path.insert(0, str(ROOT / "slm_lab/experiment"))
import hub_client  # noqa: E402
from fake_hub import Hub  # noqa: E402
from huggingface_hub.hf_api import RepoFile  # noqa: E402

TOKEN = "hf_secret"
RUN = "ppo_cartpole_2026_11_28_120000"
FILES = {f"{RUN}/manifest.json": b'{"a": 1}', f"{RUN}/model/x_net_model.safetensors": bytes(range(256)) * 400, f"{RUN}/info/t.csv": b"1\n" * 5000}
SCRIPTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1


def contents(folder):
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Client(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.scratch)
        for name, content in FILES.items():
            path = pathlib.Path(self.scratch, "data", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.data = pathlib.Path(self.scratch, "pulled")
        self.data.mkdir()

    def hub(self, **options):
        hub = Hub(**options)
        self.addCleanup(hub.close)
        return hub

    def ask(self, url, token=TOKEN, **request):
        home = pathlib.Path(self.scratch, "home")
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HOME": str(home), "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1",
                       "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": self.scratch, **({"HF_TOKEN": token} if token else {})}
        request = {"repo": "alice/runs", "type": "dataset", "wait": 0.01, **request}
        result = subprocess.run([sys.executable, ROOT / "slm_lab/experiment/hub_client.py"], input=json.dumps(request) + "\n", env=environment,
                                capture_output=True, text=True, timeout=120)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertIn(events[-1]["event"] if events else result.stderr, ("done", "refused"))
        self.assertNotIn(TOKEN, result.stdout + result.stderr)
        self.assertFalse([name for name, content in contents(self.scratch).items() if TOKEN.encode() in content], "the token in a file")
        return events

    def push(self, hub, **options):
        files = [{"from": str(pathlib.Path(self.scratch, "data", name)), "to": f"data/{name}"} for name in FILES]
        return self.ask(hub.url, do="push", private=False, message="a run", files=files, **options)

    def pull(self, hub, name="ppo_cartpole", **options):
        return self.ask(hub.url, do="pull", name=name, all=False, data=str(self.data), have=[], **options)

    def assert_pulled(self, events):
        self.assertEqual([event["event"] for event in events if event["event"] != "said"], ["fetched", "done"], events)
        partial = next(event["partial"] for event in events if event["event"] == "fetched")
        self.assertEqual({f"{RUN}/{name}": content for name, content in contents(partial).items()}, FILES)

    def stored(self, hub):
        return {name.removeprefix("data/"): content for name, content in hub.repos.get("alice/runs", {}).items()}

    def test_what_is_pushed_is_listed_and_pulled_byte_for_byte(self):
        hub = self.hub()
        pushed = self.push(hub)[-1]
        self.assertEqual(pushed["event"], "done", pushed)
        self.assertEqual((self.stored(hub), hub.commits), (FILES, 1))
        (folder, _) = self.ask(hub.url, do="list")
        self.assertEqual((folder["name"], folder["files"], folder["bytes"]), (RUN, 3, sum(map(len, FILES.values()))))
        self.assert_pulled(self.pull(hub, token=None))
        self.assertEqual(self.pull(hub, name="ppo")[-1]["code"], 2)  # the name of a spec, not a part of one
        self.assertIn("no such run", self.pull(hub, name="nothing")[-1]["text"])

    def test_refusals_name_what_is_wrong(self):
        hub = self.hub()
        for token, word in ((None, "no token"), ("hf_wrong", "refuses the token")):
            refused = self.push(hub, token=token)[-1]
            self.assertEqual(refused["code"], 8)
            self.assertIn(word, refused["text"])
        self.assertEqual(hub.repos, {})
        self.assertIn("no such repository", self.pull(hub)[-1]["text"])
        self.assertEqual(self.ask(hub.url, do="list", repo="a b/c/d")[-1]["code"], 2)
        refused = self.ask("http://127.0.0.1:9", do="list")[-1]
        self.assertEqual(refused["code"], 8)
        self.assertIn("no connection", refused["text"])

    def test_names_that_lead_out_of_the_folder_are_refused(self):
        for name in ("../../x", "/etc/x", "a\\..\\x", "a/./x", "a//x", "c:x", "a\nx", "x" * 256, ".cache/x", "INFO/T.CSV"):
            files = [RepoFile(path=f"data/{RUN}/{path}", size=1, oid="0") for path in ("info/t.csv", name)]
            with self.assertRaises(hub_client.Refused, msg=name):
                hub_client.check_names(RUN, files)
        hub_client.check_names(RUN, files[:1])

    def test_and_before_a_byte_is_written(self):
        hub = self.hub(lies=lambda path: path.replace("info/t.csv", "../../x"))
        hub.repos["alice/runs"] = {f"data/{path}": content for path, content in FILES.items()}
        refused = self.pull(hub)[-1]
        self.assertEqual((refused["event"], refused["code"]), ("refused", 8))
        self.assertEqual(contents(self.data), {})
        self.assertFalse(any("GET /datasets" in line for line in hub.log))

    def test_wrong_bytes_are_never_handed_over(self):
        hub = self.hub(faults={"GET .*/resolve/.*t.csv": ["wrong", "wrong"]})
        hub.repos["alice/runs"] = {f"data/{path}": content for path, content in FILES.items()}
        refused = self.pull(hub)[-1]
        self.assertEqual((refused["event"], refused["code"]), ("refused", 8))
        self.assertIn("hash", refused["text"])
        self.assert_pulled(self.pull(hub))

    def test_random_faults(self):
        for script in range(SCRIPTS):
            rng = random.Random(script)
            places = ["POST .*create", "POST .*preupload", "POST .*lfs", "PUT", "POST .*commit", "GET .*/tree", "GET .*revision|GET .*/runs$",
                      "HEAD", "GET .*resolve"]
            faults = {place: [rng.choice([429, 500, 503, "drop", "cut", "wrong"]) for _ in range(rng.randint(1, 2))]
                      for place in rng.sample(places, 3)}
            with self.subTest(script=script, faults=str(faults)):
                hub = self.hub(faults=faults)
                for _ in range(6):
                    events = self.push(hub)
                    if events[-1]["event"] == "done":
                        break
                    self.assertIn(self.stored(hub), ({}, FILES), "published by halves")
                self.assertEqual(self.stored(hub), FILES)
                for _ in range(8):
                    events = self.pull(hub)
                    if events[-1]["event"] == "done":
                        break
                self.assert_pulled(events)
                shutil.rmtree(self.data)
                self.data.mkdir()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
