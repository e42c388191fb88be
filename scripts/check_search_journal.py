#!/usr/bin/env python3
"""Opens the journal of a search (info/*_search_journal.log) with Optuna and compares what it shows with our table.

check_search_journal.py RUN_FOLDER      needs `pip install optuna`
"""
import json
import math
import pathlib
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

# Reports are float32, as the CSV of a session has them.
STATES = {"complete": TrialState.COMPLETE, "stopped": TrialState.PRUNED, "failed": TrialState.FAIL}


def main(folder: pathlib.Path) -> int:
    (journal,) = folder.glob("info/*_search_journal.log")
    (table,) = folder.glob("info/*_trial_data_dict.json")
    storage = JournalStorage(JournalFileBackend(str(journal.resolve())))
    study = optuna.load_study(study_name=journal.name.removesuffix("_search_journal.log"), storage=storage)
    ours = json.loads(table.read_text())
    wrong = []
    for trial in study.trials:
        if str(trial.number) not in ours:  # it runs
            continue
        entry = ours[str(trial.number)]
        if trial.state != STATES[entry["state"]]:
            wrong.append(f"t{trial.number}: state {trial.state.name}, ours {entry['state']}")
        if entry["state"] != "failed" and not math.isclose(trial.value, entry["total_reward_ma"], rel_tol=1e-6):
            wrong.append(f"t{trial.number}: value {trial.value}, ours {entry['total_reward_ma']}")
        for path, value in trial.params.items():
            if value != entry[path] and value != json.dumps(entry[path]):
                wrong.append(f"t{trial.number}: {path} {value}, ours {entry[path]}")
    points = sum(len(trial.intermediate_values) for trial in study.trials)
    print(f"{study.study_name}: {len(study.trials)} trials, {points} reports, best t{study.best_trial.number}"
          f" {study.best_value:.2f}; {len(wrong)} differences")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
