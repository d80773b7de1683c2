"""No shell and no program commits a half of a script, however it goes on after an error."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest

import legacy
from kept import kept
from script.test_script_guards import BY_DATABASE, CASES, Case, arranged
from scripts import REGISTRY, ROOT, SAMPLE, generated, once
from shells import BOM, COMMITS_ITSELF, NOTHING_RUNS, SHELLS, each, run_in, statements, stopped_at
from ways_back import contents, everything_folded, script_back

pytestmark = pytest.mark.slow

NAMES = [(dialect, name) for dialect, shells in SHELLS.items() for name in shells]
LONG = bool(os.environ.get("REKEY_LONG"))


def of_guards(*names):
    """The cases in which these guards fail; in the long form those of every guard."""
    assert set(names) <= CASES.keys()
    return [one for one in BY_DATABASE if LONG or one.id.partition("-")[2] in names]


EVERY_KIND = of_guards(
    "a database that is further",  # the first of all
    "a column that a created row would lack",  # asked of the catalog
    "a column that is not there",  # later statements cannot even be parsed
    "a view in place of a table",
    "rows that the account does not see",  # later statements lack rights
    "a collision",  # asked of the rows
    "rows of an unknown table on a shadow",
    "an empty plan that is not allowed",
    "a journal that keeps numbers as texts",  # asked of the way back, before anything is applied
    "a row that refers to a canonical which is made only now",  # asked after everything was applied
    "a trigger that deletes rows of an unknown table",
    "a trigger that keeps the name of a misspelt canonical",
    "a trigger that changes more of a row",
)
"""A guard of each kind, by where it stands and by what comes after it: a shell goes on behind all of one kind alike.

Each guard by itself stops the database's own shell in `test_script_guards.py`.
"""


def halves(database, script, *besides):
    """The shells after which the database is not as it was; each finds it as the one before it left it."""
    before, left = database.snapshot(), []
    for name in SHELLS[database.dialect].keys() - set(besides):
        run_in(name, database, script)
        now = database.snapshot()
        if now != before:
            left.append(name)
            before = now
    return left


@pytest.mark.every_case
@pytest.mark.parametrize(("reused_database", "case"), EVERY_KIND, indirect=["reused_database"])
def test_where_a_guard_of_an_upgrade_fails_everything_is_as_it_was(reused_database, registry_path, upgrade, case):
    script = arranged(reused_database, case, registry_path, upgrade)
    assert [] == halves(reused_database, script)


NEIGHBOUR = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

def upgrade():
    op.add_column("memories", sa.Column("later", sa.Text()))
    op.create_table("afterwards", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_index("idx_later", "memories", ["later"])

def downgrade():
    op.drop_index("idx_later", "memories")
    op.drop_table("afterwards")
    op.drop_column("memories", "later")
"""


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory):
    """The folder of a project that has a revision of its own after the fold."""
    folder = tmp_path_factory.mktemp("neighbour") / "alembic"
    shutil.copytree(ROOT / "alembic", folder)
    (folder / "versions" / "0004_later.py").write_text(NEIGHBOUR, encoding="ascii")
    return folder


@pytest.fixture(scope="module")
def again(reused_database, upgrade, downgrade, tmp_path_factory):
    """The database of the examples after a fold that was taken back: its run and its journal are there."""
    registry = legacy.write_registry(tmp_path_factory.mktemp("again") / "registry.json", REGISTRY)
    reused_database.reset()
    legacy.create(reused_database, unique_slots=False)
    legacy.fill(reused_database, SAMPLE)
    upgrade(reused_database, registry)
    downgrade(reused_database, registry)
    return kept(reused_database)


FROM_0002 = [
    one
    for one in of_guards(
        "a column that a created row would lack",
        "a collision",
        "an empty plan that is not allowed",
        "a trigger that deletes rows of an unknown table",
        "a trigger that changes more of a row",
    )
    for case in one.values[1:]
    if case.at is None and case.range == "head"
]


@pytest.mark.parametrize(("reused_database", "case"), FROM_0002, indirect=["reused_database"])
def test_the_same_where_a_fold_was_taken_back_before_and_other_revisions_follow(
    reused_database, registry_path, again, neighbour, case
):
    """What goes on after the guard must not take the older journal for the script's own."""
    database = reused_database
    again.put_back(database)
    legacy.write_registry(registry_path, case.registry)
    for change in case.changes:
        change(database)
    script = once(generated, database.url, registry_path, "0002:head", folder=neighbour, **case.settings)
    assert [] == halves(database, script)


@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("before", [BOM, b"-- pasted\n", BOM + b"\r\n"])
def test_whatever_stands_before_it_the_shell_stops_at_the_guard_and_says_nothing_where_all_passed(
    reused_database, registry_path, upgrade, before
):
    """Case 08: behind a byte order mark the shell went on, and committed a half."""
    script = arranged(reused_database, CASES["a collision"], registry_path, upgrade)
    stopped = reused_database.run_script(before + script.encode("ascii"))
    assert [1, ["rekey_collision_state"]] == [stopped.returncode, stopped_at(stopped)]
    script = arranged(reused_database, Case(""), registry_path, upgrade)
    passed = reused_database.run_script(before + script.encode("ascii"))
    assert (0, b"") == (passed.returncode, passed.stderr)


@pytest.mark.parametrize("reused_database", ["postgresql"], indirect=True)
def test_a_shell_that_sets_savepoints_is_refused_before_anything_is_done(reused_database, registry_path, upgrade):
    """Case 09: psql took back the guard alone that had failed, went on and committed."""
    database = reused_database
    script = arranged(database, Case(""), registry_path, upgrade)
    said = database.server.psql(database.url, script, "-v", "ON_ERROR_ROLLBACK=on")
    assert 3 == said.returncode
    assert ["cannot set transaction read-write mode"] == re.findall("ERROR: +(.*) inside", said.stderr.decode())
    assert "psql -X, which leaves ON_ERROR_ROLLBACK off" in script


DOWN = {
    "a row that was edited": ("head:-1", "UPDATE interactions SET project = 'other' WHERE id = 'rekeyed'"),
    "a row that was deleted": ("head:base", "DELETE FROM interactions"),
    "no run": ("head:0002", "DELETE FROM rekey_run"),
    "another revision": ("head:-1", "UPDATE alembic_version SET version_num = '0002'"),
    "rows in a table that would go": ("head:base", "UPDATE projects SET name = name"),
    "a journal without a column": ("head:-1", "ALTER TABLE rekey_journal_memories DROP COLUMN content"),
}


@pytest.mark.parametrize("case", DOWN.values(), ids=DOWN)
def test_where_a_guard_of_a_downgrade_fails_everything_is_as_it_was(
    reused_database, tmp_path, upgrade, downgrade, case
):
    folded = everything_folded(reused_database, tmp_path, upgrade, downgrade)
    revisions, change = case
    script = script_back(reused_database, folded.registry, revisions)
    reused_database.execute(change)
    assert [] == halves(reused_database, script)


@pytest.mark.every_case
@pytest.mark.parametrize(("reused_database", "name"), NAMES, indirect=["reused_database"])
def test_where_nothing_is_wrong_every_shell_runs_it_whole_up_and_down(reused_database, registry_path, name):
    """But for shells that set savepoints, and `executescript`, which takes no commands: there nothing is changed."""
    database = reused_database
    database.reset()
    legacy.create(database)
    legacy.fill(database, SAMPLE)
    legacy.write_registry(registry_path, REGISTRY)
    before = database.snapshot()
    held = contents(database)
    run_in(name, database, once(generated, database.url, registry_path))
    if name in NOTHING_RUNS:
        assert before == database.snapshot()
        return
    assert [("0003",)] == database.rows("SELECT version_num FROM alembic_version")
    assert [("applied",)] == database.rows("SELECT outcome FROM rekey_run")
    run_in(name, database, script_back(database, registry_path))
    assert [("restored",)] == database.rows("SELECT outcome FROM rekey_run")
    assert held == contents(database)


FAULTS = {
    "sqlite": {
        "a column is there already": "ALTER TABLE memories ADD COLUMN later TEXT",
        "a table is there already": "CREATE TABLE afterwards (id INTEGER)",
        "an index is there already": "CREATE INDEX idx_later ON memories (id)",
        "a trigger ends the transaction": "CREATE TRIGGER meddle AFTER UPDATE ON interactions BEGIN"
        " SELECT RAISE(ROLLBACK, 'no'); END",
        "a trigger refuses a row": "CREATE TRIGGER meddle AFTER UPDATE ON interactions BEGIN"
        " SELECT RAISE(ABORT, 'no'); END",
        "a constraint ends the transaction": "CREATE UNIQUE INDEX one_project ON interactions (project);"
        "CREATE TRIGGER meddle BEFORE DELETE ON projects BEGIN"
        " INSERT OR ROLLBACK INTO interactions (id, prompt, project) SELECT 'i9', prompt, project FROM interactions;"
        " END",
    },
    "postgresql": {
        "a column is there already": "ALTER TABLE memories ADD COLUMN later TEXT",
        "a table is there already": "CREATE TABLE afterwards (id INTEGER)",
        "an index is there already": "CREATE INDEX idx_later ON memories (id)",
        "a trigger refuses a row": "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql"
        " AS $$BEGIN RAISE 'no'; END$$;"
        "CREATE TRIGGER meddle AFTER UPDATE ON interactions FOR EACH ROW EXECUTE FUNCTION meddle()",
        "a constraint fails at COMMIT": "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql"
        " AS $$BEGIN RAISE 'no'; END$$;"
        "CREATE CONSTRAINT TRIGGER meddle AFTER UPDATE ON interactions DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION meddle()",
    },
}


FIRST = ("a table is there already", "a trigger ends the transaction", "a constraint fails at COMMIT")
"""Tried on a database that knows no run too; in the long form all are."""


@pytest.mark.parametrize(
    ("reused_database", "fault", "folded_before"),
    [
        (dialect, fault, before)
        for dialect, faults in FAULTS.items()
        for fault in faults
        for before in (False, True)
        if LONG or before or fault in FIRST
    ],
    indirect=["reused_database"],
)
def test_where_another_statement_fails_everything_is_as_it_was(
    reused_database, registry_path, again, neighbour, fault, folded_before
):
    """A run that was restored is there or not: what goes on must not take its journal for the script's own."""
    database = reused_database
    legacy.write_registry(registry_path, REGISTRY)
    if folded_before:
        again.put_back(database)
    else:
        database.reset()
        legacy.create(database)
        legacy.fill(database, SAMPLE)
    database.execute(FAULTS[database.dialect][fault])
    revisions = "0002:head" if folded_before else "head"
    script = once(generated, database.url, registry_path, revisions, folder=neighbour)
    assert [] == halves(database, script, COMMITS_ITSELF)


def no_temporary_table(connection):
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == 4 else sqlite3.SQLITE_OK)


SESSIONS = {
    "no temporary table can be made": no_temporary_table,
    "the table of marks is there, with marks": lambda connection: connection.executescript(
        "CREATE TEMP TABLE rekey_whole (x); INSERT INTO rekey_whole VALUES (1), (2), (3)"
    ),
    "the table of guards is there, and lets everything pass": lambda connection: connection.execute(
        "CREATE TEMP TABLE rekey_guard (x)"
    ),
    "a transaction is open": lambda connection: connection.execute("BEGIN"),
}


@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
@pytest.mark.parametrize("case", ["a collision", "rows of an unknown table on a shadow", "a database that is further"])
def test_it_holds_in_a_session_where_the_marks_cannot_be_made(reused_database, registry_path, upgrade, session, case):
    script = arranged(reused_database, CASES[case], registry_path, upgrade)
    before = reused_database.snapshot()
    each(prepare=session)(reused_database, script)
    assert before == reused_database.snapshot()


@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
def test_it_is_run_whole_or_not_at_all_whenever_another_writer_lets_the_file_go(reused_database, registry_path, again):
    """A program that ignores errors, in a session that does not wait: even BEGIN fails there."""
    database = reused_database
    again.put_back(database)
    legacy.write_registry(registry_path, REGISTRY)
    before, ends = database.snapshot(), []
    parts = statements(generated(database.url, registry_path, "0002:0003"))
    begins = next(number for number, part in enumerate(parts) if "BEGIN" in part)
    # At every fifth statement; in the long form at each.
    for released in sorted({begins, *range(begins, len(parts), 1 if LONG else 5)}, reverse=True):
        with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0)) as connection:
                for number, part in enumerate(parts):
                    if number == released:
                        writer.execute("ROLLBACK")
                    with suppress(sqlite3.Error):
                        connection.execute(part).fetchall()
        if before != database.snapshot():
            ends.append(released)
            assert [("restored",), ("applied",)] == database.rows("SELECT outcome FROM rekey_run ORDER BY id")
            assert [("0003",)] == database.rows("SELECT version_num FROM alembic_version")
            break
    assert [begins] == ends
