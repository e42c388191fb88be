"""`slm-lab spec schema` before a validator that is not ours: it accepts every shipped spec file and refuses wrong ones.

Usage: schema_test.py PROGRAM
"""

import copy
import json
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

BENCHMARK = Path(__file__).resolve().parent.parent / "slm_lab" / "spec" / "benchmark"


def main(program):
    schema = json.loads(subprocess.run([program, "spec", "schema"], check=True, capture_output=True).stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    failures = []
    files = sorted(BENCHMARK.rglob("*.json"))
    if not files:
        failures.append(f"no spec file under {BENCHMARK}")
    for path in files:
        for error in validator.iter_errors(json.loads(path.read_text())):
            failures.append(f"{path.name}: {error.json_path}: {error.message[:200]}")

    for title, spec_file in wrong_files(json.loads((BENCHMARK / "ppo" / "ppo_cartpole.json").read_text())):
        if validator.is_valid(spec_file):
            failures.append(f"accepted although wrong: {title}")

    print(*failures, sep="\n")
    print(f"{len(files)} spec files, {len(failures)} failures")
    return 1 if failures else 0


def wrong_files(good):
    """(what is wrong, a spec file with that mistake and no other)"""
    for title, agent_part, key, value in [
        ("gamma above 1", "algorithm", "gamma", 1.2),
        ("gamma as a list", "algorithm", "gamma", [0.99]),
        ("an unknown algorithm", "algorithm", "name", "PPPO"),
        ("an unknown key of the algorithm", "algorithm", "gama", 0.99),
        ("an unknown memory", "memory", "name", "OffPolicyBatchReplay"),
    ]:
        bad = copy.deepcopy(good)
        part(bad["ppo_cartpole"]["agent"], agent_part)[key] = value
        yield title, bad
    for title, section, key, value in [
        ("no environments at all", "env", "num_envs", 0),
        ("a key that no section has", "env", "num_env", 4),
        ("a negative number of sessions", "meta", "max_session", -1),
    ]:
        bad = copy.deepcopy(good)
        part(bad["ppo_cartpole"], section)[key] = value
        yield title, bad
    bad = copy.deepcopy(good)
    del part(bad["ppo_cartpole"]["agent"], "algorithm")["gamma"]
    yield "gamma missing", bad


def part(parent, name):
    """A section, which the reference's older files wrap in a list of one."""
    return parent[name][0] if isinstance(parent[name], list) else parent[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
