#!/usr/bin/env python3
"""Compiles wrong versions of the program, one line at a time, and prints those that the tests do not notice.

  ./slm-lab test --mutants            all of them
  ./slm-lab test --mutants quick      a few of every kind, for CI
  ./slm-lab test --mutants sac        those whose file or meaning contains "sac"
  ./slm-lab test --mutants -j8 sac    eight at a time (default: one per core)

The tables lie beside this file, one per layer, and read like a patch:

  file slm_lab/algorithm/returns.cc
  what the clock counts as the end of the task
  - text that occurs once in the file                 (several lines: one "- " each)
  + what it becomes

"quick" on a line of its own puts a version among these few; "equal REASON" marks one that no test can tell apart.
Nothing in the tree is touched: the changed file is compiled apart and linked in front of the libraries of build/release,
with whatever includes it, into a test program of its layer. Exit code 1: a version survived or does not compile; 2: a text
is not found exactly once.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
# The test programs of a layer, the nearest first: the next one runs where the first sees nothing.
PROGRAMS = {
    "env": ["env_test"],
    "net": ["net_test", "algorithm_test"],
    "memory": ["memory_test", "algorithm_test"],
    "algorithm": ["algorithm_test"],
    "report": ["report_test"],
}
SLOW = "*Learning*:*OnTheChain*:*EveryAlgorithm*:*EveryKey*:Bf16Conv*:NetInBf16*"  # what runs after the rest
SECONDS = 600  # for one program: a version may never end


class Mutant:
    def __init__(self, file, what):
        self.file, self.what = file, what
        self.old, self.new, self.quick, self.equal = [], [], False, ""

    def programs(self):
        return PROGRAMS[self.file.split("/")[1]]


def read_table(path):
    mutants, file = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        word, _, rest = line.partition(" ")
        if not line.strip() or word == "#":
            continue
        if word == "file":
            file = rest
        elif word == "what" and file:
            mutants.append(Mutant(file, rest))
        elif word == "-" and mutants:
            mutants[-1].old.append(rest)
        elif word == "+" and mutants:
            mutants[-1].new.append(rest)
        elif word == "quick" and mutants:
            mutants[-1].quick = True
        elif word == "equal" and mutants:
            mutants[-1].equal = rest
        else:
            sys.exit(f"{path}:{number}: expected file, what, -, +, quick or equal")
    return mutants


def problem(mutant):
    source = ROOT / mutant.file
    if not source.exists():
        return "no such file"
    count = source.read_text().count("\n".join(mutant.old))
    return "" if mutant.old and count == 1 else f"its text occurs {count} times, not once"


def ninja(*arguments):
    return subprocess.run(["ninja", "-C", str(BUILD), *arguments], check=True, capture_output=True, text=True).stdout


class Tree:
    """What build/release knows: how each object is compiled and from what, how each test program is linked."""

    def __init__(self, programs):
        self.compile, self.sources = {}, {}
        for entry in json.loads((BUILD / "compile_commands.json").read_text()):
            command = entry["command"]
            target = re.search(r" -o (\S+)", command).group(1)
            self.compile[target] = command
            self.sources[target] = {os.path.relpath(entry["file"], ROOT)}
        target = None
        for line in ninja("-t", "deps").splitlines():
            if not line.startswith(" "):
                target = line.split(":")[0]
            elif target in self.sources and line.strip():
                self.sources[target].add(os.path.relpath(BUILD / line.strip(), ROOT))
        self.link = {p: ninja("-t", "commands", p).splitlines()[-1] for p in programs}

    def objects_of(self, program):
        """The objects that `program` consists of: its own and those of the libraries it is linked with."""
        layers = set(re.findall(r"libslm_(\w+)\.a", self.link[program]))
        own = [f"CMakeFiles/{program}.dir/"] + [f"CMakeFiles/slm_{layer}.dir/" for layer in layers]
        return [target for target in self.compile if any(part in target for part in own)]


def run(command, folder=BUILD, seconds=SECONDS):
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=seconds)


def compile_changed(tree, mutant, target, new, folder):
    """Compiles `target` into `new` from the changed file, or with it in the place of the one that is included."""
    command = tree.compile[target].replace("-Werror", "").replace(" -O3", " -O1")
    command = re.sub(r" -o \S+", f" -o {new}", command)
    command = re.sub(r" -M[FT] \S+| -MD", "", command)
    command = command.replace(f" -I{ROOT}", f" -I{folder} -I{ROOT}", 1)
    if mutant.file.endswith(".cc"):
        command = re.sub(r" -c (\S+)", lambda source: f" -c {changed_source(mutant, source.group(1), folder)}", command)
    return run(command)


def changed_source(mutant, source, folder):
    """The changed file, or the list of files that are compiled together (SLM_UNITY) with the changed one among them."""
    if os.path.relpath(source, ROOT) == mutant.file:
        return folder / mutant.file
    together = folder / pathlib.Path(source).name
    together.write_text(pathlib.Path(source).read_text().replace(str(ROOT / mutant.file), str(folder / mutant.file)))
    return together


def build_version(tree, mutant, program, folder, objects):
    """The test program with the version in it, or the compiler's complaint. `objects`: those compiled so far."""
    link, in_front = tree.link[program], []
    for target in tree.objects_of(program):
        if mutant.file not in tree.sources[target]:
            continue
        if target not in objects:
            new = folder / f"{len(objects)}.o"
            made = compile_changed(tree, mutant, target, new, folder)
            if made.returncode != 0:
                return None, next((l for l in made.stderr.splitlines() if "error" in l), made.stderr[-200:])
            objects[target] = str(new)
        if target in link:
            link = link.replace(target, objects[target])
        else:
            in_front.append(objects[target])
    path = folder / program
    # In front of the libraries: what they hold under the same names is then not taken.
    link = re.sub(r" -o \S+", f" {' '.join(in_front)} -o {path}", link, count=1)
    made = run(next(part for part in link.split(" && ") if " -o " in part))
    return (path, "") if made.returncode == 0 else (None, made.stderr[-300:])


def first_failure(path):
    """The first test of it that fails; empty where all pass."""
    for selection in (f"-{SLOW}", SLOW):
        try:
            done = run(f"{shlex.quote(str(path))} --gtest_brief=1 --gtest_fail_fast --gtest_filter='{selection}'", path.parent)
        except subprocess.TimeoutExpired:
            return "does not end"
        if done.returncode == 0:
            continue
        for line in done.stdout.splitlines():
            if line.startswith("[  FAILED  ] "):
                return line[13:].split(",")[0].split(" (")[0]
        return f"ends with {done.returncode}"
    return ""


def verdict(tree, mutant):
    with tempfile.TemporaryDirectory(dir=BUILD.parent, prefix="mutant_") as name:
        folder, objects = pathlib.Path(name), {}
        changed = folder / mutant.file
        changed.parent.mkdir(parents=True)
        changed.write_text((ROOT / mutant.file).read_text().replace("\n".join(mutant.old), "\n".join(mutant.new)))
        for program in mutant.programs():
            path, error = build_version(tree, mutant, program, folder, objects)
            if not path:
                return "BROKEN", error
            if test := first_failure(path):
                return "killed", test
    return ("equal", mutant.equal) if mutant.equal else ("SURVIVED", "")


def main():
    jobs = next((int(a[2:]) for a in sys.argv[1:] if re.fullmatch(r"-j\d+", a)), os.cpu_count())
    wanted = " ".join(a for a in sys.argv[1:] if not a.startswith("-j")).lower()
    everything = [m for path in sorted(pathlib.Path(__file__).parent.glob("*.txt")) for m in read_table(path)]
    mutants = [m for m in everything
               if not wanted or (m.quick if wanted == "quick" else wanted in (m.file + " " + m.what).lower())]
    if not mutants:
        sys.exit(f"no wrong version in tests/mutants matches {wanted}")
    if wrong := [(m, p) for m in everything if (p := problem(m))]:
        print("\n".join(f"{m.file}: {m.what}: {p}" for m, p in wrong))
        sys.exit(2)

    programs = sorted({p for m in mutants for p in m.programs()})
    print(f"building {', '.join(programs)}", flush=True)
    subprocess.run(["ninja", "-C", str(BUILD), "--quiet", *programs], check=True)
    tree = Tree(programs)
    start, counts = time.monotonic(), {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for mutant, (result, note) in zip(mutants, pool.map(lambda m: verdict(tree, m), mutants)):
            counts[result] = counts.get(result, 0) + 1
            print(f"{result:9}{mutant.file.removeprefix('slm_lab/'):34}{mutant.what:70} {note}", flush=True)
    killed, survived = counts.get("killed", 0), counts.get("SURVIVED", 0)
    print(f"{len(mutants)} wrong versions in {time.monotonic() - start:.0f} s: {killed} killed, {survived} survived, "
          f"{counts.get('equal', 0)} that no test can tell apart, {counts.get('BROKEN', 0)} that do not compile; "
          f"{100 * killed / max(killed + survived, 1):.1f} % killed")
    sys.exit(1 if survived or counts.get("BROKEN") else 0)


main()
