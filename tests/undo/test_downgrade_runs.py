"""Which run a downgrade restores, what it refuses, and that it is one transaction."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import legacy
from alembic_rekey.names.matching import identity_of
from examples import (
    CANONICAL,
    KNOWN_BY_THE_UPGRADE,
    ROOT,
    alembic_here,
    interaction,
    memory,
    prepared,
    project,
    refuses,
    state,
)
from server import clean_environment
from ways_back import contents, drop_side_tables, everything, everything_folded, fold


@pytest.fixture
def folded(database, upgrade, downgrade, tmp_path):
    return everything_folded(database, tmp_path, upgrade, downgrade)


def refuses_to_go_back(folded, *said, arguments="downgrade -1", **x):
    return refuses(folded.database, folded.registry, *said, arguments=arguments, **x)


# The newest run that was not restored.

RUN = (
    "INSERT INTO rekey_run (id, revision, noun, outcome, started_at, registry_path)"
    " SELECT {}, '{}', 'project', '{}', started_at, '' FROM rekey_run WHERE id = 1"
)


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["applied", "empty"])
def test_a_newer_run_of_another_revision_must_be_restored_first(folded, outcome):
    folded.database.execute(RUN.format(2, "0009", outcome))
    said = "revision 0003 has no run to restore: the newest one that was not restored is of 0009"
    assert "restore the newer run first" in refuses_to_go_back(folded, said)


@pytest.mark.slow
def test_a_newer_run_that_was_restored_hinders_nothing(folded):
    folded.database.execute(RUN.format(2, "0009", "restored"))
    folded.back()
    assert folded.holds_what_it_held()


def test_without_any_run_it_says_where_else_the_rows_may_be(folded):
    folded.database.execute("DELETE FROM rekey_run")
    refuses_to_go_back(folded, "the newest one that was not restored is of no revision", "with -x report=FILE")


@pytest.mark.slow
def test_so_it_does_without_the_side_tables(folded):
    drop_side_tables(folded.database)
    refuses_to_go_back(folded, "revision 0003 has no run to restore", "with -x report=FILE")


def test_without_a_journal_it_refuses(folded):
    folded.database.execute("DROP TABLE rekey_journal_memories")
    refuses_to_go_back(folded, "rekey_journal_memories")


def test_a_run_that_was_restored_is_not_restored_twice(folded):
    folded.back()
    folded.database.execute("UPDATE alembic_version SET version_num = '0003'")
    refuses_to_go_back(folded, "the newest one that was not restored is of no revision")


@pytest.mark.slow
def test_of_a_revision_that_ran_twice_the_second_run_goes_back_and_then_the_first(folded, upgrade):
    """Whoever stamps a database back and upgrades it has two runs of one fold, and numbers in neither."""
    folded.database.execute("UPDATE alembic_version SET version_num = '0002'")
    upgrade(folded.database, folded.registry)
    assert [("applied",), ("empty",)] == folded.database.rows("SELECT outcome FROM rekey_run ORDER BY id")
    folded.back()
    folded.database.execute("UPDATE alembic_version SET version_num = '0003'")
    folded.back()
    assert folded.holds_what_it_held()


@pytest.mark.slow
def test_a_script_numbers_no_run_of_a_noun_that_its_revision_folds_once(folded):
    script = alembic_here("downgrade", "head:-1", "--sql", url=folded.database.url, registry=folded.registry).out
    assert (True, False) == ("rekey_run_to_restore" in script, "(project, number" in script)


@pytest.fixture
def own(tmp_path):
    """A copy of the environment with a later revision that folds once more; returns its alembic.ini."""
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    versions = tmp_path / "alembic" / "versions"
    again = (versions / "0003_fold_legacy_aliases.py").read_text()
    for there, instead in (('revision: str = "0003"', "0004"), ('down_revision: str | None = "0002"', "0003")):
        assert there in again
        again = again.replace(there, f'{there.split(":")[0]} = "{instead}"')
    (versions / "0004_again.py").write_text(again)
    return Path(shutil.copy(ROOT / "alembic.ini", tmp_path))


@pytest.mark.slow
def test_two_folds_are_restored_one_after_the_other_and_never_the_older_one_first(folded, own):
    database = folded.database
    database.insert("interactions", [interaction("since", "p05")])
    between = contents(database)
    here = {"config": own, "url": database.url, "registry": folded.registry, "report_dir": own.parent / "reports"}
    assert alembic_here("upgrade", "head", **here).code == 0
    database.execute("UPDATE alembic_version SET version_num = '0003'")
    refuses_to_go_back(folded, "the newest one that was not restored is of 0004")
    database.execute("UPDATE alembic_version SET version_num = '0004'")
    assert alembic_here("downgrade", "-1", **here).code == 0
    assert contents(database) == between
    assert alembic_here("downgrade", "-1", **here).code == 0
    database.execute("DELETE FROM interactions WHERE id = 'since'")
    assert folded.holds_what_it_held()
    outcomes = database.rows("SELECT revision, outcome FROM rekey_run ORDER BY id")
    assert outcomes == [("0003", "restored"), ("0004", "restored")]


@pytest.mark.slow
def test_both_are_restored_in_one_go_too(folded, own):
    database = folded.database
    database.insert("interactions", [interaction("since", "p05")])
    here = {"config": own, "url": database.url, "registry": folded.registry, "report_dir": own.parent / "reports"}
    assert alembic_here("upgrade", "head", **here).code == 0
    assert alembic_here("downgrade", "0002", **here).code == 0
    database.execute("DELETE FROM interactions WHERE id = 'since'")
    assert folded.holds_what_it_held()


# One transaction.


def trigger(database, table, event, change):
    """Let `change` happen to each row of `table` that is written."""
    if database.dialect == "sqlite":
        when = f"UPDATE {table} SET {change} WHERE id = NEW.id"
        database.execute(f"CREATE TRIGGER meddle AFTER {event} ON {table} BEGIN {when}; END")
    else:
        body = f"$$BEGIN NEW.{change}; RETURN NEW; END$$"
        database.execute(f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS {body}")
        database.execute(f"CREATE TRIGGER meddle BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "event", "change", "key"),
    [
        ("projects", "INSERT", "description = 'meddled'", "s"),
        ("project_state", "INSERT", "value = 'meddled'", "merged"),
        ("project_state", "UPDATE", "updated_at = '2020-01-01 00:00:00+00'", "rekeyed"),
        ("memories", "UPDATE", "status = 'meddled'", "superseded"),
        ("interactions", "UPDATE", "project = 'meddled'", "rekeyed"),
    ],
)
def test_a_trigger_that_changes_rows_as_they_go_back_is_refused(folded, table, event, change, key):
    trigger(folded.database, table, event, change)
    said = f"{table}: row {key!r} did not become what it was"
    for on_drift in ("abort", "keep"):
        refuses_to_go_back(folded, said, "look for triggers", on_drift=on_drift)


@pytest.mark.slow
def test_a_trigger_that_keeps_a_row_from_coming_back_is_refused(folded):
    if folded.database.dialect == "sqlite":
        body = "SELECT RAISE(IGNORE)"
        folded.database.execute(f"CREATE TRIGGER meddle BEFORE INSERT ON project_state BEGIN {body}; END")
    else:
        folded.database.execute(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER meddle BEFORE INSERT ON project_state FOR EACH ROW EXECUTE FUNCTION meddle()"
        )
    refuses_to_go_back(folded, "project_state: row 'merged' did not become what it was")


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_the_state_before_and_running_again_works(database, upgrade, downgrade, tmp_path):
    rows = everything()
    rows["memories"] += [memory(f"more {number}", "p05", f"{number}") for number in range(8_000)]
    rows["interactions"] += [interaction(f"more {number}", "p06") for number in range(4_000)]
    folded = fold(database, tmp_path, rows, upgrade, downgrade)
    after = contents(database)
    settings = ["-x", f"url={database.url}", "-x", f"registry={folded.registry}"]
    command = [sys.executable, "-m", "alembic", "-c", ROOT / "alembic.ini", *settings, "downgrade", "-1"]
    journal = Path(f"{getattr(database, 'path', '')}-journal")
    hit = 0
    for number in range(3):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=clean_environment(), cwd=tmp_path)
        deadline = time.monotonic() + 60
        while not writes(database, journal) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05 * number)
        with suppress(ProcessLookupError):  # it was done before we could
            os.kill(process.pid, signal.SIGKILL)
        hit += process.wait(60) == -signal.SIGKILL
        if database.rows("SELECT outcome FROM rekey_run") == [("restored",)]:
            break  # it was faster
        assert contents(database) == after
        assert database.rows("SELECT version_num FROM alembic_version") == [("0003",)]
    assert hit
    if database.rows("SELECT outcome FROM rekey_run") != [("restored",)]:
        folded.back()
    assert folded.holds_what_it_held()


def writes(database, journal):
    """Tell whether a downgrade is under way: it has its locks, or its journal."""
    if database.dialect == "sqlite":
        return journal.exists()
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'projects'::regclass AND mode = 'ExclusiveLock'"
    return database.rows(held) != [(0,)]


# The way to the base.


@pytest.mark.slow
def test_to_the_base_it_stops_where_rows_would_go_and_says_what_to_do(folded):
    said = refuses_to_go_back(folded, "projects holds 6 rows", "what to do: ", arguments="downgrade base")
    assert "alembic downgrade 0001 stops before it" in said


@pytest.mark.slow
def test_short_of_that_the_side_tables_go_with_everything_back(folded):
    folded.downgrade(folded.database, folded.registry, "0001")
    assert folded.holds_what_it_held()
    assert folded.database.tables() == {*legacy.TABLES, "alembic_version"}


@pytest.mark.slow
def test_a_database_without_rows_is_left_with_none_of_our_tables(database, upgrade, downgrade, tmp_path):
    folded = fold(database, tmp_path, {}, upgrade, downgrade)
    downgrade(database, folded.registry, "base")
    assert database.tables() == {"alembic_version"}


# The id of a created canonical.


@pytest.mark.slow
def test_an_id_that_is_taken_stops_the_upgrade_and_nothing_needs_a_way_back(database, tmp_path):
    rows = {"projects": [project(identity_of(CANONICAL), "atlas"), project("s", "p05")]}
    registry = prepared(database, tmp_path, {**rows, "project_state": [state("a", "s", "1")]})
    # Nobody but the database knows of the key that a created row gets.
    refuses(database, registry, planned=KNOWN_BY_THE_UPGRADE)
