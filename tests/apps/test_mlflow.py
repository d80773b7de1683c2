"""An experiment tracker: experiments and registered models of one thing under several names become one."""

from __future__ import annotations

import pytest

from applications import Application, beside, there_and_back
from databases import Database
from whole_database import whole

pytestmark = pytest.mark.slow
ONE, OTHERS = "fraud-detection", ("Fraud-Detection", "fraud detection")
EXPERIMENTS = {"experiments": {ONE: ["fraud detection"]}}


def tracked(mlflow: Application, database: Database) -> Database:
    """A database that mlflow made, with what a team did in it."""
    mlflow.run("mlflow", "db", "upgrade", database.url)
    mlflow.inside("fill", database.url, mlflow.folder / "artifacts")
    return database


def test_experiments_of_one_name_become_one_with_all_runs_traces_models_and_data(app, database, tmp_path):
    mlflow = app("mlflow")
    project = beside(tracked(mlflow, database), tmp_path, "mlflow_experiments", EXPERIMENTS)
    seen = there_and_back(mlflow, database.url, project)
    before, folded = seen.before["experiments"], seen.folded["experiments"]
    assert sorted(before.keys() - set(OTHERS)) == sorted(folded)
    assert {name: before[name] for name in folded if name != ONE} == {
        name: experiment for name, experiment in folded.items() if name != ONE
    }
    assert {
        "stage": "active",
        "tags": {"mlflow.note.content": "the real one", "region": "EU", "team": "risk"},
        "scorers": [["safe", [1, 2]]],
        "evaluation": ["golden", "silver"],
        **{
            kind: {what: seen_of for name in (ONE, *OTHERS) for what, seen_of in before[name][kind].items()}
            for kind in ("runs", "traces", "logged models")
        },
    } == folded[ONE]
    assert 6 == len(folded[ONE]["runs"])
    assert seen.before["models"] == seen.folded["models"]


def fraud_model(**first: str) -> dict[str, object]:
    """The one model of the registry; `first` are the tags of its first version."""
    return {
        "fraud-model": {
            "description": "the fraud-model",
            "tags": {"region": "EU", "team": "fraud"},
            # The first version had been deleted under this name, and lives under the other.
            "versions": {"1": ["/models/other", first], "2": ["/models/new", {"reviewed": "yes"}]},
            "aliases": {"challenger": 1, "champion": 2},
        }
    }


def test_registered_models_of_one_name_become_one_with_versions_tags_and_aliases(app, database, tmp_path):
    mlflow = app("mlflow")
    project = beside(tracked(mlflow, database), tmp_path, "mlflow_models", {})
    seen = there_and_back(mlflow, database.url, project)
    assert fraud_model() == seen.folded["models"]
    assert seen.before["experiments"] == seen.folded["experiments"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_tags_of_a_version_follow_it_to_its_new_key(app, database, tmp_path):
    mlflow = app("mlflow")
    project = beside(tracked(mlflow, database), tmp_path, "mlflow_models", {})
    mlflow.inside("label", database.url)
    assert fraud_model(reviewed="no") == there_and_back(mlflow, database.url, project).folded["models"]


FOREIGN_KEY = "'fk_model_version_tags_model_versions', 'model_version_tags'"
DROPPED = f"op.drop_constraint({FOREIGN_KEY})"
COLUMNS = ["workspace", "name", "version"]
MADE_AGAIN = f"op.create_foreign_key({FOREIGN_KEY}, 'model_versions', {COLUMNS}, {COLUMNS}, onupdate='CASCADE')"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_tags_of_a_version_refuse_its_new_key_where_a_foreign_key_is_followed_at_once(app, database, tmp_path):
    """Its ON UPDATE CASCADE would change rows that the plan is still to change: it is dropped for a moment."""
    mlflow = app("mlflow")
    project = beside(tracked(mlflow, database), tmp_path, "mlflow_models", {})
    mlflow.inside("label", database.url)
    content = whole(database)
    assert (2, content) == (project.check().status, whole(database))
    refused = project.upgrade()
    assert (2, content) == (refused.code, whole(database)), refused
    assert "model_version_tags" in refused.err
    # As the remedy says.
    revision = project.folder / "migrations" / "versions" / "mlflow_models.py"
    text = revision.read_text("utf-8")
    for fold in ("op.rekey(spec)", "op.restore(spec)"):
        text = text.replace(f"    {fold}\n", f"    {DROPPED}\n    {fold}\n    {MADE_AGAIN}\n")
    revision.write_text(text, "utf-8")
    folded = there_and_back(mlflow, database.url, project).folded["models"]
    assert fraud_model(reviewed="no") == folded


def test_two_live_versions_of_one_number_refuse_and_nothing_is_changed(app, database, tmp_path):
    mlflow = app("mlflow")
    project = beside(tracked(mlflow, database), tmp_path, "mlflow_models", {})
    mlflow.inside("clash", database.url)
    content = whole(database)
    checked = project.check()
    assert (2, content) == (checked.status, whole(database)), checked
    refused = project.upgrade()
    assert (2, content) == (refused.code, whole(database)), refused
    for said in ("Fraud-Model", "/models/clash", "/models/new"):
        assert said in refused.err
