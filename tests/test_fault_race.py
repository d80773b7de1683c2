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
from examples import CANONICAL
from faults import LONG, address, large, options
from server import clean_environment


@pytest.mark.parametrize("processes", [2, 4, 8] if LONG else [2, 4])
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
    server, alembic, registry_path, tmp_path, way
):
    database = PostgreSQLDatabase(server, f"crossing_{way}")
    large(database, tmp_path).rename(registry_path)
    if way == "script":
        assert alembic(database, "upgrade", "0002").returncode == 0
        script = alembic(database, "upgrade", "0002:head", "--sql").stdout.encode()
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
