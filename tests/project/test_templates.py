"""Claims about projects of every template: `alembic-rekey init` makes them fold, and all else stays as it was."""

import re
import tomllib

import click
import pytest

from alembic_rekey.cli import flask_command
from commands import rekey_with
from databases import SQLiteDatabase
from examples import ROOT
from templates import FOLDED, TEMPLATES, made, whole_way

pytestmark = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated:DeprecationWarning")  # Flask-Migrate's own


FAST = ("async", "multidb")
"""The others are variants of these, and every test of an env.py is one of generic."""


@pytest.fixture(params=[pytest.param(name, marks=[] if name in FAST else pytest.mark.slow) for name in TEMPLATES])
def project(request, tmp_path):
    """A project on SQLite."""
    with made(request.param, SQLiteDatabase(tmp_path / "app.db"), tmp_path) as one:
        yield one


def everyday(project):
    """What Alembic's own commands do in it: what is current, what was generated, what the application's tables are."""
    told = {"at first": project.does("current"), "up": project.alembic("upgrade", "head").code}
    told["then"] = re.sub(r"(?m)^.*(Current revision|Rev:).*$", "", project.does("current"))
    checked = project.alembic("check")
    told["check"] = (checked.code, {*re.findall(r"\w+ upgrade operations detected.*", f"{checked.out}{checked.err}")})
    before = set(project.env.parent.glob("versions/*.py"))
    project.does("revision", "--autogenerate", "-m", "generated") if project.app is None else project.does("migrate")
    for path in set(project.env.parent.glob("versions/*.py")) - before:
        told["generated"] = re.findall(r"op\.\w+", path.read_text("utf-8"))
        path.unlink()
    told["tables"] = {name for name in project.database.tables() if not name.startswith("rekey_")}
    told["down"] = project.alembic("downgrade", "base").code
    return told


def is_as_before(project):
    before = everyday(project)
    assert (0, 0) == (before["up"], before["down"])
    assert "own" in before["tables"]
    assert (before["check"][0] == 0) or before["check"][1]  # what was found is told; Flask says of nothing elsewhere
    project.says("init")
    assert before == everyday(project)
    project.does("upgrade", "head")
    project.says(*project.x, "revision", "--fold", "projects.name", "-m", "fold projects")
    project.does("upgrade", "head")
    assert FOLDED == project.notes()
    project.does("downgrade", "a0")
    project.does("upgrade", "head")
    folded = everyday(project)
    known = ("tables", "check", "generated")
    assert {name: before.get(name) for name in known} == {name: folded.get(name) for name in known}


@pytest.mark.slow
def test_the_commands_of_alembic_are_as_before_and_leave_our_tables_alone(project):
    is_as_before(project)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_commands_of_alembic_are_as_before_on_postgresql(database, tmp_path, template):
    with made(template, database, tmp_path) as one:
        is_as_before(one)


@pytest.mark.slow
def test_the_whole_way_is_gone(project):
    whole_way(project)
    project.says("revision", "-m", "once more")
    project.does("upgrade", "head")
    assert FOLDED == project.notes()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_whole_way_is_gone_on_postgresql(database, tmp_path, template):
    with made(template, database, tmp_path) as one:
        whole_way(one)


@pytest.mark.parametrize("project", ["multidb", "flask-multidb"], indirect=True)
def test_of_several_databases_one_is_named(project):
    project.says("init")
    project.does("upgrade", "head")
    said = project.rekey("revision", "--fold", "projects.name", "-m", "fold projects")
    assert (1, True) == (said.status, "FAILED: setting url: env.py migrates 2 databases" in said.err)
    assert f"-x url={project.database.url}" in said.err
    other = SQLiteDatabase(project.folder / "other.db")
    assert [("a0",)] == other.rows("SELECT version_num FROM alembic_version")
    project.says(*project.x, "revision", "--fold", "projects.name", "-m", "fold projects")
    project.does("upgrade", "head")
    assert {"alembic_version"} == other.tables()


@pytest.mark.parametrize("project", ["multidb", pytest.param("flask-multidb", marks=pytest.mark.slow)], indirect=True)
def test_no_revision_is_written_that_env_py_could_not_call(project):
    """Before `init` nothing says how it tells the databases apart."""
    project.does("upgrade", "head")
    fold = (*project.x, "revision", "--fold", "projects.name", "-m", "fold projects")
    files = set(project.env.parent.glob("versions/*.py"))
    said = project.rekey(*fold)
    assert (1, True) == (said.status, "what to do: let it run its migrations through this library first" in said.err)
    assert files == set(project.env.parent.glob("versions/*.py"))
    project.says("init")
    project.says(*fold)
    project.does("upgrade", "head")
    assert FOLDED == project.notes()


@pytest.mark.parametrize("project", ["multidb"], indirect=True)
def test_a_database_that_fails_leaves_the_others_as_they_were(project):
    project.says("init")
    late = '"""Fails in the second."""\nrevision, down_revision = "a1", "a0"\n\n\ndef upgrade(engine_name) -> None:\n'
    late += "    if engine_name == 'engine2':\n        raise ValueError\n"
    (project.folder / "migrations" / "versions" / "a1_fails.py").write_text(late, "utf-8")
    with pytest.raises(ValueError):  # noqa: PT011  # of the revision itself
        project.does("upgrade", "head")
    assert {"projects", "notes"} == project.database.tables()


def test_flask_finds_the_command_where_it_looks_for_others():
    entered = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["flask.commands"]
    assert {"rekey": f"{flask_command.__name__}:rekey"} == entered
    assert isinstance(flask_command.rekey, click.Command)


@pytest.mark.parametrize("project", ["flask"], indirect=True)
@pytest.mark.parametrize("is_ours", [True, False])
def test_the_status_of_flask_tells_a_refusal_of_the_guard_from_an_error(project, is_ours):
    if is_ours:
        project.says("init")
    project.does("upgrade", "head")
    project.says(*project.x, "revision", "--fold", "projects.name", "-m", "fold projects")
    project.database.execute("CREATE TABLE children (id INTEGER PRIMARY KEY, of INTEGER REFERENCES projects (id))")
    project.database.execute("INSERT INTO children VALUES (1, 1), (2, 2)")
    before = project.database.snapshot()
    ended = project.alembic("upgrade", "head")
    assert (2, True) == (ended.code, "FAILED: revision" in ended.err), ended
    (project.config.parent / "registry.json").unlink()
    ended = project.alembic("upgrade", "head", allow_empty="perhaps")
    assert (1, True) == (ended.code, "FAILED: setting allow_empty" in ended.err), ended
    assert before == project.database.snapshot()


@pytest.mark.parametrize("project", ["flask"], indirect=True)
def test_outside_of_the_application_the_way_in_is_told(project):
    project.says("init")
    said = rekey_with("-c", str(project.config), "plan")
    assert (1, True) == (said.status, "in a project of Flask: flask rekey …" in said.err), said
    assert "Traceback" not in said.err


@pytest.mark.slow
@pytest.mark.parametrize("project", TEMPLATES, indirect=True)
def test_who_adopted_a_database_is_proposed_no_removal_in_any_template(project):
    project.says("init", "--adopted")
    project.does("upgrade", "head")
    project.database.execute("CREATE TABLE forgotten (id INTEGER PRIMARY KEY)")
    checked = project.alembic("check")
    assert "forgotten" not in f"{checked.out}{checked.err}"
    assert (checked.code == 0) or project.template == "multidb"
