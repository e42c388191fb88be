"""Words that would do something if a shell, a parser of options, YAML or dstack read them: what users may write where they name things."""
import json
import pathlib
import random

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BITS = ["'", '"', "$(touch MARK)", "`touch MARK`", "\n", "; touch MARK", "-", "--yes", "*", "é", "中", "\\", "${{ secrets.x }}", "x" * 300, " ", "#", ": ", "|",
        "&", "../", "\t", "}", "\u202e"]


def hostile(rng):
    return "".join(rng.choice(BITS) for _ in range(rng.randint(1, 4)))


def cases(number, file):
    """As often as asked: the words of a call with hostile ones as name of the run and as value in the spec, which is written to the file, and
    that value. No name twice: a run of the same name would be refused. In one of eight the name of the spec is one too, which is refused."""
    rng = random.Random(0)
    spec = json.loads((ROOT / "slm_lab/spec/demo.json").read_text())["ppo_cartpole"]
    spec["agent"]["name"] = "${label}"  # for people, so that any will do
    for case in range(number):
        label, name = hostile(rng), hostile(rng) if case % 8 == 7 else "my"
        pathlib.Path(file).write_text(json.dumps({name: spec}))
        yield [str(file), f"--name={hostile(rng)}{case}", "-s", f"label={label}", "--", name, "train"], label
