"""Runs in the environment of optuna: `fill URL` searches as people do, `tell URL` prints what its API sees, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import optuna

STUDIES = {"CIFAR10": 2, "cifar10": 4, "imagenet": 1}


def fill(url: str) -> None:
    """One study under two names that differ in case, with trials, parameters and attributes; and another one."""
    for name, trials in STUDIES.items():
        sampler = optuna.samplers.RandomSampler(seed=trials)
        study = optuna.create_study(
            storage=url, study_name=name, direction="maximize", load_if_exists=True, sampler=sampler
        )
        study.set_user_attr("owner", "anna")
        study.set_user_attr("written", name)
        study.set_metric_names(["accuracy"])
        study.optimize(_accuracy, n_trials=trials)
    optuna.load_study(study_name="CIFAR10", storage=url).set_user_attr("paper", {"doi": "10.1/x", "pages": [1, 2]})
    waiting = optuna.load_study(study_name="CIFAR10", storage=url)
    waiting.enqueue_trial({"rate": 0.05, "layers": 2})


def _accuracy(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    for step in range(2):
        trial.report(rate * step, step)
    trial.set_user_attr("host", f"node{layers}")
    return 1 - rate


def oppose(url: str) -> None:
    """Two studies of one name in other case, one that seeks the least and one that seeks the most."""
    optuna.create_study(storage=url, study_name="loss", direction="minimize")
    optuna.create_study(storage=url, study_name="LOSS", direction="maximize").optimize(_accuracy, n_trials=1)


def more(url: str, name: str) -> None:
    """One more trial: a study that was folded can be gone on with."""
    optuna.load_study(study_name=name, storage=url).optimize(_accuracy, n_trials=1)


def tell(url: str) -> None:
    """What whoever opens the store sees."""
    print(json.dumps({name: _study(url, name) for name in sorted(optuna.get_all_study_names(storage=url))}))


def _study(url: str, name: str) -> dict[str, Any]:
    study = optuna.load_study(study_name=name, storage=url)
    numbers = [trial.number for trial in study.trials]
    storage = study._storage
    return {
        "direction": study.direction.name,
        "metrics": study.metric_names,
        "attributes": study.user_attrs,
        "numbers": numbers,
        # Each number leads to one trial, as optuna has it; a number that two trials have leads nowhere.
        "found by number": [storage.get_trial_id_from_study_id_trial_number(study._study_id, one) for one in numbers],
        "trials": [_trial(trial) for trial in study.trials],
        "best": study.best_value,
    }


def _trial(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    return {
        "id": trial._trial_id,
        "state": trial.state.name,
        "value": trial.value,
        "params": trial.params,
        "reported": trial.intermediate_values,
        "attributes": trial.user_attrs,
        "waits with": trial.system_attrs.get("fixed_params"),
    }


optuna.logging.set_verbosity(optuna.logging.WARNING)
{"fill": fill, "oppose": oppose, "more": more, "tell": tell}[sys.argv[1]](*sys.argv[2:])
