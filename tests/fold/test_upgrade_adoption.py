"""Claims about databases as they are found: without stamp, with more columns and tables, restored, empty, odd."""

import sqlite3
from contextlib import closing

import pytest

import legacy
from examples import (
    CANONICAL,
    LATER,
    folded,
    memories,
    memory,
    names,
    prepared,
    prepared_otherwise,
    projects,
    state,
    states,
)

SIDE_TABLES = {"rekey_run", "rekey_count", "rekey_alias", "rekey_answer", "rekey_redirect", "rekey_created_projects"}
OURS = SIDE_TABLES | {"alembic_version", *(f"rekey_journal_{n}" for n in legacy.TABLES)}


@pytest.mark.sqlite_first
def test_a_database_without_stamp_is_adopted_with_its_rows(database, upgrade, tmp_path):
    upgrade(database, prepared(database, tmp_path, folded()))
    assert database.rows("SELECT version_num FROM alembic_version") == [("0003",)]
    assert states(database) == {
        "rekeyed": (CANONICAL, "1", "superseded"),
        "kept": (CANONICAL, "1", "active"),
        "displacing": (CANONICAL, "2", "active"),
        "living": (CANONICAL, "1", "active"),
        "others": ("atlas", "1", "active"),
    }
    assert {"c": CANONICAL, "other": "atlas"}.items() <= names(database).items()


@pytest.mark.slow
def test_unknown_tables_views_and_indexes_are_untouched(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    database.execute(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, project TEXT);"
        "INSERT INTO notes VALUES ('n', 'p05');"
        "CREATE VIEW live AS SELECT m.id, p.name FROM memories m LEFT JOIN projects p ON p.name = m.project;"
        "CREATE INDEX notes_by_project ON notes (project)"
    )
    upgrade(database, registry)
    assert database.table("notes") == [{"id": "n", "project": "p05"}]
    # A row each that was rekeyed, was canonical, was rekeyed to a created row, and is of no project.
    assert len(database.rows("SELECT id FROM live")) == 4
    assert database.tables() == {*legacy.TABLES, *OURS, "notes"}


@pytest.mark.slow
def test_tables_that_are_missing_are_made_and_those_that_exist_are_kept(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, {"memories": [memory("m", "p05")]}, extra_columns=True)
    for table in ("project_state", "projects", "interactions"):
        database.execute(f"DROP TABLE {table}")
    database.execute("ALTER TABLE memories ADD COLUMN mine TEXT DEFAULT 'kept'")
    upgrade(database, registry)
    assert database.tables() == {*legacy.TABLES, *OURS}
    assert database.rows("SELECT project, mine FROM memories") == [(CANONICAL, "kept")]


@pytest.mark.sqlite_first
def test_an_empty_file_and_a_fresh_server_get_every_table_and_an_empty_run(database, upgrade, tmp_path):
    if database.dialect == "sqlite":
        database.path.touch()
    upgrade(database, tmp_path / "nowhere.json")
    assert database.tables() == {*legacy.TABLES, *OURS}
    assert database.rows("SELECT id, revision, outcome FROM rekey_run") == [(1, "0003", "empty")]


@pytest.mark.slow
def test_a_created_database_works_as_the_application_expects(database, upgrade, tmp_path):
    upgrade(database, tmp_path / "nowhere.json")
    database.execute("INSERT INTO projects (id, name) VALUES ('c', 'p05')")
    given = "INSERT INTO project_state (id, project_id, category, key, value) VALUES"
    database.execute(f"{given} ('a', 'c', 'x', 'y', 'v')")
    with pytest.raises(Exception, match=r"(?i)unique"):
        database.execute(f"{given} ('b', 'c', 'x', 'y', 'w')")
    row = database.rows("SELECT source, confidence, status, created_at IS NOT NULL FROM project_state")
    assert row == [("", 1.0, "active", 1)]
    database.execute(f"{'PRAGMA foreign_keys = ON;' * (database.dialect == 'sqlite')} DELETE FROM projects")
    assert database.rows("SELECT count(*) FROM project_state") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_folders_of_a_sqlite_path_are_made(database, upgrade, tmp_path):
    database.path = tmp_path / "data" / "db" / "atocore.db"
    database.url = f"sqlite:///{database.path}"
    upgrade(database, tmp_path / "nowhere.json")
    assert "rekey_run" in database.tables()


@pytest.mark.slow
def test_a_database_restored_from_a_backup_before_the_run_is_folded_anew(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    first = states(database)
    # The backup knows neither the version table nor the side tables.
    database.reset()
    prepared(database, tmp_path, folded())
    upgrade(database, registry)
    assert states(database) == first
    assert database.rows("SELECT id, outcome FROM rekey_run") == [(1, "applied")]


@pytest.mark.slow
def test_legacy_rows_that_came_back_without_the_version_table_are_folded_into_the_side_tables_that_are_there(
    database, upgrade, tmp_path
):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    # Only the application's tables were restored; what is ours is still there, without its version.
    for table in (*reversed(legacy.TABLES), "alembic_version"):
        database.execute(f"DROP TABLE {table}")
    prepared(database, tmp_path, folded())
    upgrade(database, registry)
    assert database.rows("SELECT id, outcome FROM rekey_run ORDER BY id") == [(1, "applied"), (2, "applied")]
    (one,), (two,) = (
        database.rows(f"SELECT count(*) FROM rekey_journal_memories WHERE rekey_run = {run}") for run in (1, 2)
    )
    assert one == two != (0,)


@pytest.mark.slow
def test_a_dropped_column_of_an_adopted_table_does_not_shift_the_others(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded(), extra_columns=True)
    for table, column in (("projects", "Owner Name"), ("project_state", "weight"), ("memories", "last_referenced_at")):
        database.execute(f'ALTER TABLE {table} DROP COLUMN "{column}"')
    upgrade(database, registry)
    kept = database.rows("SELECT description, updated_at IS NOT NULL FROM rekey_journal_projects WHERE id = 's'")
    assert kept == [("", 1)]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_text_that_is_no_utf8_passes_unharmed(database, upgrade, tmp_path):
    rows = {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("d", "s", "x", "superseded")]}
    rows["project_state"] += [state("k", "c", "y")]
    registry = prepared(database, tmp_path, rows)
    database.execute("UPDATE project_state SET value = CAST(X'ff41' AS TEXT) WHERE id = 'd'")
    upgrade(database, registry)
    kept = database.rows(
        "SELECT hex(value), typeof(value) FROM rekey_journal_project_state WHERE rekey_action = 'drop'"
    )
    assert kept == [("FF41", "text")]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_table_without_rowid_and_a_strict_one_are_adopted(database, upgrade, tmp_path):
    changes = [
        ("DATETIME", "TEXT"),
        (");\nCREATE INDEX", ") STRICT;\nCREATE INDEX"),
        (");\nCREATE TABLE project_state", ") WITHOUT ROWID;\nCREATE TABLE project_state"),
    ]
    rows = {"projects": projects(c=CANONICAL, s="p05"), "memories": [memory("m", "p05")]}
    upgrade(database, prepared_otherwise(database, tmp_path, rows, *changes))
    assert names(database) == {"c": CANONICAL}
    assert memories(database) == {"m": (CANONICAL, "active")}


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_application_that_has_the_database_open_with_foreign_keys_on_sees_the_folded_rows(
    database, upgrade, tmp_path
):
    registry = prepared(database, tmp_path, folded())
    with closing(sqlite3.connect(database.path, isolation_level=None)) as application:
        application.execute("PRAGMA foreign_keys = ON")
        assert application.execute("SELECT count(*) FROM projects").fetchone() == (4,)
        upgrade(database, registry)
        assert application.execute("SELECT count(*) FROM projects WHERE name = 'p05'").fetchone() == (0,)
        assert application.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("kind", ["VARCHAR(200)", 'TEXT COLLATE "POSIX"'])
def test_names_of_another_text_type_match_all_the_same(database, upgrade, tmp_path, kind):
    registry = prepared(database, tmp_path, {"memories": [memory("b", "P05"), memory("a", "p05", updated_at=LATER)]})
    database.execute(f"ALTER TABLE memories ALTER COLUMN project TYPE {kind}")
    upgrade(database, registry)
    assert memories(database) == {"a": (CANONICAL, "active"), "b": (CANONICAL, "superseded")}
