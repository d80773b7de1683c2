"""What pages of the guide show, and SQLite alone or the guide's own check cannot run."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import create_engine, text

import legacy
from alembic_rekey.guide.blocks import blocks, commands
from alembic_rekey.guide.topics import page
from alembic_rekey.project.files import ENVIRONMENT_LINES, SETTING_LINES
from databases import SQLiteDatabase
from examples import CANONICAL, REGISTRY, alembic_here, folded, projects, state
from machine import Machine, look_up, ours


def shown(name: str, kind: str) -> list[str]:
    """The blocks of a page in a language."""
    return [block.text for block in blocks(page(name)) if block.kind == kind]


def lines(name: str) -> list[str]:
    """The commands of a page."""
    return [each.line for block in blocks(page(name)) if block.kind == "sh" for each in commands(block)]


def colliding() -> dict[str, list[dict[str, object]]]:
    """Rows that the guard refuses."""
    return {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("a", "c", "1"), state("b", "s", "2")]}


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_review_by_a_dba(database, server, tmp_path):
    legacy.create(database)
    legacy.fill(database, folded())
    before = legacy.read(database)
    url = {"ATOCORE_DATABASE_URL": database.url, "ATOCORE_PROJECT_REGISTRY_PATH": str(ours(tmp_path))}
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres", "PGDATABASE": database.name}
    machine = Machine(tmp_path, PATH=str(server.programs), **url, **address)
    (block,) = [block for block in blocks(page("review")) if "--sql > fold.sql" in block.text]
    (instead,) = re.findall("on PostgreSQL: (.*)", block.text)
    for each in commands(block):
        machine.run(instead if each.line == "sqlite3 app.db < fold.sql" else each.line)
    assert "p05" not in {row["name"] for row in legacy.read(database)["projects"]}
    machine.run("psql -v ON_ERROR_STOP=1 -f back.sql")
    assert before == legacy.read(database)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "status"), [(folded, 0), (dict, 0), (colliding, 1)])
def test_the_workflow_in_ci(tmp_path, rows, status):
    """Its ten lines as the runner's shell takes them; `pip` and `gh` keep what they are told."""
    (workflow,) = [block.text for block in blocks(page("deploy")) if block.kind == "yaml"]
    assert 10 == len(workflow.splitlines())
    plan, post = re.findall(r'run: "?(.*?)"?}?$', workflow, re.MULTILINE)
    (named,) = re.findall(r'(\w+): "\$\{\{ secrets', workflow)
    database = SQLiteDatabase(tmp_path / "app.db")
    legacy.create(database)
    legacy.fill(database, rows())
    machine = Machine(tmp_path, **{named: database.url}, ATOCORE_PROJECT_REGISTRY_PATH=str(ours(tmp_path)))
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text("utf-8").replace("rekey.env.url =", f"rekey.env.url = {named}"), "utf-8")
    for program, does in (("pip", 'echo "pip $@"'), ("gh", 'echo "$@"; cp "$5" posted.md')):
        (tmp_path / "bin" / program).write_text(f"#!/bin/sh\n{does}\n", "ascii")
        (tmp_path / "bin" / program).chmod(0o755)
    installed, *planned = machine.run(f"({plan}) && echo passed || echo failed").splitlines()
    look_up("pip install 'alembic-rekey[postgresql]'", machine)
    assert "pip install . alembic-rekey[postgresql]" == installed
    assert ("passed", "failed")[status] == planned.pop()
    assert json.loads("\n".join(planned))["plan"]
    assert "pr comment 7 --body-file plan.md\n" == machine.run(post.replace("${{ github.event.number }}", "7"))
    said = (tmp_path / "posted.md").read_text("utf-8")
    assert "### Plan of revision 0003" in said
    assert ("would refuse this plan" in said) is bool(status)


CUSTOMERS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
CREATE TABLE letters (id INTEGER PRIMARY KEY, customer TEXT);
INSERT INTO customers VALUES (1, 'p05');
INSERT INTO letters VALUES (1, 'P05'), (2, 'atlas');
INSERT INTO orders VALUES (1, 1);
"""


@pytest.mark.slow
def test_ones_own_project(tmp_path):
    database, machine = SQLiteDatabase(tmp_path / "app.db"), Machine(tmp_path)
    database.execute(CUSTOMERS)
    legacy.write_registry(tmp_path / "registry.json", REGISTRY, "customers")
    (declared,) = [block for block in shown("start", "python") if "def upgrade" in block]
    for line in lines("start"):
        if "later names" in line:
            legacy.write_registry(tmp_path / "registry.json", {**REGISTRY, "atlas-survey": ["atlas"]}, "customers")
        said = machine.run(line)
        if line == "alembic-rekey init":
            lines_of_init_are_those_of_the_page(tmp_path)
        elif "--fold" in line:
            assert shape(declared) == shape(Path(said.split()[-1]).read_text("utf-8"))
    assert [(1, CANONICAL), (2, "atlas-survey")] == database.rows("SELECT * FROM letters")
    assert [CANONICAL] == [name for (name,) in database.rows("SELECT name FROM customers")]
    assert alembic_here("downgrade", "base", config=tmp_path / "alembic.ini").code == 0
    assert [(1, "P05"), (2, "atlas")] == database.rows("SELECT * FROM letters")
    assert [(1, "p05")] == database.rows("SELECT * FROM customers")


@pytest.mark.sqlite_first
def test_the_query_that_keeps_old_links_alive(database, tmp_path):
    """As an application asks it: a key that it finds no row for, and one that was never folded."""
    (query,) = [block for block in shown("start", "sql") if "rekey_redirect" in block]
    (declared,) = [block for block in shown("start", "python") if "def upgrade" in block]
    head = "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = {!r}, {!r}\n"
    once_more = declared.replace("    op.create_side_tables(spec)\n", "")
    database.execute(CUSTOMERS.replace("'p05'", f"'{CANONICAL}'") + "INSERT INTO customers VALUES (2, 'p05'), (3, 'x')")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001.py").write_text(head.format("0001", None) + declared, "utf-8")
    (versions / "0002.py").write_text(head.format("0002", "0001") + once_more, "utf-8")
    (tmp_path / "migrations" / "env.py").write_text(ENVIRONMENT_LINES.replace("target_metadata", "None"), "utf-8")
    config = tmp_path / "alembic.ini"
    config.write_text("[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n", "utf-8")
    legacy.write_registry(tmp_path / "registry.json", REGISTRY, "customers")

    def leads(key):
        engine = create_engine(database.url)
        with engine.connect() as connection:
            found = connection.execute(text(query), {"key": key}).scalar()
        engine.dispose()
        return found

    assert alembic_here("upgrade", "0001", config=config, url=database.url).code == 0
    assert ["1", None, None] == [leads(key) for key in ("2", "1", "3")]
    legacy.write_registry(tmp_path / "registry.json", {"x": [CANONICAL]}, "customers")
    assert alembic_here("upgrade", "0002", config=config, url=database.url).code == 0
    assert ["3", "3", None] == [leads(key) for key in ("2", "1", "3")]


def lines_of_init_are_those_of_the_page(folder: Path) -> None:
    environment = (folder / "migrations" / "env.py").read_text("utf-8")
    assert environment.endswith(ENVIRONMENT_LINES)
    (ends_with,) = [block for block in shown("start", "python") if block.startswith("import alembic_rekey.operations")]
    assert ast.dump(ast.parse(ends_with)) == ast.dump(ast.parse(ENVIRONMENT_LINES))
    (settings,) = shown("start", "ini")
    configuration = (folder / "alembic.ini").read_text("utf-8")
    assert set(settings.splitlines()) <= set(SETTING_LINES.splitlines()) <= set(configuration.splitlines())


def shape(revision: str) -> list[tuple[object, ...]]:
    """The parts of the spec that the text of a revision declares."""
    given: dict[str, object] = {"sa": sqlalchemy, "revision": "0001", "__name__": "revision"}
    exec(revision, given)
    roles = ("key", "name", "owners", "tag")
    return [
        (type(part), part.noun, *(str(getattr(part, role, None)) for role in roles)) for part in given["spec"].parts
    ]
