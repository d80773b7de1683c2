"""A study store: studies whose names differ in case become one, and can be gone on with."""

from __future__ import annotations

import pytest

from applications import Application, beside, there_and_back
from databases import Database
from whole_database import whole

pytestmark = pytest.mark.slow
FOLD = "optuna_studies"


def stored(optuna: Application, database: Database) -> Database:
    """A store that optuna made."""
    optuna.run("optuna", "create-study", "--storage", database.url, "--study-name", "imagenet", "--direction=maximize")
    return database


def test_studies_of_one_name_become_one_with_all_trials_and_attributes(app, database, tmp_path):
    optuna = app("optuna")
    stored(optuna, database)
    optuna.inside("fill", database.url)
    seen = there_and_back(optuna, database.url, beside(database, tmp_path, FOLD, {}))
    one, other = seen.before["cifar10"], seen.before["CIFAR10"]
    trials = sorted([*one["trials"], *other["trials"]], key=lambda trial: trial["id"])
    assert {
        "imagenet": seen.before["imagenet"],
        "cifar10": {
            "direction": "MAXIMIZE",
            "metrics": ["accuracy"],
            "attributes": {"owner": "anna", "paper": {"doi": "10.1/x", "pages": [1, 2]}, "written": "cifar10"},
            "numbers": [*range(7)],
            "found by number": [trial["id"] for trial in trials],
            "trials": trials,
            "best": max(one["best"], other["best"]),
        },
    } == seen.folded


def test_a_study_that_was_folded_goes_on(app, database, tmp_path):
    optuna = app("optuna")
    stored(optuna, database)
    optuna.inside("fill", database.url)
    upgraded = beside(database, tmp_path, FOLD, {}).upgrade()
    assert 0 == upgraded.code, upgraded.err
    optuna.inside("more", database.url, "cifar10")
    told = optuna.tell(database.url)["cifar10"]
    assert ([*range(7)], []) == (told["numbers"], [trial for trial in told["trials"] if trial["state"] == "WAITING"])


def test_studies_that_seek_opposite_things_are_not_made_one(app, database, tmp_path):
    optuna = app("optuna")
    stored(optuna, database)
    optuna.inside("oppose", database.url)
    project = beside(database, tmp_path, FOLD, {})
    content = whole(database)
    assert (2, content) == (project.check().status, whole(database))
    refused = project.upgrade()
    assert (2, content) == (refused.code, whole(database)), refused
    for said in ("MAXIMIZE", "MINIMIZE"):
        assert said in refused.err
