"""A script as a text: SQL to the last statement, readable, the same each time, made without a connection."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pglast
import pytest
from pglast import ast
from pglast.visitors import Visitor

import legacy
from alembic_rekey.text.layout import WIDTH
from scripts import REGISTRY, ROOT, SAMPLE, generated
from server import clean_environment
from shells import statements

URLS = {
    "sqlite": "sqlite:////no/such/folder/atocore.db",
    "postgresql": "postgresql+psycopg://nobody:secret@host.invalid:1/nothing",
}
RANGES = ("head", "base:head", "0001", "0001:0002", "0002:0003", "0001:head")
PINNED = Path(__file__).parent / "pinned"
RENEW = "REKEY_RENEW_PINNED"

HOSTILE = {**REGISTRY, "it's :x 100% $$ --": ["'; DROP TABLE projects; --", "Größe", "%(name)s", "\\q", "a\tb"]}


@pytest.fixture
def registry(tmp_path):
    return legacy.write_registry(tmp_path / "registry.json", HOSTILE)


@pytest.fixture(params=URLS)
def dialect(request):
    return request.param


class Parameters(Visitor):
    def __init__(self) -> None:
        self.found: list[ast.Node] = []

    def visit_ParamRef(self, _ancestors: object, node: ast.Node) -> None:  # noqa: N802  # pglast's name
        self.found.append(node)


@pytest.mark.slow
@pytest.mark.parametrize("revision", RANGES)
def test_postgresql_parses_every_statement_and_finds_no_parameter(registry, revision):
    parsed = pglast.parse_sql(generated(URLS["postgresql"], registry, revision, allow_empty="false"))
    parameters = Parameters()
    parameters(parsed)
    assert parameters.found == []
    assert len(parsed) > 3


@pytest.mark.slow
def test_sqlite_executes_every_statement_without_a_value_for_a_parameter(tmp_path, registry):
    script = generated(f"sqlite:///{tmp_path / 'a.db'}", registry)
    assert script.startswith(";\n.bail on\n")
    connection = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    for statement in statements(script):
        connection.execute(statement)  # raises where a parameter has no value
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0003",)]
    connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("revision", RANGES)
def test_a_comment_stands_above_every_statement_and_lines_are_of_moderate_width(registry, dialect, revision):
    script = generated(URLS[dialect], registry, revision, allow_empty="false")
    paragraphs = script.rstrip("\n").split("\n\n")
    assert [text for text in paragraphs if not text.startswith(("-- ", ";\n.bail on\n"))] == []
    # A name that is not plain ASCII, a path, a checksum and a sentence cannot be broken.
    long = [line for line in script.splitlines() if len(line) > WIDTH + 20]
    assert [line for line in long if not re.search(r"'[0-9a-f]{60,}'|DO \$|'[^']*%[sLQ][^']{40,}'", line)] == []


def test_the_header_says_what_the_script_does_from_where_and_how_to_run_it(registry, dialect):
    header = generated(URLS[dialect], registry, "0002:0003").split("BEGIN")[0]
    assert "revision 0002 to 0003" in header
    assert f"registry: {registry}\n" in header
    assert f"SHA-256:  {hashlib.sha256(registry.read_bytes()).hexdigest()}\n" in header
    assert "names:    3 canonical, 8 aliases\n" in header
    run_with = {"sqlite": "sqlite3 DATABASE < FILE", "postgresql": "psql -v ON_ERROR_STOP=1 -f FILE DATABASE"}
    assert run_with[dialect] in header
    assert "secret" not in header
    assert "0002 to 0002" not in header


@pytest.mark.slow
def test_the_same_script_is_written_each_time(registry, dialect):
    once = generated(URLS[dialect], registry)
    assert once == generated(URLS[dialect], registry)
    assert once == generated(URLS[dialect], registry, "base:head")


@pytest.mark.slow
def test_the_shell_prints_the_counts_last(reused_database, registry):
    database = reused_database
    database.reset()
    legacy.create(database)
    legacy.fill(database, SAMPLE)
    printed = database.run_script(generated(database.url, registry).encode()).stdout.decode()
    for line in (r"plan\s*\|\s*shadow_projects\s*\|\s*2\b", r"apply\s*\|\s*shadow_projects_deleted\s*\|\s*2\b"):
        assert re.search(line, printed)


WITHOUT_DRIVERS = """
import sys
for name in ("psycopg", "psycopg2", "psycopg_binary", "asyncpg", "pg8000"):
    sys.modules[name] = None
import socket
socket.socket.connect = socket.getaddrinfo = None
from alembic.config import main
main(argv=sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql"])
def test_a_script_needs_neither_a_driver_nor_a_connection(tmp_path, registry, driver):
    url = f"{driver}://nobody:secret@host.invalid/nothing"
    settings = ["-x", f"url={url}", "-x", f"registry={registry}"]
    made = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVERS, "-c", str(ROOT / "alembic.ini"), *settings, "upgrade", "head", "--sql"],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=clean_environment(),
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout == generated(URLS["postgresql"], registry)
    assert list(tmp_path.iterdir()) == [registry]


@pytest.mark.parametrize(("revision", "start"), [("0002", "0001"), ("0003", "0002")])
def test_a_released_revision_does_not_change(tmp_path, monkeypatch, dialect, revision, start):
    """A revision that was released must do the same for ever: a change here means a new revision.

    Before the first release, `REKEY_RENEW_PINNED=1 pytest tests/script/test_script_text.py` writes the files anew.
    """
    registry = {"p05-interferometer": ["p05", "interferometer"], "größe": ["it's big", "K9"]}
    legacy.write_registry(tmp_path / "registry.json", registry)
    monkeypatch.chdir(tmp_path)
    script = generated(URLS[dialect], Path("registry.json"), f"{start}:{revision}")
    pinned = PINNED / f"{revision}.{dialect}.sql"
    if os.environ.get(RENEW):
        pinned.write_text(script, encoding="ascii")
    assert script == pinned.read_text(encoding="ascii"), f"{pinned} differs; {RENEW}=1 writes it anew"


def test_it_says_nothing_that_only_a_newer_sqlite_reads():
    """From 3.39 on it knows a full join, and HAVING without GROUP BY; 3.37 is promised."""
    text = (PINNED / "0003.sqlite.sql").read_text("utf-8")
    having = [text[text.rindex("SELECT", 0, each.start()) : each.start()] for each in re.finditer(r"\bHAVING\b", text)]
    assert having
    assert [] == [before for before in having if "GROUP BY" not in before]
    # Where triggers are, changes are held against the journal on SQLite by what this one has from the same source.
    joins = [file.name for file in PINNED.glob("*.sql") if "FULL OUTER JOIN" in file.read_text("utf-8")]
    assert [] == joins
