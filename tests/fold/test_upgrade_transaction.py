"""Claims about what surrounds a fold: one transaction, a second run, two deployers, later revisions, base."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import legacy
from examples import (
    CANONICAL,
    ROOT,
    alembic_here,
    folded,
    interaction,
    memory,
    prepared,
    project,
    projects,
    refuses,
    states,
)
from server import clean_environment

FAILING = '''"""Fail."""
from alembic import op
revision, down_revision = "0004", "0003"
def upgrade():
    op.execute("CREATE TABLE halfway (x int)")
    op.execute("INSERT INTO nowhere VALUES (1)")
def downgrade():
    pass
'''


@pytest.fixture
def own(tmp_path):
    """A copy of the migration environment, to add revisions to; returns its alembic.ini."""
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.copy(ROOT / "alembic.ini", tmp_path))


def add(config, name, content):
    (config.parent / "alembic" / "versions" / name).write_text(content)


def upgraded(database, registry, config, *arguments):
    settings = {"url": database.url, "registry": registry, "report_dir": registry.parent / "reports"}
    return alembic_here(*(arguments or ("upgrade", "head")), config=config, **settings)


@pytest.mark.sqlite_first
def test_a_failing_later_revision_leaves_neither_tables_nor_version_nor_report(database, tmp_path, own):
    registry = prepared(database, tmp_path, folded())
    add(own, "0004_fails.py", FAILING)
    before = database.snapshot()
    ended = upgraded(database, registry, own)
    assert ended.code == 1
    assert "FAILED: " in ended.err
    assert "nowhere" in ended.err
    assert database.snapshot() == before
    assert database.tables() == set(legacy.TABLES)
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.slow
def test_a_failing_revision_on_an_empty_database_leaves_no_table(database, tmp_path, own):
    add(own, "0004_fails.py", FAILING)
    assert upgraded(database, tmp_path / "nowhere.json", own).code == 1
    assert database.tables() == set()


@pytest.mark.slow
def test_a_later_revision_that_is_not_sql_at_all_rolls_everything_back_too(database, tmp_path, own):
    registry = prepared(database, tmp_path, folded())
    add(own, "0004_fails.py", FAILING.replace('op.execute("INSERT INTO nowhere VALUES (1)")', "1 / 0"))
    before = database.snapshot()
    with pytest.raises(ZeroDivisionError):
        upgraded(database, registry, own)
    assert database.snapshot() == before
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.sqlite_first
def test_upgrading_again_changes_nothing(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    before = database.snapshot()
    upgrade(database, registry)
    assert database.snapshot() == before


@pytest.mark.slow
def test_upgrading_again_writes_no_second_report(database, tmp_path, own):
    registry = prepared(database, tmp_path, folded())
    for _ in range(2):
        assert upgraded(database, registry, own).code == 0
    assert len(list((tmp_path / "reports").iterdir())) == 1


@pytest.fixture
def second_fold(own):
    """Adds a revision that folds what 0003 folds."""
    first = (own.parent / "alembic" / "versions" / "0003_fold_legacy_aliases.py").read_text()
    again = first.replace('revision: str = "0003"', 'revision: str = "0004"')
    add(own, "0004_fold_again.py", again.replace('down_revision: str | None = "0002"', 'down_revision = "0003"'))
    return own


@pytest.mark.slow
def test_a_second_fold_by_a_later_revision_finds_nothing(database, tmp_path, second_fold):
    registry = prepared(database, tmp_path, folded())
    assert upgraded(database, registry, second_fold).code == 0
    runs = database.rows("SELECT id, revision, outcome FROM rekey_run ORDER BY id")
    assert runs == [(1, "0003", "applied"), (2, "0004", "empty")]
    assert database.rows("SELECT sum(value) FROM rekey_count WHERE run_id = 2") == [(0,)]
    touched = "SELECT count(*) FROM rekey_journal_{} WHERE rekey_run = 2 AND rekey_action <> 'keep'"
    assert all(database.rows(touched.format(table)) == [(0,)] for table in legacy.TABLES)


@pytest.mark.slow
def test_a_second_fold_takes_what_the_application_wrote_under_an_alias_since(database, upgrade, tmp_path, second_fold):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    database.insert("interactions", [interaction("late", "p05")])
    database.insert("projects", [project("again", "p05")])
    assert upgraded(database, registry, second_fold).code == 0
    assert database.rows("SELECT project FROM interactions WHERE id = 'late'") == [(CANONICAL,)]
    assert database.rows("SELECT id, rekey_action FROM rekey_journal_projects WHERE rekey_run = 2 ORDER BY 1") == [
        ("again", "delete"),
        ("c", "keep"),
    ]


@pytest.mark.slow
def test_an_upgrade_in_steps_ends_like_one_in_a_single_step(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    for revision in ("0001", "0002", "0003"):
        upgrade(database, registry, revision)
        assert database.rows("SELECT version_num FROM alembic_version") == [(revision,)]
    assert states(database)["displacing"] == (CANONICAL, "2", "active")


@pytest.mark.slow
def test_two_processes_at_once_apply_once_and_both_succeed(database, tmp_path):
    rows = folded()
    rows["memories"] += [memory(f"more{number}", "p05", str(number)) for number in range(2000)]
    registry = prepared(database, tmp_path, rows)
    settings = {"url": database.url, "registry": registry, "report_dir": tmp_path / "reports"}
    options = [text for name, value in settings.items() for text in ("-x", f"{name}={value}")]
    command = [sys.executable, "-m", "alembic", "-c", ROOT / "alembic.ini", *options, "upgrade", "head"]
    both = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean_environment(), cwd=tmp_path)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Running upgrade 0002 -> 0003" in each for each in said) == 1
    assert database.rows("SELECT id, outcome FROM rekey_run") == [(1, "applied")]
    assert len(list((tmp_path / "reports").iterdir())) == 1


@pytest.mark.slow
def test_a_writer_who_waits_writes_after_the_fold(database, upgrade, tmp_path, monkeypatch):
    import alembic_rekey.operations.fold as operations

    registry = prepared(database, tmp_path, folded())
    really = operations.finished
    written = threading.Thread(target=database.insert, args=("memories", [memory("late", "atlas")]))

    def slow(connection):
        written.start()
        written.join(0.3)
        assert written.is_alive()  # the tables are locked against writers
        return really(connection)

    monkeypatch.setattr(operations, "finished", slow)
    upgrade(database, registry)
    written.join(20)
    assert database.rows("SELECT project FROM memories WHERE id = 'late'") == [("atlas",)]


# The way back to base.


@pytest.mark.slow
def test_downgrading_an_empty_database_to_base_leaves_none_of_our_tables(database, upgrade, downgrade, tmp_path):
    upgrade(database, tmp_path / "nowhere.json")
    downgrade(database, tmp_path / "nowhere.json", "base")
    assert database.tables() == {"alembic_version"}
    assert database.rows("SELECT count(*) FROM alembic_version") == [(0,)]


@pytest.mark.slow
def test_downgrading_tables_with_rows_to_base_refuses_and_changes_nothing(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL), "interactions": [interaction("i", "")]})
    upgrade(database, registry)
    said = refuses(database, registry, "projects holds 1 rows", "interactions holds 1 rows", arguments="downgrade base")
    assert "memories" not in said
    assert database.rows("SELECT version_num FROM alembic_version") == [("0003",)]


@pytest.mark.slow
def test_the_side_tables_are_not_dropped_while_a_run_needs_its_journal(database, upgrade, tmp_path, own):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    database.execute("UPDATE alembic_version SET version_num = '0002'")
    said = "run 1 of revision 0003 was not restored: its journal holds the only copy of deleted rows"
    refuses(database, registry, "rekey_journal_needed", said, arguments="downgrade 0001")


# Asking where a database stands.


@pytest.mark.sqlite_first
def test_current_tells_the_revision(database, upgrade, tmp_path):
    upgrade(database, prepared(database, tmp_path, folded()))
    ended = alembic_here("current", url=database.url)
    assert (ended.code, ended.out) == (0, "0003 (head)\n")


@pytest.mark.slow
def test_current_on_a_database_that_is_not_there_makes_none(tmp_path):
    ended = alembic_here("current", url=f"sqlite:///{tmp_path}/nowhere/a.db")
    assert (ended.code, ended.out) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_current_waits_for_no_writer(database, upgrade, tmp_path):
    upgrade(database, tmp_path / "nowhere.json")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert alembic_here("current", url=database.url, lock_timeout="0.1").out == "0003 (head)\n"


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_current_waits_for_no_other_upgrade_and_needs_no_right_to_write(database, upgrade, tmp_path):
    upgrade(database, tmp_path / "nowhere.json")
    with psycopg.connect(database.url.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x72656B65790001])
        url = f"{database.url}?options=-cdefault_transaction_read_only%3Don"
        assert alembic_here("current", url=url, lock_timeout="0.1").out == "0003 (head)\n"


def test_history_needs_no_database(tmp_path):
    ended = alembic_here("history", url=f"sqlite:///{tmp_path}/nowhere/a.db")
    assert ended.code == 0
    assert ended.out.count("->") == 3
    assert list(tmp_path.iterdir()) == []
