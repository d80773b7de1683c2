"""Claims about what goes wrong while it runs: triggers, locks, servers, folders; nothing is changed then either."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import psycopg
import pytest

from declared import declared
from examples import KNOWN_BY_THE_UPGRADE, ROOT, alembic_here, folded, memory, prepared, refuses, state

pytestmark = pytest.mark.sqlite_first


@pytest.fixture
def registry(database, tmp_path):
    """A database that would fold; its registry."""
    return prepared(database, tmp_path, folded())


@pytest.fixture
def trigger(database):
    """Makes a trigger after a change of a table: for each row it runs one statement."""

    def make(table, change, statement):
        if database.dialect == "sqlite":
            database.execute(f"CREATE TRIGGER meddling AFTER {change} ON {table} BEGIN {statement}; END")
            return
        database.execute(
            f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$;"
            f"CREATE TRIGGER meddling AFTER {change} ON {table} FOR EACH ROW"
            f" WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION meddle()"
        )

    return make


# What else happens in the transaction.


@pytest.mark.slow
def test_a_trigger_that_undoes_a_rekey_is_found(database, registry, trigger):
    trigger("memories", "UPDATE", "UPDATE memories SET project = OLD.project WHERE id = OLD.id")
    refuses(
        database,
        registry,
        "rekey_alias_left_memory",
        "memories: rows are still keyed by 'p05' instead of",
        planned=KNOWN_BY_THE_UPGRADE,
    )


def test_a_trigger_that_writes_a_shadow_back_is_found(database, registry, trigger):
    trigger("projects", "DELETE", "INSERT INTO projects (id, name) VALUES (OLD.id, OLD.name)")
    refuses(
        database,
        registry,
        "rekey_unaccounted",
        "projects: 3 rows inserted, and the journal names 1",
        "rekey_shadow_left_project",
        "a row is still named 'p05'",
        planned=KNOWN_BY_THE_UPGRADE,
    )


@pytest.mark.slow
def test_a_trigger_that_multiplies_rows_is_found(database, registry, trigger):
    copied = "INSERT INTO interactions (id, prompt) VALUES ('copy of ' || OLD.id, '')"
    trigger("interactions", "UPDATE", copied)
    refuses(database, registry, "interactions: 1 rows inserted, and the journal names 0", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
def test_a_trigger_that_takes_other_rows_along_is_found(database, registry, trigger):
    trigger("projects", "DELETE", "DELETE FROM interactions")
    refuses(database, registry, "interactions: 2 rows deleted, and the journal names 0", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
def test_a_trigger_that_deletes_in_a_table_that_no_spec_names_is_found(database, registry, trigger):
    """Case 04: rows of `files` went with a deleted project, in no plan, report or journal."""
    database.execute("CREATE TABLE files (project TEXT); INSERT INTO files VALUES ('s'), ('s'), ('c')")
    trigger("projects", "DELETE", "DELETE FROM files WHERE project = OLD.id")
    refuses(
        database,
        registry,
        "rekey_unaccounted",
        "files: 2 rows deleted, and the journal names 0",
        planned=KNOWN_BY_THE_UPGRADE,
    )


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_trigger_that_empties_a_table_that_no_spec_names_is_found(database, registry, trigger):
    database.execute("CREATE TABLE files (project TEXT); INSERT INTO files VALUES ('s')")
    trigger("projects", "DELETE", "TRUNCATE files")
    refuses(
        database,
        registry,
        "rekey_unaccounted",
        "public.files: 0 rows left untouched, since it was truncated",
        planned=KNOWN_BY_THE_UPGRADE,
    )


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_trigger_of_the_server_that_skips_changes_is_found(database, registry):
    database.execute(
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER skipping BEFORE DELETE ON project_state FOR EACH ROW"
        " WHEN (OLD.id = 'merged') EXECUTE FUNCTION skip()"
    )
    said = "state_rows_merged_as_duplicate: the journal names 1 rows, the database reported 0"
    refuses(database, registry, "rekey_count_differs", said, "rekey_unaccounted", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_trigger_that_skips_changes_is_found(database, registry):
    when = "WHEN OLD.id = 'merged'"
    database.execute(f"CREATE TRIGGER skip BEFORE DELETE ON project_state {when} BEGIN SELECT RAISE(IGNORE); END")
    refuses(
        database,
        registry,
        "rekey_count_differs",
        "the journal names 1 rows, the database reported 0",
        planned=KNOWN_BY_THE_UPGRADE,
    )


@pytest.mark.slow
def test_a_trigger_that_refuses_is_told_in_its_own_words(database, registry):
    if database.dialect == "sqlite":
        database.execute("CREATE TRIGGER no BEFORE DELETE ON projects BEGIN SELECT RAISE(ABORT, 'never delete'); END")
    else:
        database.execute(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'never delete'; END$$;"
            "CREATE TRIGGER no BEFORE DELETE ON projects FOR EACH ROW EXECUTE FUNCTION no()"
        )
    refuses(database, registry, "never delete", "what to do: ", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
def test_a_state_row_that_a_trigger_hangs_back_on_its_shadow_is_found(database, registry, trigger):
    back = "UPDATE project_state SET project_id = 's' WHERE id = NEW.id AND OLD.project_id = 's'"
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE project_state DROP CONSTRAINT project_state_project_id_fkey")
    trigger("project_state", "UPDATE", back)
    refuses(
        database,
        registry,
        "rekey_owner_lost_state",
        "project_state: row 'rekeyed' still hangs on 's', which is gone",
        planned=KNOWN_BY_THE_UPGRADE,
    )


# A check of the spec's own.

CHECK = """
        checks=(
            Check(
                name="no_secret_memories",
                claim="no memory of the type secret is folded",
                sentence="memory {id!r} is secret, 100%",
                remedy="ask its owner.",
                offending=sa.select(memories.c.id).where(memories.c.memory_type == "secret").order_by(memories.c.id),
            ),
        ),
    )


def upgrade"""


@pytest.mark.slow
def test_a_check_of_the_specs_own_refuses_beside_the_built_in_ones(database, tmp_path):
    rows = folded()
    rows["memories"] += [memory("x1", "p05", memory_type="secret"), memory("x2", "p05", "b", memory_type="secret")]
    rows["project_state"] += [state("x", "c", "1", key="taken"), state("y", "s", "2", key="taken")]
    registry = prepared(database, tmp_path, rows)
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    config = Path(shutil.copy(ROOT / "alembic.ini", tmp_path))
    revision = tmp_path / "alembic" / "versions" / "0003_fold_legacy_aliases.py"
    written = revision.read_text().replace("import Identity", "import Check, Identity")
    assert written.count("\n)\n\n\ndef upgrade") == 1
    revision.write_text(written.replace("\n)\n\n\ndef upgrade", CHECK.replace("\n    ", "\n")))
    before = database.snapshot()
    ended = alembic_here(
        "upgrade", "head", config=config, url=database.url, registry=registry, report_dir=tmp_path / "reports"
    )
    assert ended.code == 2
    assert "no_secret_memories (2):\n  - memory 'x1' is secret, 100%\n  - memory 'x2'" in ended.err
    assert "what to do: ask its owner." in ended.err
    assert "rekey_collision_state (2)" in ended.err
    assert database.snapshot() == before


# Reports that cannot be written.


@pytest.mark.slow
def test_a_report_folder_that_is_a_file_aborts_the_upgrade(database, registry, tmp_path):
    file = tmp_path / "taken"
    file.write_text("mine")
    refuses(database, registry, f"report {file}/legacy-aliases-", "-x report_dir=FOLDER", report_dir=file)
    assert file.read_text() == "mine"


@pytest.mark.words
@pytest.mark.slow
def test_a_report_folder_that_cannot_be_made_aborts_the_upgrade(database, registry):
    refuses(database, registry, "it cannot be written", report_dir="/proc/nowhere/reports")


@pytest.mark.words
@pytest.mark.slow
def test_a_report_folder_that_may_not_be_written_to_aborts_the_upgrade(database, registry, tmp_path, monkeypatch):
    really = os.open

    def denied(path, flags, *more, **named):
        if str(path).endswith(".pending"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", denied)
    refuses(database, registry, "it cannot be written: Permission denied")


@pytest.mark.slow
def test_a_disk_that_is_full_aborts_the_upgrade_and_leaves_no_half_report(database, registry, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    refuses(database, registry, "it cannot be written: No space left on device")


# A commit that fails.


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_commit_that_the_server_refuses_changes_nothing_and_leaves_no_report(database, registry):
    database.execute(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not at the commit'; END$$;"
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON memories DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION late()"
    )
    refuses(database, registry, "not at the commit", planned=KNOWN_BY_THE_UPGRADE)


def test_a_commit_that_fails_on_the_way_changes_nothing_and_leaves_no_report(database, registry, monkeypatch):
    from sqlalchemy.engine.default import DefaultDialect

    error = sqlite3.OperationalError if database.dialect == "sqlite" else psycopg.OperationalError

    def lost(_dialect, _connection):
        raise error("disk I/O error")

    monkeypatch.setattr(DefaultDialect, "do_commit", lost)
    refuses(database, registry, "disk I/O error", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
def test_an_interrupt_changes_nothing_and_leaves_no_report(database, registry, monkeypatch, tmp_path):
    import alembic_rekey.operations.fold

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(alembic_rekey.operations.fold, "finished", interrupted)
    before = database.snapshot()
    with pytest.raises(KeyboardInterrupt):
        alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    assert database.snapshot() == before
    assert not (tmp_path / "reports").exists()


@pytest.mark.slow
def test_a_trigger_that_writes_a_row_of_a_found_group_back_is_found(database, tmp_path, trigger):
    definitions = "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99));"
    definitions += "INSERT INTO people VALUES (1, 'a@x'), (2, 'A@x'), (3, NULL), (4, NULL)"
    spec = """Spec(revision=revision, identity=Identity(
        noun="person", key=t["people"].c.id, name=t["people"].c.email, duplicates=Duplicates.FOUND))"""
    project = declared(database, tmp_path, definitions, spec, ["people"], names={})
    trigger("people", "DELETE", "INSERT INTO people (id, email) VALUES (OLD.id, OLD.email)")
    before = database.snapshot()
    ended = project.upgrade()
    assert (2, True) == (ended.code, "rekey_shadow_left_person (1)" in ended.err), ended.err
    assert "a row is still named 'a@x'" in ended.err
    assert before == database.snapshot()
