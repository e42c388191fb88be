"""Files of weights and where they lie in a run folder (docs/data.md)."""
import csv
import hashlib
import math
import pathlib
import re

import numpy
import safetensors

FILE = re.compile(r"(?P<name>.+_t(?P<trial>\d+)_s(?P<session>\d+))(?P<best>_ckpt-best)?_net_model\.safetensors")


def read_weights(file):
    """Arrays by name, and what the file says of itself. ValueError for a file that is damaged or no such file."""
    try:
        with safetensors.safe_open(str(file), "numpy") as opened:
            metadata = dict(opened.metadata() or {})
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}
    except safetensors.SafetensorError as error:
        raise ValueError(f"{file}: no readable safetensors file: {error}") from None
    recorded = metadata.pop("sha256", None)
    if recorded is None:
        raise ValueError(f"{file}: weights without a checksum (sha256 in the header): not of slm-lab 0.3 or later")
    if recorded != checksum(arrays, metadata):
        raise ValueError(f"{file}: damaged: its content is not that of its checksum")
    for name, array in arrays.items():
        if not numpy.isfinite(array).all():
            raise ValueError(f"{file}: {name}: a number that is not finite; such weights are not used")
    return arrays, metadata


def checksum(arrays, metadata):
    """As slm_lab/store/weights.cc makes it: over metadata, names, types, shapes and values, in the order of names."""
    types = {"float32": "F32", "float64": "F64", "int64": "I64", "int32": "I32", "uint64": "U64", "uint8": "U8", "bool": "BOOL"}
    sha = hashlib.sha256()
    for key, value in sorted((key.encode(), value.encode()) for key, value in metadata.items()):
        sha.update(b"%d:%s %d:%s\n" % (len(key), key, len(value), value))
    for name in sorted(arrays, key=str.encode):
        array, text = arrays[name], name.encode()
        shape = ",".join(map(str, array.shape))
        sha.update(b"%d:%s %s\n" % (len(text), text, f"{types.get(array.dtype.name, '?')} ({shape})".encode()))
        sha.update(array.tobytes())
    return sha.hexdigest()


def find_weights(where, session=None, last=False):
    """The file that `slm-lab enjoy` plays of a run folder: of the best session unless `session` says which. Of a model
    folder, as `slm-lab push --model` leaves it, its only file; and a file itself."""
    path = pathlib.Path(where)
    if path.is_file():
        return path
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder")
    alone = sorted(path.glob("*.safetensors"))
    if len(alone) == 1:
        return alone[0]
    found = [(file, match) for file in sorted((path / "model").glob("*")) if (match := FILE.fullmatch(file.name))]
    if not found:
        raise FileNotFoundError(f"{path}: no weights in it (model/*_net_model.safetensors): not a run folder, or not trained yet")
    files = [(file, match) for file, match in found if (match["best"] is None) == last]
    if session is not None:
        files = [(file, match) for file, match in files if int(match["session"]) == session]
        if not files:
            raise ValueError(f"session {session}: {path} has the sessions {sorted({int(match['session']) for _, match in found})}")
    files.sort(key=lambda entry: (int(entry[1]["trial"]), int(entry[1]["session"])))
    return max(files, key=lambda entry: score(path, *entry, last))[0]  # of equal ones the first


def score(run, file, match, last):
    """total_reward_ma of the weights; the lowest number where there is none."""
    lowest = -math.inf
    if not last:
        with safetensors.safe_open(str(file), "numpy") as opened:
            return float((opened.metadata() or {}).get("total_reward_ma", lowest))
    table = run / "info" / f"{match['name']}_session_df_train.csv"
    if not table.is_file():
        return lowest
    with open(table, newline="") as stream:
        rows = [row["total_reward_ma"] for row in csv.DictReader(stream)]
    value = float(rows[-1] or "nan") if rows else math.nan
    return lowest if math.isnan(value) else value
