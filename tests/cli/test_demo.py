"""Claims about `alembic-rekey demo`: it shows every branch, and what it shows is what happened."""

import hashlib
import json
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing

import pytest

from commands import rekey_with
from outcomes import APPLY_COUNTS, PLAN_COUNTS
from server import clean_environment

PROJECT = {"alembic.ini", "legacy.sql", "migrations", "registry.json"}


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "alembic_rekey.cli", "demo", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=clean_environment({"TMPDIR": str(folder)}),
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs the command in this process, for what it refuses before it runs any other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run_here(*arguments):
        said = rekey_with("demo", *arguments)
        assert (said.status, said.out) == (1, "")
        assert "Traceback" not in said.err
        return said.err

    return run_here


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = run(folder, "it's here")
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "it's here", done.stdout


def counted(folder, phase):
    with closing(sqlite3.connect(folder / "app.db")) as connection:
        return dict(connection.execute("SELECT name, value FROM rekey_count WHERE phase = ?", (phase,)))


@pytest.mark.slow
def test_every_branch_of_the_decision_tables_is_there_but_the_collision(shown):
    folder, _ = shown
    plan, apply = counted(folder, "plan"), counted(folder, "apply")
    assert {name for name in PLAN_COUNTS if plan[name] == 0} == {"state_collisions"}
    assert {name for name in APPLY_COUNTS if apply[name] == 0} == set()


def test_what_became_of_every_row_is_shown(shown):
    folder, text = shown
    rows = text[text.index("What became of the rows") :].splitlines()
    with closing(sqlite3.connect(folder / "app.db")) as connection:
        for table in ("projects", "project_state", "memories", "interactions"):
            (after,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            at = next(number for number, line in enumerate(rows) if line.startswith(f"  {table}: "))
            assert rows[at].endswith(f" rows before, {after} after")
            block = []
            for line in rows[at + 1 :]:
                if not line.startswith("    "):
                    break
                block.append(line)
            assert sum(line.strip()[0] in "=~+" for line in block) == after
    assert "    ~ st-03: project_id 'prj-5a' -> 'prj-5'" in rows
    assert "    = prj-x" in rows
    assert any(line.startswith("    - st-06: ") and "'1064 nm'" in line for line in rows)


@pytest.mark.slow
def test_the_report_that_it_names_is_that_of_the_upgrade(shown):
    _, text = shown
    (line,) = [line for line in text.splitlines() if line.startswith("The report: ")]
    with open(line.removeprefix("The report: "), encoding="ascii") as file:
        document = json.load(file)
    assert document["mode"] == "apply"
    assert f"fingerprint  {document['plan']['fingerprint']}" in text  # what was planned is what was done


@pytest.mark.slow
def test_the_commands_that_it_names_work_as_they_stand(shown, tmp_path):
    _, text = shown
    lines = [line.strip() for line in text.splitlines() if line.startswith("  alembic")]
    assert [shlex.split(line)[-1] for line in lines] == ["report", "--sql", "-1"]
    for line in lines:
        program, *rest = shlex.split(line)
        module = {"alembic": "alembic", "alembic-rekey": "alembic_rekey.cli"}[program]
        done = subprocess.run(
            [sys.executable, "-m", module, *rest],
            capture_output=True,
            cwd=tmp_path,
            env=clean_environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_without_a_folder_it_makes_one(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0
    (made,) = tmp_path.iterdir()
    assert str(made) in done.stdout
    assert {path.name for path in made.iterdir()} == {*PROJECT, "app.db", "reports"}


@pytest.mark.slow
@pytest.mark.parametrize("held", ["app.db", "alembic.ini", "migrations", "registry.json", "reports"])
def test_a_folder_that_holds_a_demo_is_left_as_it_is(tmp_path, refused, held):
    (tmp_path / held).write_text("mine")
    assert f"{held} exists already" in refused(".")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(held, "mine")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "option", ["-x url=sqlite:///mine.db", "-x registry=mine.json", "-x report_dir=mine", "-c a.ini"]
)
def test_it_touches_nothing_but_its_own_folder(tmp_path, refused, option):
    said = refused(*option.split())
    assert re.search(r"FAILED: the demo makes a project of its own; (url|registry|report_dir|-c) would lead", said)
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_told(tmp_path, refused):
    (tmp_path / "file").write_text("")
    assert "FAILED: " in refused("file/below")


@pytest.mark.slow
def test_a_collision_is_refused_and_the_file_is_as_before(tmp_path):
    done = run(tmp_path, "here", "--collision")
    assert (done.returncode, done.stderr) == (0, "")
    database = tmp_path / "here" / "app.db"
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    assert done.stdout.count(f"SHA-256 {digest}") == 2
    assert "FAILED: revision 0001 refuses to fold; nothing was changed." in done.stdout
    assert "row 'st-98', under 'p05-interferometer', says 'vacuum'" in done.stdout
    assert "row 'st-99', under 'p05', says 'nitrogen'" in done.stdout
    with closing(sqlite3.connect(database)) as connection:
        assert {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")} == {
            *("projects", "project_state", "memories", "interactions")
        }
        connection.execute("UPDATE project_state SET status = 'superseded' WHERE id = 'st-99'")
        connection.commit()
    line = done.stdout.splitlines()[-1].strip()
    ended = subprocess.run([sys.executable, "-m", *shlex.split(line)], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
