"""dstack_server_test.py SLM_LAB: `slm-lab run-remote` and a real server of dstack on this machine, which has a fleet and no cloud to
rent from: plans are shown and declined, runs are taken, and end there for want of a machine. Only where SLM_DSTACK names a folder
with the programs of dstack (python3 -m venv V && V/bin/pip install 'dstack[server]==0.22.5'; SLM_DSTACK=V/bin); else skipped (77)."""
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
from io import BytesIO

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from hostile_words import cases  # noqa: E402
from page_commands import REMOTE, filled, write_short_spec, write_uv  # noqa: E402

PROGRAM = sys.argv[1]
DSTACK = os.environ.get("SLM_DSTACK")
if not DSTACK or not os.access(DSTACK + "/dstack", os.X_OK):
    print("no dstack: SLM_DSTACK names no folder with it (see the head of dstack_server_test.py)")
    sys.exit(77)

TOKEN, SERVER_TOKEN = "hf_secret_of_a_user", "server-token"
DEMO = ["slm_lab/spec/demo.json", "ppo_cartpole", "train"]
BENCHMARK = "slm_lab/spec/benchmark/"
TEN = [[BENCHMARK + "ppo/ppo_cartpole.json", "ppo_cartpole", "train"], [BENCHMARK + "ppo/ppo_mujoco.json", "ppo_mujoco", "train", "-s", "env=Hopper-v5"],
       [BENCHMARK + "dqn/dqn_atari.json", "dqn_atari", "train", "-s", "env=ALE/Pong-v5"], [BENCHMARK + "sac/sac_pendulum.json", "sac_pendulum", "dev", "--gpu"],
       [BENCHMARK + "ppo/ppo_atari.json", "ppo_atari", "train", "-s", "env=ALE/Qbert-v5", "--gpu", "--max-duration", "2d"],
       [BENCHMARK + "dqn/dqn_acrobot.json", "dqn_epsilon_greedy_acrobot", "search"], [BENCHMARK + "sac/sac_acrobot.json", "sac_acrobot", "search", "--max-duration", "90m"],
       [BENCHMARK + "reinforce/reinforce_cartpole.json", "reinforce_cartpole", "search"], [BENCHMARK + "sac/sac_cartpole.json", "sac_cartpole", "search", "--private"],
       DEMO]
COMMANDS = ["apt-get update", "apt-get install -y --no-install-recommends ca-certificates python3 python3-venv", "tar -xzf source.tar.gz",
            "./slm-lab setup hub", ".deps/hub/bin/python remote_job.py"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class DstackServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.scratch = pathlib.Path(folder.name)
        (cls.scratch / "bin").mkdir()
        # What a list of processes would show: every word that dstack is called with.
        (cls.scratch / "bin/dstack").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{cls.scratch}/words"\nexec "{DSTACK}/dstack" "$@"\n')
        (cls.scratch / "bin/dstack").chmod(0o755)
        cls.environment = {"PATH": f"{cls.scratch}/bin:{DSTACK}:/usr/bin:/bin", "HOME": str(cls.scratch / "home"), "COLUMNS": "200", "SLM_LAB_ROOT": str(ROOT),
                           "HF_REPO": "alice/runs", "HF_TOKEN": TOKEN, "DSTACK_SERVER_DIR": str(cls.scratch / "server")}
        (cls.scratch / "home").mkdir()
        (cls.scratch / "work").mkdir()
        (cls.scratch / "work/.gitignore").write_text("*.json\n*.gz\n")  # of which dstack leaves out what it matches
        without = {name: value for name, value in cls.environment.items() if not name.startswith("HF_")}
        words = ["server", "--host", "127.0.0.1", "--port", str(free_port()), "--token", SERVER_TOKEN]
        server = subprocess.Popen([DSTACK + "/dstack", *words], env=without, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cls.addClassCleanup(server.stdout.close)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        heard = ""
        for line in server.stdout:
            heard += line
            if "is running at" in line:
                break
        else:
            raise AssertionError("the server did not start: " + heard)
        threading.Thread(target=server.stdout.read, daemon=True).start()  # what it says later must not hold it up
        cls.no_fleet = cls.remote(cls, *DEMO)  # asked before there is one
        cls.left = os.listdir(cls.scratch / "work")
        (cls.scratch / "fleet.dstack.yml").write_text("type: fleet\nname: lab\nnodes: 0..2\n")
        cls.dstack(cls, "apply", "-y", "-f", str(cls.scratch / "fleet.dstack.yml"))
        cls.no_secret = cls.remote(cls, *DEMO, answer="n\n")
        cls.dstack(cls, "secret", "set", "hf_token", TOKEN)

    def dstack(self, *words):
        return subprocess.run([DSTACK + "/dstack", *words], env=self.environment, cwd=self.scratch, capture_output=True, text=True, check=True).stdout

    def remote(self, *words, answer="", **environment):
        return subprocess.run([PROGRAM, "run-remote", *words], env=self.environment | environment, cwd=self.scratch / "work", input=answer, capture_output=True,
                              text=True, errors="replace")

    def run_of(self, name):
        return json.loads(self.dstack("run", "get", name, "--json"))

    def test_the_plan_comes_before_the_question(self):
        self.assertIn("has no secret hf_token", self.no_secret.stderr)
        declined = self.remote(*DEMO, "-n", "declined", answer="n\n")
        self.assertEqual(declined.returncode, 0, declined.stderr)
        self.assertEqual(declined.stderr, "", "neither a secret is missing nor is there anything to pull")
        self.assertEqual(list((self.scratch / "work").rglob("declined")), [], "what was to be sent")
        self.assertRegex(declined.stdout, r"(?s)Resources +cpu=x86:4\.\. mem=3GB\.\. disk=30GB\.\..*Max duration +6h.*Submit the run declined\?")
        self.assertNotIn("declined", self.dstack("ps", "-a"))

    def test_the_lines_of_the_page_as_they_are_typed(self):
        work = self.scratch / "work"
        (work / ".env").write_text(f"export HF_REPO=alice/of_the_page\nexport HF_TOKEN={TOKEN}\n")
        write_uv(self.scratch / "bin", PROGRAM)
        for number, line in enumerate(REMOTE):
            name = f"page-{number}"
            write_short_spec(work / "page.json", "page", template="-s env=" in line)
            typed = subprocess.run(["bash", "-c", filled(line, "page.json", "page", name)], env=self.environment, cwd=work, input="y\n",
                                   capture_output=True, text=True)
            self.assertEqual(typed.returncode, 0, typed.stderr)
            self.assertIn(f"Run {name} submitted", typed.stdout)
            self.assertRegex(typed.stderr, r"slm-lab pull page_[0-9_]+ --repo alice/of_the_page")
            self.assertEqual(json.loads((work / f"data/.remote/{name}/job/job.json").read_text())["mode"], "search" if " search " in line else "train")
            self.assertEqual(self.run_of(name)["run_spec"]["configuration"]["resources"]["gpu"]["count"]["min"], 1)

    def test_ten_specs_are_taken_as_tasks_of_constants_and_numbers(self):
        for number, words in enumerate(TEN):
            name = f"ten-{number}"
            result = self.remote(*words, "-n", name, "--yes")
            self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
            task = self.run_of(name)["run_spec"]["configuration"]
            self.assertEqual((task["commands"], task["env"], task["image"], task["user"]),
                             (COMMANDS, {"HF_TOKEN": "${{ secrets.hf_token }}"}, "debian:12", "root"))
            self.assertEqual(task["retry"]["on_events"], ["no-capacity", "interruption"])
            self.assertEqual((task["resources"]["cpu"]["arch"], task["resources"]["gpu"]["count"]["min"]), ("x86", 1 if "--gpu" in words else 0))
        stored = sqlite3.connect(f"file:{self.scratch}/server/data/sqlite.db?mode=ro", uri=True).execute("select blob from file_archives").fetchall()
        self.assertTrue(stored)
        for (blob,) in stored:
            with tarfile.open(fileobj=BytesIO(blob)) as archive:
                files = {pathlib.PurePath(one.name).name: archive.extractfile(one).read() for one in archive if one.isfile()}
            self.assertEqual(sorted(files), [".dstackignore", "job.json", "remote_job.py", "source.tar.gz", "spec.json"])
            self.assertNotIn(TOKEN.encode(), b"".join(files.values()))
        for path in [self.scratch / "words", *(self.scratch / "work").rglob("*")]:
            self.assertFalse(path.is_file() and TOKEN.encode() in path.read_bytes(), path)

    def test_a_run_of_the_same_name_does_not_end_the_first(self):
        self.assertEqual(self.remote(*DEMO, "-n", "same", "--yes").returncode, 0)
        first = self.run_of("same")["id"]
        second = self.remote(*DEMO, "-n", "same", "--yes")
        self.assertEqual((second.returncode, second.stdout), (2, ""))
        self.assertIn("`dstack stop same`", second.stderr)
        self.assertEqual(self.run_of("same")["id"], first)

    def test_hostile_names_and_values_are_words(self):
        taken = 0
        for words, _ in cases(int(os.environ.get("SLM_HOSTILE", "8")), self.scratch / "work/my.json"):
            result = self.remote("--yes", *words)
            self.assertEqual(result.returncode, 0 if words[-2] == "my" else 2, (words, result.stderr, result.stdout))
            taken += result.returncode == 0
        self.assertEqual([*self.scratch.rglob("MARK")], [])
        print(f"{taken} hostile names and values, taken by the server")

    def test_what_is_missing_is_said_and_nothing_is_rented(self):
        self.assertEqual(self.no_fleet.returncode, 8, self.no_fleet.stderr)
        self.assertIn("no fleets", self.no_fleet.stdout)
        self.assertEqual(self.left, [".gitignore"])
        config = (self.scratch / "home/.dstack/config.yml").read_text()
        elsewhere = self.scratch / "elsewhere"
        elsewhere.mkdir()
        none = self.remote(*DEMO, "--yes", HOME=str(elsewhere))
        self.assertEqual(none.returncode, 8)
        self.assertIn("No default project", none.stdout + none.stderr)
        (elsewhere / ".dstack").mkdir(exist_ok=True)
        for change, text in (((SERVER_TOKEN, "wrong"), "denied"), (("127.0.0.1", "127.0.0.2"), "Failed to connect")):
            (elsewhere / ".dstack/config.yml").write_text(config.replace(*change))
            result = self.remote(*DEMO, "--yes", HOME=str(elsewhere))
            self.assertEqual(result.returncode, 8, result.stdout)
            self.assertIn(text, result.stdout + result.stderr)
            self.assertNotIn(SERVER_TOKEN, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
