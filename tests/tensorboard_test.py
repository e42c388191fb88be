"""What TensorBoard itself reads of a run that was killed and resumed, and of a search. Usage: tensorboard_test.py SLM_LAB"""

import csv
import glob
import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
from tensorboard.util import tensor_util

PROGRAM = os.path.abspath(sys.argv[1])
SPECS = Path(__file__).resolve().parent.parent / "slm_lab/spec/benchmark"
CLOCK = {"fps", "wall_t"}


def command(data, mode, *overrides):
    words = [PROGRAM, "run", str(SPECS / "a2c/a2c_gae_cartpole.json"), "a2c_gae_cartpole", mode, "--data", str(data)]
    for change in ("meta.log_frequency=500", *overrides):
        words += ["--override", change]
    return words + ["--checkpoint-seconds", "0.05"]


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_amid(words, data):
    """Kills the run, with all its processes, once each session has a checkpoint and log points behind it."""
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None and len(glob.glob(f"{data}/*/model/*_checkpoints/0*2/manifest.json")) < 2:
        time.sleep(0.001)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it came to its end before
    process.wait()


def read(logdir):
    multiplexer = plugin_event_multiplexer.EventMultiplexer(size_guidance={"scalars": 0, "tensors": 0})
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    return multiplexer


def scalars(multiplexer, run_name, tag):
    """Scalars that are tensors inside TensorBoard, whichever way they were written."""
    return [(e.step, float(tensor_util.make_ndarray(e.tensor_proto))) for e in multiplexer.Tensors(run_name, tag)]


def as_float(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def check_table(multiplexer, run_name, file, prefix_of):
    """Every number of the CSV file is there once, at its frame."""
    rows = list(csv.DictReader(open(file, encoding="utf-8")))
    assert rows, file
    checked = 0
    for column in rows[0].keys() - {"frame"}:
        tag = prefix_of(column)
        expected = [(int(r["frame"]), as_float(r[column])) for r in rows if r[column] != ""]
        if tag is None or not expected:
            continue
        found = scalars(multiplexer, run_name, tag)
        assert [step for step, _ in found] == [frame for frame, _ in expected], (tag, found, expected)
        if column not in CLOCK:
            assert found == expected, (tag, found, expected)
        checked += 1
    return checked


def hyperparameters(multiplexer, logdir):
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN],
    )
    handler = list_session_groups.Handler(RequestContext(), context, "", request)
    return {group.name: group for group in handler.run().session_groups}


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("kind"))


def check_run(folder):
    data = Path(folder) / "run"
    changes = ("env.max_frame=20000", "meta.max_session=2", "meta.rigorous_eval=2", "meta.eval_frequency=2000")
    kill_amid(command(data, "train", *changes), data)
    run(*command(data, "train@latest", *changes))
    (root,) = data.iterdir()
    multiplexer = read(data)
    groups = {"rollout": {"total_reward", "total_reward_ma", "episode_length", "epi"}, "time": {"fps", "wall_t", "t"}}

    def training(column):
        return next((f"{g}/{column}" for g, columns in groups.items() if column in columns), f"train/{column}")

    for session in (0, 1):
        name = f"{root.name}/log/tb/t0_s{session}"
        table = f"{root}/info/a2c_gae_cartpole_t0_s{session}_session_df_"
        assert check_table(multiplexer, name, table + "train.csv", training) > 12
        evaluated = {"total_reward", "total_reward_ma"}
        assert check_table(multiplexer, name, table + "eval.csv", lambda c: f"eval/{c}" if c in evaluated else None) == 2
        text = tensor_util.make_ndarray(multiplexer.Tensors(name, "spec")[0].tensor_proto)
        assert b'"max_frame": 20000' in text[0], text
    (group,) = hyperparameters(multiplexer, data).values()
    assert group.name == f"{root.name}/t0" and len(group.sessions) == 2, group
    assert group.sessions[0].status == api_pb2.STATUS_SUCCESS, group
    assert value(group.hparams["agent.algorithm.name"]) == "ActorCritic", group.hparams
    assert value(group.hparams["env.max_frame"]) == 20000, group.hparams
    assert any(m.name.tag == "rollout/total_reward_ma" and m.value > 0 for m in group.metric_values), group


def check_search(folder):
    data = Path(folder) / "search"
    space = 'search={"agent.algorithm.gamma__uniform": [0.9, 0.99], "agent.net.hid_layers_activation__choice": ["relu", "tanh"]}'
    run(*command(data, "search", "env.max_frame=3000", "meta.max_session=1", "meta.max_trial=4", space))
    (root,) = data.iterdir()
    trials = hyperparameters(read(data), data)
    assert set(trials) == {f"{root.name}/t{i}" for i in range(4)}, set(trials)
    for i in range(4):
        hparams = {name: value(v) for name, v in trials[f"{root.name}/t{i}"].hparams.items() if v.WhichOneof("kind")}
        assert set(hparams) == {"agent.algorithm.gamma", "agent.net.hid_layers_activation"}, hparams
        assert 0.9 <= hparams["agent.algorithm.gamma"] <= 0.99, hparams
        assert hparams["agent.net.hid_layers_activation"] in ("relu", "tanh"), hparams
        (ma,) = [m.value for m in trials[f"{root.name}/t{i}"].metric_values if m.name.tag == "rollout/total_reward_ma"]
        assert math.isfinite(ma)


def check_off(folder):
    data = Path(folder) / "off"
    run(*command(data, "train", "env.max_frame=3000", "meta.max_session=1", "meta.tensorboard=false"))
    assert not glob.glob(f"{data}/**/*tfevents*", recursive=True)


with tempfile.TemporaryDirectory() as scratch:
    check_run(scratch)
    check_search(scratch)
    check_off(scratch)
print("TensorBoard reads the run, the search, and finds nothing where it is off")
