#!/usr/bin/env python3
"""Feeds mutated spec files to slm-lab: each through `spec check`, each accepted one through a tiny run.

    scripts/mutate_specs.py [--program build/release/slm-lab] [--count 10000] [--runs 1000] [--seed 1]

Wrong is: a signal, a hang, exit 1 (a defect of ours), an exit code beyond those of docs/cli.md, memory beyond the limit,
or a run that is refused (2) although the check had accepted it. Each such file is kept in build/mutated_specs.
"""
import argparse
import copy
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "build/mutated_specs"
VALUES = [0, 1, -1, 2, 3, 7, 0.5, -0.0, 1e-320, 1e308, 1e6, 2**30, 2**31 - 1, 2**31, 2**53, 2**59, 2**63 - 1, 2**64, True,
          False, None, "", "x", "${x}", "default", "relu", "inf", [], {}, [0], [1, 2], [1e9], [[]], [[64, 8, 4, 0, 1]], {"name": "Adam"},
          {"name": "no_decay", "start_val": 0}]
CHECK_CODES = {0, 2}
RUN_CODES = {0, 3, 7, 143}  # 3: not in this version; 7: diverged; 143: long, and stopped when told to
MEMORY = 6 << 30
CHECK_SECONDS, RUN_SECONDS, STOPPING_SECONDS = 60, 20, 60


def nodes(node, path=()):
    """Every (container, key) below `node`."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from nodes(value)


def mutate_tree(spec, specs, rng):
    container, key = rng.choice(list(nodes(spec)))
    kind = rng.randrange(10)
    if kind >= 6:  # most likely legal: what another spec has there
        others = [other[k] for other, k in nodes(rng.choice(specs)[1]) if k == key and isinstance(other, dict)]
        if others:
            container[key] = copy.deepcopy(rng.choice(others))
            return
        kind = 3
    if kind <= 2:
        container[key] = copy.deepcopy(rng.choice(VALUES))
    elif kind == 3 and isinstance(container[key], (int, float)) and not isinstance(container[key], bool):
        container[key] = container[key] * rng.choice([-1, 0, 0.1, 0.5, 2, 3, 10, 1000, 1e6, 1e12])
    elif kind == 4 and isinstance(container, dict):
        value = container.pop(key)
        if rng.random() < 0.5:
            at = rng.randrange(len(key) + 1)
            container[key[:at] + rng.choice("aes_ ") + key[at:]] = value
    else:
        other, other_key = rng.choice(list(nodes(spec)))
        container[key] = copy.deepcopy(other[other_key])


def mutate_text(text, rng):
    at = rng.randrange(len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 + rng.randrange(4):]
    if kind == 1:
        return text[:at] + rng.choice(['"', "{", "}", "[", "]", ",", ":", "\\", "\0", "\u20ac", "9", "e", "-"]) + text[at:]
    if kind == 2:
        end = min(len(text), at + rng.randrange(40))
        return text[:end] + text[at:]
    return text[:at]


def mutant(specs, rng):
    name, spec = rng.choice(specs)
    spec = copy.deepcopy(spec)
    spec.get("env", {}).update(max_frame=600)
    spec.get("meta", {}).update(log_frequency=200, eval_frequency=200, max_session=1)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
        mutate_tree(spec, specs, rng)
    text = json.dumps({name: spec}, indent=1)
    return mutate_text(text, rng) if rng.random() < 0.15 else text


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, arguments, folder, seconds):
    """A run may be as long as its spec says; then it is told to stop, and only one that does not is a hang."""
    process = subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               preexec_fn=limit_memory)
    for wait in (seconds, STOPPING_SECONDS):
        try:
            error = process.communicate(timeout=wait)[1]
            return process.returncode, error.decode(errors="replace")[-300:]
        except subprocess.TimeoutExpired:
            process.terminate()
    process.kill()
    process.communicate()
    return "hang", ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build/release/slm-lab"))
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=1000, help="accepted specs that are also run")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    specs = []
    for file in sorted((ROOT / "slm_lab/spec").rglob("*.json")):
        specs += json.loads(file.read_text()).items()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="mutated_specs_") as scratch:
        return check(program, specs, rng, options, pathlib.Path(scratch))


def check(program, specs, rng, options, folder):
    checks, runs, kept = {}, {}, 0
    for index in range(options.count):
        if index % 1000 == 999:
            print(f"{index + 1} specs: checks {checks}, runs {runs}", flush=True)
        text = mutant(specs, rng)
        file = folder / "spec.json"
        file.write_text(text, errors="replace")
        code, text_of_error = run(program, ["spec", "check", "spec.json"], folder, CHECK_SECONDS)
        checks[code] = checks.get(code, 0) + 1
        wrong = code not in CHECK_CODES
        if code == 0 and sum(runs.values()) < options.runs and "${" not in text:
            code, text_of_error = run(program, ["spec.json", "dev", "--threads", "1", "--data", "data"], folder, RUN_SECONDS)
            runs[code] = runs.get(code, 0) + 1
            wrong = code not in RUN_CODES
            subprocess.run(["rm", "-rf", str(folder / "data")], check=False)
        if wrong:
            kept += 1
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / f"wrong_{index}.json").write_text(text, errors="replace")
            print(f"wrong_{index}.json: {code}: {text_of_error}", flush=True)
    print(f"spec check of {options.count}: exit codes {checks}")
    print(f"tiny runs of {sum(runs.values())}: exit codes {runs}")
    print(f"{kept} wrong, in {KEPT}" if kept else "none wrong")
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
