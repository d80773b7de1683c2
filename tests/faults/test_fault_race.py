"""Claims about many at once: one upgrade applies, and what an application writes meanwhile is never lost."""

import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from databases import PostgreSQLDatabase
from examples import CANONICAL, folded, prepared
from faults import LONG, address, large, options
from scripts import generated
from server import clean_environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("processes", [2, 4, 8] if LONG else [4])
def test_of_many_upgrades_at_once_one_applies_and_all_succeed(database, tmp_path, processes):
    registry = large(database, tmp_path)
    command = [sys.executable, "-m", "alembic", *options(database, registry, tmp_path / "reports"), "upgrade", "head"]
    running = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean_environment(), cwd=tmp_path)
        for _ in range(processes)
    ]
    said = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * processes, said
    assert sum("Running upgrade 0002 -> 0003" in each for each in said) == 1
    assert database.rows("SELECT id, outcome FROM rekey_run") == [(1, "applied")]
    assert [path.suffix for path in (tmp_path / "reports").iterdir()] == [".json"]


class Application(threading.Thread):
    """Writes under the alias until it is told to stop; what it was told to have written stands in `written`."""

    def __init__(self, database):
        super().__init__()
        self.database = database
        self.enough = threading.Event()
        self.written = []
        self.refused = []

    def run(self):
        number = 0
        while not self.enough.is_set():
            number += 1
            try:
                self.write(number)
            except (sqlite3.IntegrityError, psycopg.errors.ForeignKeyViolation):
                self.refused.append(number)  # the shadow is gone: nothing of this was written
                self.write(number, owner="c")
            self.written.append(number)

    def write(self, number, owner="s"):
        mark = self.database.placeholder
        statements = (
            ("INSERT INTO interactions (id, prompt, project) VALUES ({0}, 'x', 'p05')", (f"w{number}",)),
            (
                "INSERT INTO project_state (id, project_id, category, key, value) VALUES ({0}, {0}, 'w', {0}, '1')",
                (f"w{number}", owner, f"w{number}"),
            ),
            (
                "INSERT INTO memories (id, memory_type, content, project) VALUES ({0}, 'fact', {0}, 'p05')",
                (f"w{number}", f"w{number}"),
            ),
            ("UPDATE interactions SET response = {0} WHERE id = {0}", (f"edit {number}", f"i{number}")),
        )
        if self.database.dialect == "sqlite":
            with closing(sqlite3.connect(self.database.path, isolation_level=None, timeout=60)) as connection:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    connection.execute(statement.format(mark), values)
                connection.execute("COMMIT")
            time.sleep(0.002)  # SQLite has no queue: whoever asks again at once wins always
        else:
            with psycopg.connect(address(self.database)) as connection:
                for statement, values in statements:
                    connection.execute(statement.format(mark), values)


def test_what_an_application_writes_throughout_an_upgrade_is_folded_or_lands_afterwards_and_is_never_lost(
    database, upgrade, tmp_path
):
    registry = large(database, tmp_path)
    writer = Application(database)
    writer.start()
    try:
        while len(writer.written) < 5:
            time.sleep(0.01)
        upgrade(database, registry, report_dir=tmp_path / "reports", lock_timeout="60")
        until = len(writer.written) + 5
        while len(writer.written) < until:
            time.sleep(0.01)
    finally:
        writer.enough.set()
        writer.join(90)
    assert not writer.is_alive()
    written = {f"w{number}" for number in writer.written}
    journalled = {key for (key,) in database.rows("SELECT id FROM rekey_journal_interactions WHERE id LIKE 'w%'")}
    assert {"w1", "w5"} <= journalled < written
    assert {f"w{number}" for number in writer.refused} == written - journalled

    interactions = dict(database.rows("SELECT id, project FROM interactions WHERE id LIKE 'w%'"))
    assert interactions == {key: CANONICAL if key in journalled else "p05" for key in written}
    memories = dict(database.rows("SELECT id, project FROM memories WHERE id LIKE 'w%'"))
    assert memories == interactions
    owners = dict(database.rows("SELECT id, project_id FROM project_state WHERE id LIKE 'w%'"))
    assert owners == dict.fromkeys(written, "c")
    for table in ("memories", "project_state"):
        seen = database.rows(f"SELECT id FROM rekey_journal_{table} WHERE id LIKE 'w%'")
        assert {key for (key,) in seen} == journalled
    edited = database.rows("SELECT id, response FROM interactions WHERE response LIKE 'edit %'")
    most = max(writer.written)
    assert all(text == f"edit {key[1:]}" for key, text in edited)
    assert len(edited) == min(most, database.rows("SELECT count(*) FROM interactions WHERE id LIKE 'i%'")[0][0])


@pytest.mark.parametrize("way", ["online", "script"])
def test_a_writer_that_holds_one_table_and_wants_another_is_waited_for_without_a_deadlock(
    server, alembic, upgrade, registry_path, tmp_path, way
):
    database = PostgreSQLDatabase(server, f"crossing_{way}")
    large(database, tmp_path).rename(registry_path)
    if way == "script":
        upgrade(database, registry_path, "0002")
        script = generated(database.url, registry_path, "0002:head").encode()
    waits = "SELECT 1 FROM pg_locks WHERE relation = 'interactions'::regclass AND NOT granted"
    with ThreadPoolExecutor() as beside, psycopg.connect(address(database)) as application:
        # The last table first: the upgrade has all others when it comes to this one.
        application.execute("INSERT INTO interactions (id, prompt, project) VALUES ('w1', 'x', 'p05')")
        if way == "script":
            upgrading = beside.submit(database.run_script, script)
        else:
            upgrading = beside.submit(alembic, database, "upgrade", "head")
        while not database.rows(waits):
            time.sleep(0.01)
        application.execute(
            "INSERT INTO memories (id, memory_type, content, project) VALUES ('w1', 'fact', 'w1', 'p05')"
        )
        application.commit()
        ended = upgrading.result(60)
    assert ended.returncode == 0, ended.stderr
    for table in ("interactions", "memories"):
        assert database.rows(f"SELECT project FROM {table} WHERE id = 'w1'") == [(CANONICAL,)]
    database.close()


CHILDREN = "CREATE TABLE invoices (id INTEGER PRIMARY KEY, hangs_on TEXT NOT NULL REFERENCES {table} ON DELETE CASCADE)"
SLOW = (
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;"
    "CREATE TRIGGER slow BEFORE {change} FOR EACH STATEMENT EXECUTE FUNCTION slow()"
)
GOES = {  # a table of which rows go, when, and one of them
    "shadow": ("projects", "UPDATE ON interactions", "id = 's'"),
    "slot": ("project_state", "DELETE ON project_state", "id = 'replaced'"),
    "created": ("projects", "UPDATE ON interactions", "id NOT IN ('c', 's', 'new', 'other')"),
}


def inserted_meanwhile(database, key):
    """Inserts a row that hangs on `key` as soon as the guards are past; returns what came of it."""
    applying = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with psycopg.connect(address(database), autocommit=True) as application:
        while not application.execute(applying).fetchone():
            time.sleep(0.01)
        try:
            application.execute("INSERT INTO invoices VALUES (1, %s)", [key])
        except psycopg.errors.ForeignKeyViolation:
            return "refused"
    return "written"


@pytest.mark.parametrize(
    ("way", "what"),
    [("up", "shadow"), ("up", "slot"), ("script", "shadow"), ("script", "slot"), ("down", "created")],
)
def test_a_row_that_comes_to_hang_on_one_that_goes_after_the_guards_is_refused_and_not_swept_away(
    server, alembic, upgrade, registry_path, tmp_path, way, what
):
    """Case 07: a committed invoice was gone."""
    database = PostgreSQLDatabase(server, f"meanwhile_{way}_{what}")
    table, change, one = GOES[what]
    prepared(database, tmp_path, folded()).rename(registry_path)
    script = b""
    if way == "script":
        upgrade(database, registry_path, "0002")
        script = generated(database.url, registry_path, "0002:head").encode()
    if way == "down":
        upgrade(database, registry_path)
    database.execute(CHILDREN.format(table=table))
    database.execute(SLOW.format(change=change))
    ((key,),) = database.rows(f"SELECT id FROM {table} WHERE {one}")
    with ThreadPoolExecutor() as beside:
        if way == "script":
            running = beside.submit(database.run_script, script)
        else:
            words = {"up": ("upgrade", "head"), "down": ("downgrade", "-1")}[way]
            running = beside.submit(alembic, database, *words)
        came = inserted_meanwhile(database, key)
        ended = running.result(60)
    assert 0 == ended.returncode, ended.stderr
    assert ("refused", []) == (came, database.rows("SELECT * FROM invoices"))
    assert [] == database.rows(f"SELECT id FROM {table} WHERE {one}")
    database.close()


def test_a_writer_that_holds_a_row_that_goes_and_wants_a_table_is_waited_for_without_a_deadlock(
    server, alembic, registry_path, tmp_path
):
    database = PostgreSQLDatabase(server, "crossing_rows")
    prepared(database, tmp_path, folded()).rename(registry_path)
    database.execute(CHILDREN.format(table="projects").replace("CASCADE", "RESTRICT"))
    waits = "SELECT 1 FROM pg_locks WHERE relation = 'projects'::regclass AND NOT granted"
    with ThreadPoolExecutor() as beside, psycopg.connect(address(database)) as application:
        application.execute("INSERT INTO invoices VALUES (1, 'other')")
        upgrading = beside.submit(alembic, database, "upgrade", "head")
        while not database.rows(waits):
            time.sleep(0.01)
        time.sleep(1.5)  # longer than PostgreSQL lets two wait for each other
        application.execute("UPDATE interactions SET response = 'late' WHERE id = 'i2'")
        application.commit()
        ended = upgrading.result(60)
    assert 0 == ended.returncode, ended.stderr
    assert [("late",)] == database.rows("SELECT response FROM interactions WHERE id = 'i2'")
    database.close()


@pytest.mark.parametrize("way", ["online", "script"])
def test_no_writer_waits_behind_an_upgrade_that_waits_itself_for_longer_than_a_turn(
    server, alembic, upgrade, registry_path, tmp_path, way
):
    database = PostgreSQLDatabase(server, f"behind_{way}")
    prepared(database, tmp_path, folded()).rename(registry_path)
    upgrade(database, registry_path, "0002")
    script = generated(database.url, registry_path, "0002:head").encode()
    longest = 0.0
    with ThreadPoolExecutor() as beside, psycopg.connect(address(database)) as long:
        long.execute("INSERT INTO interactions (id, prompt, project) VALUES ('long', 'x', 'p05')")
        if way == "script":
            upgrading = beside.submit(database.run_script, script)
        else:
            upgrading = beside.submit(alembic, database, "upgrade", "head")
        with psycopg.connect(address(database), autocommit=True) as short:
            end = time.monotonic() + 4  # turns that double would be at more than half a second before then
            while (begun := time.monotonic()) < end:
                short.execute("UPDATE memories SET content = 'x' WHERE id = 'm1'")
                longest = max(longest, time.monotonic() - begun)
                time.sleep(0.01)
        assert not upgrading.done()
        long.commit()
        ended = upgrading.result(60)
    assert 0 == ended.returncode, ended.stderr
    assert 0.1 < longest < 0.6  # a turn, and what a busy machine adds
    database.close()
