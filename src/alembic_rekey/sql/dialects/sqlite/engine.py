"""How a SQLite file is opened: for one writer, or only to be read, by whoever may do no more."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from operator import methodcaller
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url

from alembic_rekey.sql.dialects.session import is_autocommit

__all__ = ["LARGER_CACHE", "file_of", "harmless_text", "reading_engine", "sqlite_hooks", "writing_engine"]

LARGER_CACHE = "PRAGMA cache_size = -32768"
"""In KiB. With the 2 MB of SQLite's own every page is read and written about twice as often, in small parts."""

harmless_text = methodcaller("decode", "utf-8", "surrogateescape")
"""Bytes of SQLite -> text: they may be no UTF-8, and must pass through a report unharmed. Called for every value."""


def file_of(url: URL) -> Path | None:
    """Return the file behind the URL; None for memory, and for a name that is a `file:` URI."""
    name = url.database
    if not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


def writing_engine(url: URL, timeout: float) -> Engine:
    """Return an engine whose transactions exclude other writers and take DDL along."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": timeout})
    sqlite_hooks(engine, "BEGIN IMMEDIATE")
    event.listen(engine, "connect", lambda connection, _record: connection.execute(LARGER_CACHE))
    return engine


def reading_engine(url: URL, timeout: float) -> Engine:
    """Return an engine that cannot write, whose transactions see one state of the database.

    A file that does not exist is not created: the engine is of a database without tables then.
    """
    file = file_of(url)
    if file is not None and not file.exists():
        url, file = make_url("sqlite://"), None
    # What is encrypted only the engine can read: to anyone else it is a damaged file.
    access = "mode=ro" if file is None or url.password else _access(file, timeout)
    name = f"{file.as_uri()}?{access}" if file else url.database
    # SQLAlchemy hands what it does not know itself on to SQLite: `mode`, for a name that is a URI already.
    query = {**url.query, "uri": "true", **({} if file else {"mode": "ro"})}
    opened = url.set(database=name or "file::memory:", query=query)
    engine = create_engine(opened, poolclass=NullPool, connect_args={"timeout": timeout})
    sqlite_hooks(engine, "BEGIN")
    # Every sort and list of a plan takes as much memory as the page cache may; 500 KB are as fast as 2 MB.
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA cache_size = -500"))
    return engine


def _access(file: Path, timeout: float) -> str:
    """Return how to open a SQLite file for reading, as the query of its URI.

    A database in WAL mode needs files beside it, even to be read. Where they are not there and may not be made,
    nobody has it open, and it can be read as what it is: a file that stands still.
    """
    beside = [Path(f"{file}{ending}") for ending in ("-wal", "-journal")]
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=timeout)) as probe:
            probe.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_READONLY_ROLLBACK":
            _roll_back_the_dead(file, timeout)
        elif os.access(file, os.R_OK) and not any(path.exists() for path in beside):
            return "mode=ro&immutable=1"
    except sqlite3.Error:
        pass  # The engine meets the same, and tells it with its remedy.
    return "mode=ro"


def _roll_back_the_dead(file: Path, timeout: float) -> None:
    """Let SQLite undo what a writer that was killed left half done, as with whoever opens the file next.

    A connection that only reads may not do it, and cannot read before it is done.
    """
    with (
        suppress(sqlite3.Error),  # no right to: the engine meets it again, and tells it with its remedy
        closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=timeout)) as writer,
    ):
        writer.execute("SELECT count(*) FROM sqlite_master")


def sqlite_hooks(engine: Engine, begin: str) -> None:
    """Make transactions of SQLite real: `begin` opens them, and the driver neither opens nor closes any.

    Foreign keys stay off, as they are in the sqlite3 shell: no cascade can take rows along, and what
    foreign keys ask for is checked before the commit.
    """

    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        record.driver_connection.text_factory = harmless_text
        connection.execute("PRAGMA foreign_keys = OFF")

    def began(connection: Connection) -> None:
        if not is_autocommit(connection):
            connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)
