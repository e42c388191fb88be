#!/usr/bin/env python3
"""documented_commands_test.py PROGRAM: types every slm-lab command that README.md, CONTRIBUTING.md and docs/ hold, in
fenced blocks and in `code`, into an empty folder. What trains is made short; what takes minutes (a benchmark, a suite) is
only parsed, with --list or --help. Ends with 1 and names the page and the command when one fails."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_THE_LAUNCHER = {"test", "bench", "lint", "docs", "setup"}
# Long; not for users; of a hub; of a rented machine; until Ctrl-C.
ONLY_PARSED = {"digest", "session", "push", "pull", "run-remote", "dashboard"}
ONLY_NAMED = {"run", "enjoy", "spec check", "benchmark", "plot"}  # as what a sentence is about
STANDS_FOR = {"SPEC_FILE": "slm_lab/spec/demo.json", "SPEC_NAME": "ppo_cartpole", "MODE": "dev",
              "FILE": "slm_lab/spec/demo.json",
              "Corridor-v0": "CartPole-v1",  # this one is what the page tells its reader to write
              "docs/examples": str(ROOT / "docs/examples")}
PYTHON = ROOT / ".deps/venv/bin/python"  # of setup/python.sh, for environments in Python
SHORT = " --override env.max_frame=3000 --override meta.log_frequency=1000"
FEW_UPDATES = " --override agent.algorithm.training_start_step=2900"  # of those that take one per frame or more
SHELL = {"mode": "train", "run": "data/of_slurm", "SLURM_CPUS_PER_TASK": "1"}  # what the script for Slurm sets before


def commands_of(page):
    """The commands of a page without "./", comments, redirections and what stands before them (nohup, nice ...)."""
    fence, found = False, []
    for line in page.read_text().splitlines():
        if line.lstrip().startswith("```"):
            fence = not fence
            continue
        texts = [line] if fence else re.findall(r"`([^`]+)`", line)
        for text in texts:
            text = re.sub(r"\s+#\s.*", "", text)
            match = re.match(r"(?:nohup |exec |(?:source \.env && )?uv run |nice -n \d+ |tmux [^']*')?(?:\./|build/release/)?slm-lab((?: +[^>' ]+| +'[^']*')*)", text)
            if match and match[1].strip():
                found.append(match[1].strip())
    return found


def typed(command):
    """How the command is typed here, or None where it is a pattern (of options, or of names that only a user knows)."""
    for word, by in STANDS_FOR.items():
        command = re.sub(rf"(?<![\w/:]){word}\b", by, command)
    if re.search(r"\.\.\.|\[|(?<![\w$/@-])[A-Z]{2,}\b(?!-)", command):
        return None
    return command


def words_of(command):
    return [word for word in command.split() if not word.startswith("-")]


def short(command):
    first = words_of(command)[0] if words_of(command) else ""
    if (first in ONLY_PARSED and "--dry-run" not in command) or command in ONLY_NAMED or "--remote" in command:
        return command + " --help"
    if first == "benchmark" and not re.search("--(list|status|render)", command):
        return command + " --list"
    if (first == "run" or "." in first) and "@" not in command:
        few = FEW_UPDATES if re.search("/(crossq|dqn|sac|td3)/", command) else ""
        one = " --sessions 1" if re.search(r" train\b", command) and "--sessions" not in command else ""
        return command + SHORT + few + one
    return command


def main():
    program, launcher = pathlib.Path(sys.argv[1]).resolve(), ROOT / "slm-lab"
    failures, typed_ones = [], set()
    with tempfile.TemporaryDirectory(prefix="documented_commands_") as scratch:
        environment = {**os.environ, **SHELL, "SLM_LAB_ROOT": str(ROOT), "SLM_PYTHON": str(PYTHON)}

        def call(words):
            return subprocess.run(["bash", "-c", words], cwd=scratch, env=environment, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=300)

        text = re.search(r"```json\n(.*?)```", (ROOT / "docs/own-spec.md").read_text(), re.S)[1]
        pathlib.Path(scratch, "my_cartpole.json").write_text(text)
        spec = json.loads(text)["my_cartpole"]
        spec["meta"]["max_trial"] = 2
        spec["search"] = {"agent.algorithm.gamma__choice": [0.9, 0.99]}
        pathlib.Path(scratch, "my.json").write_text(json.dumps({"my_spec": spec}))
        call(f"'{program}' run slm_lab/spec/demo.json ppo_cartpole train --name RUN --sessions 1{SHORT}")
        for page in PAGES:
            for command in commands_of(page):
                first = words_of(command)[0] if words_of(command) else ""
                if first in OF_THE_LAUNCHER:
                    options = re.findall(r"--[a-z]+", command)
                    result = call(f"'{launcher}' {first} --help")
                    missing = [option for option in options if option not in result.stdout]
                    wrong = result.returncode != 0 or missing
                else:
                    line = typed(command)
                    line = short(line) if line else f"{first} --help"
                    if re.search("gymnasium:|docs/examples", line) and not PYTHON.exists():
                        print(f"skipped, as setup/python.sh has not run: slm-lab {line}")
                        continue
                    if line in typed_ones or (not first and not line.startswith("-")):
                        continue
                    typed_ones.add(line)
                    result = call(f"'{program}' {line}")
                    wrong, missing = result.returncode != 0, []
                    print(f"{result.returncode}  slm-lab {line}", flush=True)
                if wrong:
                    failures.append(f"{page.relative_to(ROOT)}: slm-lab {command}: code {result.returncode} "
                                    f"{missing or ''} {result.stderr.strip()[-300:]}")
    print(f"{len(typed_ones)} commands")
    for failure in failures:
        print("FAILED:", failure)
    return 1 if failures or len(typed_ones) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
