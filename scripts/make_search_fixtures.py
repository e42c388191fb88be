"""Writes tests/fixtures/search/*.json: what Ray Tune's schedulers decide and what Optuna's TPE computes, for the tests of
slm_lab/search to compare with.

Not needed to build or to test. Run it in a virtual environment; Optuna 4.5 is the version that SLM-Lab pins:

    pip install 'ray[tune]' 'optuna==4.5.0' scipy scikit-learn && python scripts/make_search_fixtures.py
"""

import functools
import json
import math
import pathlib
import random
import types

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights
from ray.tune.schedulers import AsyncHyperBandScheduler, MedianStoppingRule, TrialScheduler

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "search"
NUM_STREAMS = 200


def reports(rng, max_frame, log_frequency, diverged):
    """Trials that learn at their own speeds and report in a random order; some diverge, some skip log points."""
    num_trials, at_once = rng.randint(4, 14), rng.choice([1, 2, 4, 16])
    flat = rng.random() < 0.1  # all alike: comparisons of equal values
    trials = [{"frame": 0, "best": 0.0 if flat else rng.uniform(-200, 300), "speed": rng.uniform(0.5, 5)}
              for _ in range(num_trials)]
    running, waiting = list(range(min(at_once, num_trials))), list(range(at_once, num_trials))
    while running:
        trial = rng.choice(running)
        state = trials[trial]
        state["frame"] += log_frequency * (rng.randint(2, 6) if rng.random() < 0.05 else 1) + rng.choice([0, 0, 3])
        frame = min(state["frame"], max_frame)
        value = state["best"] * (1 - math.exp(-state["speed"] * frame / max_frame)) + (0 if flat else rng.gauss(0, 10))
        value = math.nan if rng.random() < diverged else round(value, 2)
        if (yield trial, frame, value) or frame == max_frame:
            running.remove(trial)
            if waiting:
                running.append(waiting.pop(0))


class Trial:
    def __init__(self, number):
        self.trial_id = str(number)


def decided(scheduler, rng, max_frame, log_frequency, diverged=0.0):
    """[trial, frame, value, whether the trial goes on] of every report."""
    trials, out = {}, []
    stream = reports(rng, max_frame, log_frequency, diverged)
    stops = None
    while True:
        try:
            trial, frame, value = stream.send(stops)
        except StopIteration:
            return out
        if trial not in trials:
            trials[trial] = Trial(trial)
            scheduler.on_trial_add(None, trials[trial])
        controller = types.SimpleNamespace(get_live_trials=lambda: [])
        decision = scheduler.on_trial_result(controller, trials[trial], {"frame": frame, "value": value})
        stops = decision == TrialScheduler.STOP
        out.append([trial, frame, None if math.isnan(value) else value, not stops])


def asha_streams():
    for index in range(NUM_STREAMS):
        rng = random.Random(index)
        np.random.seed(index)
        max_frame = rng.choice([1000, 10000, 50000, 81000, 300000])
        settings = {"max_t": max_frame, "grace_period": max(1, max_frame // rng.choice([2, 9, 16, 27, 64])),
                    "reduction_factor": rng.choice([2, 2.5, 3, 4]), "brackets": rng.choice([1, 1, 1, 2, 3])}
        scheduler = AsyncHyperBandScheduler(time_attr="frame", metric="value", mode="max", **settings)
        stream = decided(scheduler, rng, max_frame, max_frame // rng.choice([8, 12, 24]), diverged=0.02)
        brackets = {int(name): scheduler._brackets.index(bracket) for name, bracket in scheduler._trial_info.items()}
        yield {**settings, "bracket_of": [brackets[trial] for trial in sorted(brackets)], "reports": stream}


def median_streams():
    for index in range(30):
        rng = random.Random(1000 + index)
        max_frame = rng.choice([1000, 50000])
        grace_period = max_frame // rng.choice([4, 10, 20])
        scheduler = MedianStoppingRule(time_attr="frame", metric="value", mode="max", grace_period=grace_period)
        # No report diverges: Ray drops a trial with one from the median, we drop the report.
        yield {"max_t": max_frame, "grace_period": grace_period,
               "reports": decided(scheduler, rng, max_frame, max_frame // 20)}


DIMENSIONS = [  # ours, Optuna's
    ("x__uniform", [-2.0, 3.0], FloatDistribution(-2.0, 3.0)),
    ("x__loguniform", [1e-5, 0.1], FloatDistribution(1e-5, 0.1, log=True)),
    ("x__quniform", [0.0, 2.0, 0.25], FloatDistribution(0.0, 2.0, step=0.25)),
    ("x__randint", [1, 9], IntDistribution(1, 8)),
    ("x__qrandint", [16, 256, 16], IntDistribution(16, 256, step=16)),
    ("x__choice", ["a", "b", "c"], CategoricalDistribution(["a", "b", "c"])),
]


def drawn(distribution, rng):
    if isinstance(distribution, CategoricalDistribution):
        return rng.randrange(len(distribution.choices))
    if distribution.log:
        return math.exp(rng.uniform(math.log(distribution.low), math.log(distribution.high)))
    if distribution.step:
        return distribution.low + distribution.step * rng.randint(
            0, int((distribution.high - distribution.low) / distribution.step))
    return rng.uniform(distribution.low, distribution.high)


def densities():
    """The logarithm of Optuna's mixture at some points, given some observations. Of equal observations, which one gets
    the wide kernel depends on NumPy's sort in use; here, as with us, the order of the trials decides."""
    np.argsort = functools.partial(np.argsort, kind="stable")
    rng = random.Random(7)
    for multivariate in (False, True):
        spaces = [[row] for row in DIMENSIONS] + ([DIMENSIONS] if multivariate else [])
        for space in spaces:
            for num_observed in (0, 1, 2, 3, 9, 24, 25, 26, 40):
                names = [str(i) for i in range(len(space))]
                observed = [[drawn(row[2], rng) for row in space] for _ in range(num_observed)]
                points = [[drawn(row[2], rng) for row in space] for _ in range(4)]
                parameters = _ParzenEstimatorParameters(
                    prior_weight=1.0, consider_magic_clip=True, consider_endpoints=False, weights=default_weights,
                    multivariate=multivariate, categorical_distance_func={})
                columns = lambda rows: {n: np.array([row[i] for row in rows], dtype=float) for i, n in enumerate(names)}
                estimator = _ParzenEstimator(columns(observed), dict(zip(names, (row[2] for row in space))), parameters)
                yield {"multivariate": multivariate, "space": [[row[0], row[1]] for row in space],
                       "observed": observed, "points": points,
                       "log_densities": estimator.log_pdf(columns(points)).tolist()}


def importances():
    """Optuna's fANOVA of three functions: the least and the most of ten seeds."""
    space = [("x__uniform", [0.0, 1.0]), ("x__uniform", [-2.0, 3.0]), ("x__randint", [1, 9]),
             ("x__choice", ["a", "b", "c"])]
    theirs = {"0": FloatDistribution(0, 1), "1": FloatDistribution(-2, 3), "2": IntDistribution(1, 8),
              "3": CategoricalDistribution(["a", "b", "c"])}
    functions = [lambda a, b, n, c: a + 0.3 * b, lambda a, b, n, c: a * b + 0.2 * n + (c == 1),
                 lambda a, b, n, c: -(b - 1) ** 2 + 3 * (c == 2) * a]
    for index, function in enumerate(functions):
        rng = random.Random(index)
        rows = [[drawn(d, rng) for d in theirs.values()] for _ in range(120)]
        values = [function(*row) for row in rows]
        study = optuna.create_study(direction="maximize")
        for row, value in zip(rows, values):
            params = {"0": row[0], "1": row[1], "2": row[2], "3": "abc"[row[3]]}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=theirs, value=value))
        found = [optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=seed)) for seed in range(10)]
        yield {"space": space, "observed": rows, "values": values,
               "least": [min(one[name] for one in found) for name in theirs],
               "most": [max(one[name] for one in found) for name in theirs]}


def write(name, rows):
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (FOLDER / name).write_text("[\n" + lines + "\n]\n")


def main():
    write("asha.json", asha_streams())
    write("median.json", median_streams())
    write("importance.json", importances())
    write("parzen.json", densities())


if __name__ == "__main__":
    main()
