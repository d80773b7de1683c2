"""Claims about `alembic-rekey revision`: one more fold from the last one, which runs and goes back by itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands import rekey_with
from conftest import ROOT
from examples import CANONICAL, LATER, REGISTRY, alembic_here, interaction, memory, names, prepared, project, state
from legacy import write_registry
from ways_back import contents

pytestmark = pytest.mark.slow

MESSAGE = 'fold the names of spring, \\ """ and %s'


@pytest.fixture
def application(tmp_path):
    """A copy of our own migrations, to which a revision can be added; returns its configuration."""
    folder = tmp_path / "application"
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    for path in (*(ROOT / "alembic").glob("*.*"), *(ROOT / "alembic" / "versions").glob("*.py")):
        (folder / path.relative_to(ROOT)).write_text(path.read_text("utf-8"), "utf-8")
    text = (ROOT / "alembic.ini").read_text("utf-8").replace("%(here)s/src", str(ROOT / "src"))
    config = folder / "alembic.ini"
    config.write_text(text, "utf-8")
    return config


def made(config, *arguments, message=MESSAGE):
    """The file that the command wrote."""
    said = rekey_with("-c", str(config), "revision", "-m", message, *arguments)
    assert (0, True) == (said.status, said.err.startswith("one more fold of what ")), said.err
    return Path(said.out.strip())


def test_it_is_a_frozen_copy_of_the_last_fold_after_the_head(application):
    path = made(application, "--rev-id", "0004")
    last = next(path.parent.glob("0003_*.py")).read_text("utf-8")
    text = path.read_text("utf-8")
    assert text.startswith(
        "r\"\"\"Fold the names of spring, \\ ''' and %s.\n\nRevision ID: 0004\nRevises: 0003\nCreate Date: 2"
    )
    assert 'revision: str = "0004"\ndown_revision: str | None = "0003"\n' in text
    declared = re.compile(r"branch_labels.*(?=\n\n\ndef upgrade)", re.DOTALL)
    assert declared.search(last)[0] == declared.search(text)[0]
    assert {"0003"} == set(re.findall("0003", text))
    second = made(application, message="again").read_text("utf-8")
    assert 'down_revision: str | None = "0004"' in second


def test_it_is_as_linters_want_it(application):
    """The house's own rules, as for any revision of ours."""
    path = made(application)
    for command in (["format", "--check"], ["check"]):
        config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *config, path], capture_output=True, encoding="utf-8", check=False
        )
        assert 0 == done.returncode, done.stdout


@pytest.fixture
def grown(database, tmp_path, application):
    """A database that was folded, then a registry with more names, rows under them, and a revision for these."""
    registry = prepared(
        database,
        tmp_path,
        {
            "projects": [project("c", CANONICAL), project("s", "p05")],
            "project_state": [state("moved", "s", "1"), state("kept", "c", "2", key="other")],
            "memories": [memory("m", "p05")],
        },
    )
    settings = {"config": application, "url": database.url, "registry": registry, "report_dir": tmp_path / "reports"}
    assert 0 == alembic_here("upgrade", "head", **settings).code
    write_registry(registry, {**REGISTRY, CANONICAL: [*REGISTRY[CANONICAL], "ifo"], "p08-lamp": ["lamp"]})
    database.insert("projects", [project("s2", "IFO"), project("lamp", "lamp", updated_at=LATER)])
    database.insert("project_state", [state("late", "s2", "3", key="late"), state("under lamp", "lamp", "4")])
    database.insert("memories", [memory("m2", "ifo")])
    database.insert("interactions", [interaction("i", "lamp")])
    path = made(application)
    return settings, path


def test_rows_under_later_names_are_folded_and_only_the_last_fold_goes_back(database, grown):
    settings, path = grown
    before = contents(database)
    assert 0 == alembic_here("upgrade", "head", **settings).code
    assert {"c": CANONICAL} == {key: name for key, name in names(database).items() if key in ("c", "s", "s2", "lamp")}
    assert {"p08-lamp", CANONICAL} == set(names(database).values())
    assert [("i", "p08-lamp")] == database.rows("SELECT id, project FROM interactions")
    revisions = [("0003", "applied"), (path.stem.partition("_")[0], "applied")]
    assert revisions == database.rows("SELECT revision, outcome FROM rekey_run ORDER BY id")
    ended = alembic_here("downgrade", "-1", **settings)
    assert 0 == ended.code, ended.err
    assert before == contents(database)
    assert [*revisions[:1], (revisions[1][0], "restored")] == database.rows(
        "SELECT revision, outcome FROM rekey_run ORDER BY id"
    )
    # The first fold's own rows go back from the same journals.
    assert 0 == alembic_here("downgrade", "-1", on_drift="keep", **settings).code
    assert "p05" in names(database).values()


def test_the_older_run_cannot_be_restored_before_the_newer_one(database, grown):
    settings, _ = grown
    assert 0 == alembic_here("upgrade", "head", **settings).code
    given = [word for name in ("url", "registry") for word in ("-x", f"{name}={settings[name]}")]
    refused = rekey_with("-c", str(settings["config"]), *given, "restore-plan", "1")
    assert (1, True) == (refused.status, "restore the newer run first" in refused.err)


def test_the_scripts_of_the_later_fold_do_the_same(database, grown):
    settings, _ = grown
    before = contents(database)
    for arguments in (("upgrade", "0003:head"), ("downgrade", "head:-1")):
        written = alembic_here(*arguments, "--sql", **settings)
        assert 0 == written.code, written.err
        ended = database.run_script(written.out.encode("ascii"))
        assert 0 == ended.returncode, ended.stderr
        if arguments[0] == "upgrade":
            assert {"p08-lamp", CANONICAL} == set(names(database).values())
    assert before == contents(database)


def test_a_fresh_database_runs_both_and_goes_all_the_way_back(database, tmp_path, application):
    rows = {"projects": [project("s", "p05")], "memories": [memory("m", "p05")]}
    registry = prepared(database, tmp_path, rows)
    before = contents(database)
    made(application)
    settings = {"config": application, "url": database.url, "registry": registry, "report_dir": tmp_path / "reports"}
    assert 0 == alembic_here("upgrade", "head", **settings).code
    assert [("applied",), ("empty",)] == database.rows("SELECT outcome FROM rekey_run ORDER BY id")
    assert 0 == alembic_here("downgrade", "0001", **settings).code
    assert before == contents(database)


UNUSABLE = {
    "an empty message": ((), " \n", "a message of 0 characters"),
    "a message that fills more than a line": ((), "m" * 101, "a message of 101 characters"),
    "an identifier that is taken": (("--rev-id", "0002"), "again", "0002"),
    "an identifier that is none": (("--rev-id", "a@b"), "again", "@"),
    "an identifier that leads elsewhere": (("--rev-id", "q/../../r"), "again", "is no identifier of a revision"),
    "an identifier of no letters": (("--rev-id", ""), "again", "is no identifier of a revision"),
    "an identifier that no table of versions holds": (("--rev-id", "a" * 33), "again", "write 1 to 32 letters"),
    "a head that is none": (("--head", "none"), "again", "Can't locate revision identified by 'none'"),
}


@pytest.mark.parametrize("case", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_a_revision_is_refused_and_leaves_no_file(application, case):
    arguments, message, says = case
    before = sorted(application.parent.rglob("*.py"))
    said = rekey_with("-c", str(application), "revision", "-m", message, *arguments)
    assert (1, "") == (said.status, said.out)
    assert "FAILED: " in said.err
    assert says in said.err
    assert "\n  what to do: " in said.err
    assert before == sorted(application.parent.rglob("*.py"))


FOLDS = {
    "a spec that names its revision itself": ("revision=revision,", 'revision="0003",'),
    "no function that upgrades": ("def upgrade()", "def other()"),
    "a revision that is computed": ('revision: str = "0003"', 'revision, _ = "0003", 0'),
}


@pytest.mark.parametrize("change", FOLDS.values(), ids=FOLDS)
def test_a_fold_that_cannot_be_copied_is_refused_and_leaves_no_file(application, change):
    (fold,) = (application.parent / "alembic" / "versions").glob("0003_*.py")
    text = fold.read_text("utf-8")
    assert change[0] in text
    fold.write_text(text.replace(*change), "utf-8")
    before = sorted(application.parent.rglob("*.py"))
    said = rekey_with("-c", str(application), "revision", "-m", "again")
    assert 1 == said.status
    assert "FAILED: " in said.err
    assert "\n  what to do: " in said.err
    assert before == sorted(application.parent.rglob("*.py"))


def test_a_fold_without_a_docstring_gets_one(application):
    (fold,) = (application.parent / "alembic" / "versions").glob("0003_*.py")
    text = fold.read_text("utf-8")
    fold.write_text(text[text.index("from __future__") :], "utf-8")
    assert made(application, message="zoë's").read_text("utf-8").startswith('"""Zoë\'s.\n\nRevision ID: ')
