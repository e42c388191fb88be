#!/usr/bin/env python3
"""scripts/compare_optuna.py PROGRAM [TRIALS [REPEATS]]: our samplers beside Optuna's on the functions of
bench/search_functions.cc, which PROGRAM was built from (target search_functions, -DSLM_BENCH=ON). Prints the median of the
best values of REPEATS (100) searches of TRIALS (100) trials, how often TPE beats random draws, and the two-sided p of
a Mann-Whitney test of ours against Optuna's; ends with 1 where that is below 0.001. Needs Optuna (4.5 is what SLM-Lab
pins) and SciPy in the Python that runs it."""
import math
import subprocess
import sys
import warnings

import numpy as np
import optuna
import scipy.stats

PAIRS = {"random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
         "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
         "multivariate_tpe": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True)}


def sphere(t):
    x, y = t.suggest_float("x", -5, 5), t.suggest_float("y", -5, 5)
    return -(x - 1) ** 2 - (y + 2) ** 2


def branin(t):
    x, y = t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15)
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return -(valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def rosenbrock(t):
    x = [t.suggest_float(str(i), -2, 2) for i in range(4)]
    return -sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def learner(t):
    lr, width = t.suggest_float("lr", 1e-5, 1e-1, log=True), t.suggest_int("width", 16, 256, step=16)
    layers, activation = t.suggest_int("layers", 1, 5), t.suggest_categorical("activation", [0, 1, 2, 3])
    return (-(math.log10(lr) + 3.2) ** 2 - ((width - 96) / 64) ** 2 - 0.3 * abs(layers - 3)
            - (0 if activation == 1 else 0.5))


def optunas(function, make_sampler, trials, seed):
    study = optuna.create_study(direction="maximize", sampler=make_sampler(seed))
    study.optimize(function, n_trials=trials)
    return study.best_value


def main():
    trials = sys.argv[2] if len(sys.argv) > 2 else "100"
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore")
    ours = {}
    lines = subprocess.run([sys.argv[1], trials, str(repeats)], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        function, sampler, value = line.split()
        ours.setdefault((function, sampler), []).append(float(value))
    apart = False
    print(f"optuna {optuna.__version__}, {repeats} searches of {trials} trials: medians of the best value")
    for function in (sphere, branin, rosenbrock, learner):
        for sampler, make_sampler in PAIRS.items():
            theirs = [optunas(function, make_sampler, int(trials), seed) for seed in range(repeats)]
            mine = ours[function.__name__, sampler]
            p = scipy.stats.mannwhitneyu(mine, theirs).pvalue
            wins = np.mean(np.array(mine) > np.array(ours[function.__name__, "random"])[::-1])
            apart |= p < 0.001
            print(f"{function.__name__:11} {sampler:17} ours {np.median(mine):10.4g}  optuna {np.median(theirs):10.4g}"
                  f"  p {p:.3f}  beats random {100 * wins:3.0f} %", flush=True)
    sys.exit(int(apart))


if __name__ == "__main__":
    main()
