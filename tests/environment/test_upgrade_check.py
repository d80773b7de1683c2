"""`alembic check` asks what the application needs of a database: adopted as it is, it lacks nothing."""

import re
import sqlite3
from contextlib import closing

import psycopg
import pytest

import legacy
from examples import alembic_here, folded, prepared, prepared_otherwise
from faults import address

CLEAN = (0, "No new upgrade operations detected.\n")
UNKNOWN = (
    "CREATE TABLE notes (id TEXT PRIMARY KEY, project_id TEXT REFERENCES projects (id));"
    "CREATE INDEX notes_by_project ON notes (project_id);"
    "CREATE UNIQUE INDEX of_one_kind ON memories (memory_type, id);"
    "CREATE VIEW live AS SELECT id FROM memories WHERE status = 'active'"
)
OTHER_SHAPES = {
    "sqlite": {
        "strict": [
            ("DATETIME", "TEXT"),
            (" projects (id) ON", " projects ON"),
            (");\nCREATE INDEX", ") STRICT;\nCREATE INDEX"),
        ],
        "other names of types": [("DATETIME", "TIMESTAMP"), ("TEXT DEFAULT", "VARCHAR(9) DEFAULT"), ("REAL", "DOUBLE")],
    },
    "postgresql": {
        "strict": [("DOUBLE PRECISION", "REAL")],
        "other names of types": [("TEXT DEFAULT", "VARCHAR DEFAULT")],
    },
}
UNIQUE = (",\n    updated_at {time} DEFAULT CURRENT_TIMESTAMP\n);\nCREATE TABLE memories",)
LACKS = {
    "add_constraint": [],
    "add_fk": [(" ON DELETE CASCADE", "")],
    "modify_type": [("response TEXT DEFAULT ''", "response {bytes}")],
    "modify_nullable": [("response TEXT", "response TEXT NOT NULL")],
}
"""What `alembic check` names, and the change to the legacy tables that brings it about."""


def check(database):
    ended = alembic_here("check", url=database.url)
    return ended.code, ended.out


def finds(database, *words):
    ended = alembic_here("check", url=database.url)
    assert 0 != ended.code, ended
    for word in words:
        assert word in ended.out
    return ended.out


@pytest.mark.sqlite_first
def test_a_database_that_the_revisions_made_has_no_difference(database, upgrade, tmp_path):
    upgrade(database, tmp_path / "nowhere.json")
    assert CLEAN == check(database)


@pytest.mark.slow
@pytest.mark.parametrize("beyond", ["nothing", "columns, tables and indexes"])
def test_an_adopted_database_has_no_difference_whatever_it_has_beyond(database, upgrade, tmp_path, beyond):
    registry = prepared(database, tmp_path, folded(), extra_columns=beyond != "nothing")
    if beyond != "nothing":
        database.execute(UNKNOWN)
    upgrade(database, registry)
    before = database.snapshot()
    assert CLEAN == check(database)
    assert before == database.snapshot()


@pytest.mark.slow
@pytest.mark.parametrize("shape", OTHER_SHAPES["sqlite"])
def test_an_adopted_column_of_a_type_that_stores_the_same_is_no_difference(database, upgrade, tmp_path, shape):
    changes = OTHER_SHAPES[database.dialect][shape]
    registry = prepared_otherwise(database, tmp_path, folded(), *changes)
    database.execute("CREATE UNIQUE INDEX slots ON project_state (project_id, category, key)")
    upgrade(database, registry)
    assert CLEAN == check(database)


@pytest.mark.slow
@pytest.mark.parametrize("difference", LACKS)
def test_what_the_application_declares_and_the_database_lacks_or_forbids_is_found(
    database, upgrade, tmp_path, difference
):
    types = legacy.TYPES[database.dialect]
    changes = [(there, instead.format(**types)) for there, instead in LACKS[difference]]
    upgrade(database, prepared_otherwise(database, tmp_path, {}, *changes))
    finds(database, f"'{difference}'")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("ALTER TABLE memories DROP COLUMN confidence", "('add_column', None, 'memories', Column('confidence'"),
        ("DROP TABLE interactions", "('add_table', Table('interactions'"),
    ],
)
def test_a_column_or_a_table_that_the_database_lost_is_found_and_nothing_else(
    database, upgrade, tmp_path, statement, difference
):
    registry = prepared(database, tmp_path, folded(), extra_columns=True)
    upgrade(database, registry)
    database.execute(statement)
    assert 1 == len(re.findall(r"'(add|remove|modify)_\w+',", finds(database, difference)))


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_column_that_takes_shorter_texts_only_is_found(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    database.execute("ALTER TABLE memories ALTER COLUMN project TYPE VARCHAR(200)")
    finds(database, "'modify_type'", "VARCHAR(length=200)")


@pytest.mark.slow
def test_it_waits_for_no_writer(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    if database.dialect == "sqlite":
        writer = sqlite3.connect(database.path, isolation_level=None)
        statements = ("BEGIN IMMEDIATE",)
    else:
        writer = psycopg.connect(address(database))
        statements = (f"SELECT pg_advisory_xact_lock({0x72656B65790001})", "LOCK TABLE memories IN EXCLUSIVE MODE")
    with closing(writer):
        for statement in statements:
            writer.execute(statement)
        assert CLEAN == check(database)
