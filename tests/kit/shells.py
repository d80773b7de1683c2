"""What runs a script, and how it goes on after an error: the real shells, and programs with the drivers of Python."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache

import pglast
import psycopg

from databases import Database, PostgreSQLDatabase, SQLiteDatabase

__all__ = ["BOM", "COMMITS_ITSELF", "NOTHING_RUNS", "SHELLS", "each", "run_in", "statements", "stopped_at"]

BOM = b"\xef\xbb\xbf"

Shell = Callable[[Database, str], None]


def stopped_at(outcome: subprocess.CompletedProcess[bytes]) -> list[str]:
    """The guards that a shell says it stopped at: each names them in its own words."""
    return re.findall(r"(?:constraint failed: |guard )(rekey_\w+)", outcome.stderr.decode())


def without_commands(script: str) -> str:
    """The script without the commands of the sqlite3 shell, as programs drop them."""
    return "".join(line for line in script.splitlines(keepends=True) if not line.startswith("."))


@cache
def statements(script: str) -> list[str]:
    """The statements of a script for SQLite."""
    found, rest = [], ""
    for line in without_commands(script).splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    assert rest.strip() == ""
    return found


def shell(before: bytes = b"", *options: str, commands: bool = True) -> Shell:
    """The database's own shell; `before` stands in front of the script."""

    def run(database: Database, script: str) -> None:
        given = before + (script if commands else without_commands(script)).encode("ascii")
        if isinstance(database, PostgreSQLDatabase):
            database.server.psql(database.url, given, *options)
        else:
            database.run_script(given)

    return run


@contextmanager
def opened(database: Database) -> Iterator[sqlite3.Connection]:
    assert isinstance(database, SQLiteDatabase)
    with closing(sqlite3.connect(database.path, timeout=10)) as connection:
        yield connection


def executescript(database: Database, script: str) -> None:
    """Stops at the first error; the program goes away."""
    with opened(database) as connection, suppress(sqlite3.Error):
        connection.executescript(script)


def executescript_and_commit(database: Database, script: str) -> None:
    """Stops at the first error; then the program commits what there is."""
    with opened(database) as connection:
        with suppress(sqlite3.Error):
            connection.executescript(without_commands(script))
        connection.commit()


def nothing(connection: sqlite3.Connection) -> None:
    """Prepares nothing."""


def each(*, rolls_back: bool = False, prepare: Callable[[sqlite3.Connection], object] = nothing) -> Shell:
    """A program that runs each statement and ignores errors, and one that ends the transaction first."""

    def run(database: Database, script: str) -> None:
        with opened(database) as connection:
            connection.isolation_level = None
            prepare(connection)
            for statement in statements(script):
                try:
                    connection.execute(statement).fetchall()
                except sqlite3.Error:
                    if rolls_back and connection.in_transaction:
                        connection.rollback()

    return run


def connected(database: Database, *, autocommit: bool) -> psycopg.Connection:
    return psycopg.connect(database.url.replace("+psycopg", "", 1), autocommit=autocommit, connect_timeout=10)


def at_once(*, autocommit: bool) -> Shell:
    """A program that hands the whole text to the driver, and commits whatever came of it."""

    def run(database: Database, script: str) -> None:
        with closing(connected(database, autocommit=autocommit)) as connection, suppress(psycopg.Error):
            try:
                connection.execute(script)
            finally:
                connection.commit()

    return run


parts = cache(pglast.split)


def one_by_one(*, autocommit: bool, savepoints: bool = False, rolls_back: bool = False) -> Shell:
    """A program that runs each statement, as JDBC with autosave does it where `savepoints` is given."""

    def run(database: Database, script: str) -> None:
        with closing(connected(database, autocommit=autocommit)) as connection:
            for statement in parts(script):
                if savepoints:
                    with suppress(psycopg.Error):
                        connection.execute("SAVEPOINT own")
                try:
                    connection.execute(statement)
                except psycopg.Error:
                    with suppress(psycopg.Error):
                        if savepoints:
                            connection.execute("ROLLBACK TO own")
                        elif rolls_back:
                            connection.rollback()
            connection.commit()

    return run


COMMITS_ITSELF = "executescript, and the program commits itself"
"""What a guard stops in time; where another statement fails, what is there by then is what it asks for."""

SHELLS: dict[str, dict[str, Shell]] = {
    "sqlite": {
        "sqlite3": shell(),
        "sqlite3 behind a byte order mark": shell(BOM),
        "sqlite3 that goes on": shell(commands=False),
        "executescript": executescript,
        "executescript without commands": lambda database, script: executescript(database, without_commands(script)),
        COMMITS_ITSELF: executescript_and_commit,
        "a program that ignores errors": each(),
        "a program that rolls back and goes on": each(rolls_back=True),
    },
    "postgresql": {
        "psql": shell(),
        "psql that goes on": shell(b"", "-v", "ON_ERROR_STOP=0"),
        "psql with savepoints": shell(b"", "-v", "ON_ERROR_STOP=0", "-v", "ON_ERROR_ROLLBACK=on"),
        "psql with savepoints that stops": shell(b"", "-v", "ON_ERROR_ROLLBACK=on"),
        "psql -1": shell(b"", "-1", "-v", "ON_ERROR_STOP=0"),
        "psql -1 with savepoints": shell(b"", "-1", "-v", "ON_ERROR_STOP=0", "-v", "ON_ERROR_ROLLBACK=on"),
        "psycopg": at_once(autocommit=False),
        "psycopg in autocommit": at_once(autocommit=True),
        "a program that ignores errors": one_by_one(autocommit=True),
        "a program that ignores errors in its own transaction": one_by_one(autocommit=False),
        "a program that sets savepoints": one_by_one(autocommit=False, savepoints=True),
        "a program that rolls its own transaction back and goes on": one_by_one(autocommit=False, rolls_back=True),
    },
}
"""By dialect and name."""

NOTHING_RUNS = {
    "executescript",
    "psql with savepoints",
    "psql with savepoints that stops",
    "psql -1 with savepoints",
    "a program that sets savepoints",
}
"""Those in which no script is run at all: what is none of SQL is an error there, or savepoints are set."""


def run_in(name: str, database: Database, script: str) -> None:
    """Runs a script to its end in one of `SHELLS`, whatever it says."""
    SHELLS[database.dialect][name](database, script)
