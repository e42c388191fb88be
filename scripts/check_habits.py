#!/usr/bin/env python3
"""scripts/check_habits.py BUILD_FOLDER: clang-tidy over everything that BUILD_FOLDER's compile_commands.json compiles, tests
and the builds of the kernel excepted; ends with 1 when it finds something. ./slm-lab lint runs it.

Most of what clang-tidy does is reading headers. So it reads several files of ours as one: of those that are compiled with the
same options, and that define no name both. Where they do not compile together all the same, each is read alone."""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOGETHER = 10
# What begins a line and stands before an opening bracket, an initial value or a body: functions, constants, types.
DEFINED = re.compile(r"^(?!\s|return\b|namespace\b|#).*?(?<!::)\b(\w+)(?= = |\(|\{|\[| \{| final| : )", re.MULTILINE)


def grouped(files):
    """The files in lists of at most TOGETHER, in each of which every name is defined by one file alone."""
    groups = []
    for file in sorted(files):
        names = set(DEFINED.findall(file.read_text())) - {"const", "int"}
        group = next((g for g in groups if len(g[0]) < TOGETHER and not g[1] & names), None)
        if group is None:
            groups.append(group := ([], set()))
        group[0].append(file)
        group[1].update(names)
    return [group[0] for group in groups]


def batches(build):
    """(files, options) for each batch."""
    by_options = collections.defaultdict(list)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        # Tests hold no logic of their own and would take three times as long; clang does not know all the options that make
        # g++ compile the kernel well.
        if file.name.endswith("_test.cc") or file.name.startswith(("kernel_v", "bf16_kernel_")) or "slm_lab" not in file.parts:
            continue
        words = shlex.split(entry["command"])
        options = words[1:words.index("-o")] if "-o" in words else words[1:words.index("-c")]
        by_options[file.parent, tuple(options)].append(file)
    for (_, options), files in sorted(by_options.items()):
        for group in grouped(files):
            yield group, list(options)


def tidy(build, source, options):
    return subprocess.run(["clang-tidy-16", "--quiet", "--extra-arg=-Wno-unknown-warning-option", str(source), "--", *options],
                          cwd=build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def check(build, number, files, options):
    """What is wrong with these files; empty when nothing is."""
    if len(files) > 1:
        together = build / "habits" / f"{number}.cc"
        together.write_text("".join(f'#include "{file}"\n' for file in files))
        result = tidy(build, together, options)
        if "[clang-diagnostic-" not in result.stdout:
            return said(result)
        print(f"not together: {', '.join(file.name for file in files)}", file=sys.stderr)
    return "".join(said(tidy(build, file, options)) for file in files)


def said(result):
    lines = [line for line in result.stdout.splitlines() if not line.endswith(("warning generated.", "warnings generated."))]
    return "\n".join(lines) + "\n" if result.returncode else ""


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "habits").mkdir(exist_ok=True)
    work = list(batches(build))
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(lambda item: check(build, item[0], *item[1]), enumerate(work)))
    sys.stdout.write("".join(found))
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main())
