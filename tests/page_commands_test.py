"""page_commands_test.py SLM_LAB: the commands of SLM-Lab's benchmark page, word for word, in one shell as a user types them: local ones
train and search; remote ones ask, are answered, and a machine runs what they send and publishes it on a hub; `pull` brings it here. The
machine and the hub are this one. With a real server of dstack: dstack_server_test.py."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from fake_hub import Hub  # noqa: E402
from page_commands import LOCAL, PULL, REMOTE, filled, write_short_spec, write_uv  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
TOKEN = "hf_secret"
NO_PART = 3  # exit code of slm-lab
# Shows its plan and asks; then it does what the task says on a machine that has the program built already.
DSTACK = '''#!{python}
import json, os, pathlib, shutil, subprocess, sys
words, here = sys.argv[1:], pathlib.Path("{scratch}")
if words == ["secret", "list"]:
    print("hf_token")
elif words[:2] == ["run", "get"] and words[3:] == ["--json"]:
    if not (here / "machines" / words[2]).exists():
        sys.exit("no such run")
    print(json.dumps({{"id": words[2], "status": "running"}}))
elif words[:3] == ["apply", "--detach", "-f"]:
    task = pathlib.Path(words[3])
    print(task.read_text() + "Submit? [y/n]: ", end="", flush=True)
    if os.read(0, 2) != b"y\\n":  # no more than the answer: others follow
        sys.exit("declined")
    machine = here / "machines" / task.parent.name
    shutil.copytree(task.parent / "job", machine)
    subprocess.run(["tar", "-xzf", "source.tar.gz"], cwd=machine, check=True)
    (machine / "slm-lab").write_text('#!/bin/sh\\nSLM_LAB_ROOT="{root}" exec "{program}" "$@"\\n')
    with open(machine / "log", "w") as log:
        result = subprocess.run([sys.executable, "remote_job.py"], cwd=machine, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env={{**os.environ, "HF_TOKEN": "{token}"}})
    (machine / "code").write_text(str(result.returncode))
else:
    sys.exit(f"unexpected: {{words}}")
'''


class PageCommands(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.scratch)
        self.hub = Hub(token=TOKEN)
        self.addCleanup(self.hub.close)
        bin = self.scratch / "bin"
        bin.mkdir()
        write_uv(bin, PROGRAM)
        dstack = bin / "dstack"
        dstack.write_text(DSTACK.format(python=sys.executable, scratch=self.scratch, root=ROOT, program=PROGRAM, token=TOKEN))
        dstack.chmod(0o755)
        self.environment = {"PATH": f"{bin}:/usr/bin:/bin", "HOME": str(self.scratch), "SLM_LAB_ROOT": str(ROOT), "HF_ENDPOINT": self.hub.url,
                            "HF_HUB_DISABLE_XET": "1", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.scratch)}
        (self.scratch / ".env").write_text(f"export HF_REPO=alice/runs\nexport HF_TOKEN={TOKEN}\n")

    def type(self, lines, answers):
        return subprocess.run(["bash", "-c", "set -e\n" + "\n".join(lines)], cwd=self.scratch, env=self.environment, input=answers, text=True,
                              capture_output=True)

    def test_they_do_what_the_page_says(self):
        lines, names, remote = [], [], []
        for number, line in enumerate(LOCAL + REMOTE):
            template = "-s env=" in line
            if template and subprocess.run([PROGRAM, "rollout", "Hopper-v5", "--episodes", "1"], capture_output=True).returncode == NO_PART:
                continue  # no physics on this machine
            file, name = f"page_{number}.json", f"page_{number}"
            write_short_spec(self.scratch / file, name, template)
            lines.append(filled(line, file, name, f"name-{number}"))
            names.append(name)
            if line in REMOTE:
                lines.append(filled(PULL, file, name))
                remote.append((f"name-{number}", "search" if " search" in line else "train"))
        result = self.type(lines, "y\n" * len(remote))
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        self.assertNotIn(TOKEN, result.stdout + result.stderr)
        for name, mode in remote:
            machine = self.scratch / "machines" / name
            self.assertEqual((machine / "code").read_text(), "0", (machine / "log").read_text())
            self.assertEqual(json.loads((machine / "job.json").read_text())["mode"], mode)
        self.assertEqual(result.stdout.count("  gpu: 1\n"), len(remote))
        listed = json.loads(subprocess.run([PROGRAM, "list", "--json"], cwd=self.scratch, capture_output=True, text=True, check=True).stdout)
        self.assertEqual(sorted((run["name"].rsplit("_", 4)[0], run["state"]) for run in listed), [(name, "done") for name in sorted(names)])

    def test_nothing_starts_when_the_answer_is_no(self):
        write_short_spec(self.scratch / "page.json", "page", template=False)
        result = self.type([filled(REMOTE[0], "page.json", "page", "page")], "n\n")
        self.assertIn("Submit?", result.stdout)
        self.assertFalse((self.scratch / "machines").exists())
        self.assertEqual(self.hub.repos, {})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
