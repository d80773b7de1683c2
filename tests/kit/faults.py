"""What faults are made of: a database worth interrupting, commands that can be killed, a disk that is full."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from databases import Database, PostgreSQLDatabase, SQLiteDatabase
from examples import CANONICAL, OLD, REGISTRY, prepared, projects
from server import PATIENCE_SECONDS, clean_environment

__all__ = ["LONG", "ROOT", "Commands", "address", "copied", "full_disk", "large", "options", "quiet", "state"]

ROOT = Path(__file__).resolve().parents[2]
LONG = bool(os.environ.get("REKEY_LONG"))

DISK_FOR_ITSELF = 16 * 1024
"""What a folder and two empty files take."""

numbers = itertools.count(1)

COUNTED = {
    "sqlite": "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {last}) {insert}",
    "postgresql": "{insert}",
}
SOURCE = {"sqlite": "counted", "postgresql": "generate_series(1, {last}) counted (n)"}
MANY = (  # how many, where, what
    (3_000, "project_state (id, project_id, category, key, value, {t})", "'s' || n, 's', 'c', n, n / 2, {v}"),
    (1_500, "project_state (id, project_id, category, key, value, {t})", "'c' || n, 'c', 'c', n, n / 2, {v}"),
    (12_000, "memories (id, memory_type, content, project, {t})", "'m' || n, 'fact', n / 2, 'p05', {v}"),
    (4_000, "interactions (id, prompt, project, created_at)", "'i' || n, n, 'p06', '" + OLD + "'"),
)


def large(database: Database, folder: Path) -> Path:
    """Fills a database with 20,000 rows, in the short form 5,000, that fold; returns the registry's path."""
    rows = {"projects": projects(c=CANONICAL, s="p05", new="p06", other="atlas")}
    registry = prepared(database, folder, rows, REGISTRY)
    times = {"t": "created_at, updated_at", "v": f"'{OLD}', '{OLD}'"}
    for number, target, values in MANY:
        last = number if LONG else number // 4
        source = SOURCE[database.dialect].format(last=last)
        insert = f"INSERT INTO {target.format(**times)} SELECT {values.format(**times)} FROM {source}"
        database.execute(COUNTED[database.dialect].format(last=last, insert=insert))
    return registry


class Copy(PostgreSQLDatabase):
    """A copy of another database of the server."""

    def __init__(self, original: PostgreSQLDatabase, name: str) -> None:
        self.server = original.server
        self.name = name
        self.url = original.server.create_database(name, template=original.name)


@contextmanager
def copied(original: Database, folder: Path) -> Iterator[Database]:
    """A copy to work on; the original must not be connected to."""
    number = next(numbers)
    made: Database
    if isinstance(original, PostgreSQLDatabase):
        _alone(original)
        made = Copy(original, f"{original.name}_{number}")
    else:
        assert isinstance(original, SQLiteDatabase)
        made = SQLiteDatabase(folder / f"copy-{number}.db")
        shutil.copy(original.path, made.path)
    try:
        yield made
    finally:
        made.close()
        if isinstance(made, SQLiteDatabase):
            made.reset()


def address(database: Database) -> str:
    """The URL that psycopg understands."""
    return database.url.replace("+psycopg", "", 1)


def quiet(database: Database) -> None:
    """Waits until what was killed is gone: PostgreSQL rolls back when it notices; SQLite with the next to open."""
    if isinstance(database, PostgreSQLDatabase):
        _alone(database)
    else:
        database.execute("PRAGMA user_version")


def _alone(database: PostgreSQLDatabase) -> None:
    own = database.__dict__.pop("_connection", None)
    if own is not None:
        own.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    with closing(psycopg.connect(database.server.url("postgres").replace("+psycopg", ""), autocommit=True)) as server:
        while server.execute(others, [database.name]).fetchone() != (0,):
            assert time.monotonic() < deadline, "a killed command is still connected"
            time.sleep(0.01)


def state(database: Database) -> dict[str, object]:
    """Every table and a hash of its rows, with one word for the time of a run wherever it stands."""
    names = sorted(database.tables())
    run = database.rows("SELECT CAST(started_at AS TEXT) FROM rekey_run") if "rekey_run" in names else []
    assert len(run) <= 1
    return {name: _digest(database, name, run[0][0] if run else "no run yet") for name in names}


def _digest(database: Database, table: str, started: str) -> object:
    if table == "rekey_run":  # its end and the fingerprint belong to one run alone
        return database.rows("SELECT id, revision, outcome, registry_sha256 FROM rekey_run")
    if database.dialect == "postgresql":
        lines = f"""SELECT replace(CAST(t AS TEXT), '{started}', 'run') AS line FROM "{table}" t"""
        return database.rows(f"SELECT count(*), md5(string_agg(line, '|' ORDER BY line)) FROM ({lines}) AS lines")
    columns = [name for (name,) in database.rows(f"SELECT name FROM pragma_table_info('{table}')")]
    line = " || ',' || ".join(f'quote("{column}")' for column in columns)
    lines = database.rows(f"""SELECT replace({line}, '{started}', 'run') FROM "{table}" ORDER BY 1""")
    return len(lines), hashlib.sha256(repr(lines).encode()).hexdigest()


def options(database: Database, registry: Path, reports: Path, *x: str) -> list[str]:
    """What stands before a sub-command."""
    given = [f"url={database.url}", f"registry={registry}", f"report_dir={reports}", *x]
    return ["-c", str(ROOT / "alembic.ini"), *(word for setting in given for word in ("-x", setting))]


FORKING = """
import os, sys, json, signal, time
import alembic.command, psycopg, sqlite3, sqlalchemy.dialects.postgresql.psycopg
import alembic_rekey.operations
from alembic.config import main
for line in sys.stdin:
    said, patience, *words = json.loads(line)
    child = os.fork()
    if child == 0:
        file = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(file, 1), os.dup2(file, 2)
        main(words)
        sys.stdout.flush()
        os._exit(0)
    started, ended = time.monotonic(), None
    while patience is not None and time.monotonic() < started + patience:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.001)
    if not ended:
        if patience is not None:
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    print(os.waitstatus_to_exitcode(status), time.monotonic() - started, flush=True)
"""
"""Runs commands in processes of their own without loading everything anew: they spend their time on the work."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, negative for a signal; what it said; how long it took."""

    status: int
    said: str
    seconds: float


class Commands:
    """Runs `alembic` again and again; a run can be killed after a time."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said"
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env=clean_environment(),
            text=True,
        )

    def __call__(self, words: Sequence[str], *, kill_after: float | None = None) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(self._said), kill_after, *words]) + "\n")
        self._process.stdin.flush()
        status, seconds = self._process.stdout.readline().split()
        return Ended(int(status), self._said.read_text(errors="replace"), float(seconds))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._process.stdout.close()


@contextmanager
def full_disk(folder: Path, content: int, room: int) -> Iterator[Path]:
    """A folder on a disk that has room for `content` and then `room` bytes more.

    Who may not mount one gets the next best: files that cannot grow beyond that.
    """
    folder.mkdir()
    size = content + room + DISK_FOR_ITSELF
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
