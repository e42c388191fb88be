"""The commands of SLM-Lab's benchmark page (docs/BENCHMARKS.md at 15ab2770), word for word, and what stands for its capitals."""
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOCAL = ["uv run slm-lab SPEC_FILE SPEC_NAME train",
         "uv run slm-lab SPEC_FILE SPEC_NAME search"]
REMOTE = ["source .env && uv run slm-lab run-remote --gpu SPEC_FILE SPEC_NAME train -n NAME",
          "source .env && uv run slm-lab run-remote --gpu SPEC_FILE SPEC_NAME search -n NAME",
          "source .env && uv run slm-lab run-remote --gpu -s env=Hopper-v5 SPEC_FILE SPEC_NAME search -n NAME"]
PULL = "uv run slm-lab pull SPEC_NAME"


def filled(line, file, spec, name=""):
    for word, by in (("SPEC_FILE", file), ("SPEC_NAME", spec), ("NAME", name)):
        line = line.replace(word, by)
    return line


def write_short_spec(file, name, template):
    """A spec of the benchmark under a name of its own, which trains for seconds and can be searched; a template leaves its environment open."""
    shipped = "ppo_mujoco" if template else "ppo_cartpole"
    spec = json.loads((ROOT / f"slm_lab/spec/benchmark/ppo/{shipped}.json").read_text())[shipped]
    spec["env"]["max_frame"] = 4096
    spec["meta"] |= {"max_session": 1, "max_trial": 2, "log_frequency": 1024, "eval_frequency": 1024}
    spec["search"] = {"agent.algorithm.lam__uniform": [0.9, 0.99]}
    pathlib.Path(file).write_text(json.dumps({name: spec}))


def write_uv(folder, program):
    """A `uv run` that finds this program instead of building one."""
    for name, text in (("uv", '#!/bin/sh\n[ "$1" = run ] && shift && exec "$@"\n'), ("slm-lab", f'#!/bin/sh\nexec "{program}" "$@"\n')):
        path = pathlib.Path(folder, name)
        path.write_text(text)
        path.chmod(0o755)
