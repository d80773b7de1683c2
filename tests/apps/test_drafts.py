"""Claims about `revision --fold` on databases that three applications made: what it writes folds, and goes back."""

from __future__ import annotations

import runpy

import pytest

from alembic_rekey import Spec
from applications import APPS, ENVIRONMENT, content_of
from apps.test_ckan import NAMES as PEOPLE
from apps.test_ckan import portal
from apps.test_mlflow import EXPERIMENTS, tracked
from apps.test_optuna import stored
from drafts import draft, empty_project
from project.test_draft_field import declared

pytestmark = [pytest.mark.slow, pytest.mark.every_case]


def filled(app, database, name):
    """The application's own database, with what people did in it."""
    application = app(name)
    if name == "ckan":
        portal(application, database)
    elif name == "mlflow":
        tracked(application, database)
    else:
        stored(application, database)
        application.inside("fill", database.url)


LOWER = ("--match", "lower(name)")
CASES = {
    "studies": ("optuna", {}, "studies.study_name", ("--match", "lower(study_name)", "--most", "trials")),
    "experiments": ("mlflow", EXPERIMENTS, "experiments.name", ("--survivor", "creation_time")),
    "models": ("mlflow", {}, "registered_models.name", (*LOWER, "--survivor", "creation_time")),
    "people": ("ckan", PEOPLE, "user.name", ()),
    "organisations": ("ckan", PEOPLE, "group.name", ("--registered", "organisations")),
    "tags": ("ckan", {}, "tag.name", (*LOWER, "--most", "package_tag")),
}
QUESTIONS = {"experiments": 5, "models": 1, "people": 1, "organisations": 2}
OTHERWISE = {
    # Inputs refer to data by another column than the primary key, and no foreign key says so.
    "experiments": {"datasets", "entity_associations", "inputs"},
    # Only a person knows that nobody belongs to a group twice; who did what to whom is asked.
    "people": {"activity", "member"},
    "organisations": {"activity", "member"},
    "tags": {"package_tag"},
}
"""What a person declared otherwise, by what the application means."""


def by_a_person(name):
    """What `folds/` declares, per table; the identity's key and owners too."""
    (file,) = APPS.glob(f"folds/*_{name.replace('organisations', 'people')}.py")
    specs = [each for each in runpy.run_path(str(file)).values() if isinstance(each, Spec)]
    return _told(specs[name == "organisations"])


def _told(spec):
    """A noun is a matter of taste."""
    return {table: (kind, owners, of is None, named) for table, (kind, owners, of, named) in declared(spec).items()}


@pytest.mark.parametrize(
    ("database", "case"),
    [
        pytest.param(dialect, case, id=f"{case}-{dialect}")
        for case, (name, *_) in CASES.items()
        for dialect in (["postgresql"] if name == "ckan" else ["sqlite", "postgresql"])
    ],
    indirect=["database"],
)
def test_a_draft_folds_and_goes_back(app, database, tmp_path, case):
    """Its questions are struck out, and what differs is the survivor's: no part is changed by hand."""
    name, names, fold, arguments = CASES[case]
    filled(app, database, name)
    before = content_of(database)
    project = empty_project(database, tmp_path, names)
    (project.folder / "migrations" / "env.py").write_text(ENVIRONMENT, "utf-8")
    made = draft(project, fold, *arguments)
    drafted, theirs = _told(made.specs[0]), by_a_person(case)
    assert OTHERWISE.get(case, set()) == {table for table, told in theirs.items() if drafted.get(table) != told}
    assert QUESTIONS.get(case, 0) == len(made.questions)
    made.struck_out()
    made.decided()
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert before != content_of(database)
    ended = project.downgrade("base")
    assert 0 == ended.code, ended.err
    assert before == content_of(database)
