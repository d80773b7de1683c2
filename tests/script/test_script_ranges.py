"""Scripts of a part of the revisions, in other sessions and beside an online upgrade: the same database in the end."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

import legacy
from scripts import REGISTRY, SAMPLE, generated, state

pytestmark = pytest.mark.slow


def begin(database, path):
    database.reset()
    legacy.create(database, extra_columns=True)
    legacy.fill(database, SAMPLE)
    return legacy.write_registry(path, REGISTRY)


def run(database, script, **options):
    outcome = database.run_script(script.encode("ascii"), **options)
    assert outcome.returncode == 0, outcome.stderr.decode()
    return outcome


@pytest.fixture
def online(reused_database, registry_path, upgrade):
    """What the online upgrade makes of the sample; the database is then the sample again."""
    registry = begin(reused_database, registry_path)
    upgrade(reused_database, registry)
    wanted = state(reused_database)
    begin(reused_database, registry_path)
    return wanted


@pytest.mark.parametrize(
    "ranges",
    [["base:head"], ["0001", "0001:0002", "0002:0003"], ["0002", "0002:head"]],
    ids=lambda ranges: " then ".join(ranges),
)
def test_scripts_of_parts_of_the_way_come_to_the_same(reused_database, registry_path, online, ranges):
    for revisions in ranges:
        run(reused_database, generated(reused_database.url, registry_path, revisions))
    assert online == state(reused_database)


@pytest.mark.parametrize("online_up_to", ["0001", "0002"])
def test_a_script_goes_on_where_an_online_upgrade_stopped(
    reused_database, registry_path, upgrade, online, online_up_to
):
    upgrade(reused_database, registry_path, online_up_to)
    run(reused_database, generated(reused_database.url, registry_path, f"{online_up_to}:head"))
    assert online == state(reused_database)


def test_an_online_upgrade_goes_on_where_a_script_stopped(reused_database, registry_path, upgrade, online):
    run(reused_database, generated(reused_database.url, registry_path, "0002"))
    upgrade(reused_database, registry_path)
    assert online == state(reused_database)


def test_a_version_table_without_a_row_is_the_base(reused_database, registry_path, online):
    reused_database.execute(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    run(reused_database, generated(reused_database.url, registry_path))
    assert online == state(reused_database)


def test_a_database_without_any_table_gets_them_all(reused_database, registry_path, upgrade):
    legacy.write_registry(registry_path, REGISTRY)
    reused_database.reset()
    upgrade(reused_database, registry_path)
    wanted = state(reused_database)
    reused_database.reset()
    run(reused_database, generated(reused_database.url, registry_path))
    assert wanted == state(reused_database)


SESSIONS = {
    "sqlite": "PRAGMA foreign_keys = ON;\n",
    "postgresql": (
        "SET standard_conforming_strings = off; SET client_encoding = 'LATIN1'; SET TimeZone = 'Asia/Tokyo';"
        " SET DateStyle = 'SQL, DMY'; SET default_transaction_isolation = 'serializable'; SET bytea_output = escape;\n"
    ),
}


def test_the_settings_of_the_session_change_nothing(reused_database, registry_path, online):
    run(reused_database, SESSIONS[reused_database.dialect] + generated(reused_database.url, registry_path))
    assert online == state(reused_database)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_times_without_a_zone_are_utc_whatever_the_zone_of_the_session(database, registry_path):
    begin(database, registry_path)
    database.execute("ALTER TABLE memories ALTER COLUMN updated_at TYPE timestamp USING updated_at AT TIME ZONE 'UTC'")
    run(database, SESSIONS["postgresql"] + generated(database.url, registry_path))
    ran = "SELECT count(*) FROM memories, rekey_run WHERE updated_at = started_at AT TIME ZONE 'UTC'"
    assert database.rows(ran) == [(1,)]


def test_the_report_of_a_run_by_script_is_rebuilt_in_full(reused_database, registry_path, upgrade, rekey):
    database = reused_database
    reports = []
    for apply in (upgrade, lambda database, registry: run(database, generated(database.url, registry))):
        begin(database, registry_path)
        apply(database, registry_path)
        told = rekey(database, "report")
        assert told.returncode == 0, told.stderr
        report = json.loads(told.stdout)
        del report["created_at"], report["sha256"]
        report["run"] = {name: value for name, value in report["run"].items() if not name.endswith("_at")}
        for row in report["created_rows"]:
            del row["before"]["created_at"], row["before"]["updated_at"]
        reports.append(report)
    assert reports[0] == reports[1]
    assert reports[0]["plan"]["state_plans"]


def waiting(database) -> int:
    return int(database.rows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")[0][0])


def until_waiting(database, number):
    deadline = time.monotonic() + 60
    while waiting(database) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("first", ["script", "upgrade"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_beside_an_online_upgrade_it_is_applied_once_on_postgresql(database, registry_path, alembic, first):
    begin(database, registry_path)
    # The script must not take over what the role or the database prefers: it would not see what it waited for.
    database.execute(f"ALTER DATABASE {database.name} SET default_transaction_isolation = 'serializable'")
    script = generated(database.url, registry_path).encode()
    lock = script.decode().split("pg_advisory_xact_lock(")[1].split(")")[0]
    with (
        ThreadPoolExecutor() as both,
        psycopg.connect(database.url.replace("+psycopg", "")) as holder,
    ):
        holder.execute(f"SELECT pg_advisory_xact_lock({lock})")
        jobs = {
            "script": lambda: database.run_script(script),
            "upgrade": lambda: alembic(database, "upgrade", "head"),
        }
        started = {first: both.submit(jobs.pop(first))}
        until_waiting(database, 1)
        started |= {name: both.submit(job) for name, job in jobs.items()}
        until_waiting(database, 2)
        holder.rollback()
        script_outcome, upgrade_outcome = started["script"].result(), started["upgrade"].result()
    assert upgrade_outcome.returncode == 0, upgrade_outcome.stderr
    if first == "script":
        assert script_outcome.returncode == 0
    else:
        assert script_outcome.returncode != 0
        assert b"rekey_version" in script_outcome.stderr
    assert database.rows("SELECT id, outcome FROM rekey_run") == [(1, "applied")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_beside_an_online_upgrade_it_is_applied_once_on_sqlite(database, registry_path, alembic):
    begin(database, registry_path)
    script = generated(database.url, registry_path).encode()
    with ThreadPoolExecutor() as both, closing(sqlite3.connect(database.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        script_job = both.submit(database.run_script, script)
        upgrade_job = both.submit(alembic, database, "upgrade", "head")
        time.sleep(2)  # both wait by then, or come later: it is applied once all the same
        assert not script_job.done()
        holder.execute("ROLLBACK")
        script_outcome, upgrade_outcome = script_job.result(), upgrade_job.result()
    assert upgrade_outcome.returncode == 0, upgrade_outcome.stderr
    assert script_outcome.returncode == 0 or b"rekey_version" in script_outcome.stderr
    assert database.rows("SELECT id, outcome FROM rekey_run") == [(1, "applied")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_script_that_may_not_wait_any_longer_for_a_writer_fails_and_changes_nothing(database, registry_path):
    begin(database, registry_path)
    before = database.snapshot()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        outcome = database.run_script(generated(database.url, registry_path, lock_timeout="0.2").encode())
        holder.execute("ROLLBACK")
    assert outcome.returncode != 0
    assert b"locked" in outcome.stderr
    assert before == database.snapshot()
