"""hub_client.py against a hub on this machine, faults included: what arrives is byte for byte what was pushed, nothing is written
outside its folder, nothing is published by halves, and the same request goes on where the last one ended. Usage:
hub_client_test.py [N]: N random fault scripts instead of two."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
sys.path.insert(0, str(ROOT / "slm_lab/hub"))
import hub_client  # noqa: E402
from fake_hub import Hub  # noqa: E402
from huggingface_hub.hf_api import RepoFile  # noqa: E402

TOKEN = "hf_secret"
SECONDS = 600  # a client that takes longer hangs, however busy the machine is
RUN = "ppo_cartpole_2026_11_28_120000"
FILES = {f"{RUN}/manifest.json": b'{"a": 1}', f"{RUN}/model/x_net_model.safetensors": bytes(range(256)) * 400, f"{RUN}/info/t.csv": b"1\n" * 5000}
SCRIPTS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
WRONG_NAMES = ("../../x", "/etc/x", "a\\..\\x", "a/./x", "a//x", "c:x", "a\nx", "x" * 256, ".cache/x", "INFO/T.CSV")
PLACES = ["POST .*create", "POST .*preupload", "POST .*lfs", "PUT", "POST .*commit", "GET .*/tree", "GET .*revision|GET .*/runs$", "HEAD",
          "GET .*resolve"]


def named(name):
    """A listing with this name of a file instead of its own."""
    return lambda path: path.replace("info/t.csv", name)


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

    def client(self, url, token=TOKEN, **request):
        """The client at work, and what is asked of it."""
        home = pathlib.Path(self.scratch, "home")
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HOME": str(home), "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1",
                       "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": self.scratch, **({"HF_TOKEN": token} if token else {})}
        request = {"repo": "alice/runs", "type": "dataset", "wait": 0.01, **request}
        process = subprocess.Popen([sys.executable, ROOT / "slm_lab/hub/hub_client.py"], env=environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return process, json.dumps(request) + "\n"

    def ask(self, url, **request):
        process, line = self.client(url, **request)
        out, err = process.communicate(line, timeout=SECONDS)
        events = [json.loads(line) for line in out.splitlines()]
        self.assertIn(events[-1]["event"] if events else err, ("done", "refused"))
        self.assertNotIn(TOKEN, out + err)
        self.assertFalse([name for name, content in contents(self.scratch).items() if TOKEN.encode() in content], "the token in a file")
        return events

    def asked_to_push(self):
        files = [{"from": str(pathlib.Path(self.scratch, "data", name)), "to": f"data/{name}"} for name in FILES]
        return {"do": "push", "private": False, "message": "a run", "files": files}

    def asked_to_pull(self, name="ppo_cartpole"):
        return {"do": "pull", "name": name, "all": False, "data": str(self.data), "have": []}

    def push(self, hub, **options):
        return self.ask(hub.url, **self.asked_to_push(), **options)

    def pull(self, hub, name="ppo_cartpole", **options):
        return self.ask(hub.url, **self.asked_to_pull(name), **options)

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
        (folder, _) = self.ask(hub.url, do="list", name="")
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
        for name in WRONG_NAMES:
            files = [RepoFile(path=f"data/{RUN}/{path}", size=1, oid="0") for path in ("info/t.csv", name)]
            with self.assertRaises(hub_client.Refused, msg=name):
                hub_client.check_names(RUN, files)
        hub_client.check_names(RUN, files[:1])

    def test_and_before_a_byte_is_written(self):
        hub = self.hub(faults={"GET .*/tree": [named("../../x")]})
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

    def kill_at(self, hub, number, request):
        """Asks with a client that is killed at that request; returns False when it asked fewer of the hub."""
        process, line = self.client(hub.url, **request)
        hub.log.clear()
        hub.before = lambda now: now == number and process.kill()
        process.communicate(line, timeout=SECONDS)
        hub.before = lambda now: None
        self.assertIn(process.returncode, (0, -signal.SIGKILL))
        return process.returncode != 0

    def test_a_client_killed_at_any_request_loses_nothing(self):
        number, killed = 1, True
        while killed:
            hub = self.hub()
            killed = self.kill_at(hub, number, self.asked_to_push())
            self.assertIn(self.stored(hub), ({}, FILES), "published by halves")
            self.assertEqual(self.push(hub)[-1]["event"], "done")
            self.assertEqual(self.stored(hub), FILES)
            number += 1
        self.assertGreater(number, 4)

        number, killed = 1, True
        while killed:
            killed = self.kill_at(hub, number, self.asked_to_pull())
            self.assertFalse(pathlib.Path(self.data, RUN).exists(), "a run that was not verified")
            self.assert_pulled(self.pull(hub))
            shutil.rmtree(self.data)
            self.data.mkdir()
            number += 1
        self.assertGreater(number, 4)

    def outside(self):
        """All that is neither what is being fetched nor the client's own folder."""
        return {name: content for name, content in contents(self.scratch).items() if not name.startswith((f"pulled/.pull-{RUN}/", "home/"))}

    def random_faults(self, rng):
        """A few for each of some places; in the listing, names that lead out of the folder too."""
        faults = {place: [rng.choice([429, 500, 503, "drop", "cut", "wrong"]) for _ in range(rng.randint(1, 3))] for place in rng.sample(PLACES, 3)}
        wrong = [rng.choice(WRONG_NAMES) for _ in range(rng.randint(0, 2))]
        return {**faults, "GET .*/tree": [*map(named, wrong), *faults.get("GET .*/tree", [])]}, f"{faults}, names {wrong}"

    def until_done(self, ask, check):
        """Asks the same until it is done, and looks each time it was refused; the last answer, and how often it was asked again."""
        before = self.outside()
        for again in range(12):
            events = ask()
            self.assertEqual(self.outside(), before, "written outside the folder")
            if events[-1]["event"] == "done":
                return events, again
            self.assertEqual(events[-1]["code"], 8, events)
            check()
        self.fail(events)

    def test_random_faults(self):
        refusals, met = 0, 0
        for script in range(SCRIPTS):
            faults, text = self.random_faults(random.Random(script))
            with self.subTest(script=script, faults=text):
                hub = self.hub(faults=faults)
                planned = sum(map(len, hub.faults.values()))
                _, again = self.until_done(lambda: self.push(hub), lambda: self.assertIn(self.stored(hub), ({}, FILES), "published by halves"))
                refusals += again
                self.assertEqual(self.stored(hub), FILES)
                events, again = self.until_done(lambda: self.pull(hub), lambda: self.assertFalse(pathlib.Path(self.data, RUN).exists()))
                refusals += again
                self.assert_pulled(events)
                met += planned - sum(map(len, hub.faults.values()))
                shutil.rmtree(self.data)
                self.data.mkdir()
        print(f"{SCRIPTS} random scripts: {met} faults met, {refusals} requests refused and asked again")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
