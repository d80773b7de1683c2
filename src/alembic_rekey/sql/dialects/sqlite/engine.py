"""How a SQLite file is opened: for one writer, or only to be read, by whoever may do no more."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from operator import methodcaller
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url

from alembic_rekey.sql.dialects.session import is_autocommit, is_there

__all__ = ["LARGER_CACHE", "file_of", "harmless_text", "reading_engine", "sqlite_hooks", "writing_engine"]

LARGER_CACHE = "PRAGMA cache_size = -32768"
"""In KiB. With the 2 MB of SQLite's own every page is read and written about twice as often, in small parts."""

_OF_A_URI = frozenset(("cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs"))
"""What SQLite reads behind the question mark of a name that is a URI."""

harmless_text = methodcaller("decode", "utf-8", "surrogateescape")
"""Bytes of SQLite -> text: they may be no UTF-8, and must pass through a report unharmed. Called for every value."""


def file_of(url: URL) -> Path | None:
    """Return the file behind the URL; None for memory, and for a name that is a `file:` URI.

    Without `uri=true` that is the name of a file, as for SQLAlchemy.
    """
    name = url.database
    if not name or name == ":memory:" or (name.startswith("file:") and _is_uri(url)):
        return None
    return Path(name).absolute()


def _is_uri(url: URL) -> bool:
    return str(url.query.get("uri")).strip().lower() in ("true", "yes", "on", "y", "t", "1")


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
    if file is not None and not is_there(file):
        url, file = make_url("sqlite://"), None
    if file is None:
        name, kept = url.database if url.database and _is_uri(url) else "file::memory:", dict(url.query)
        # Memory is nobody's to be written to.
        access = {} if kept.get("mode") == "memory" else {"mode": "ro"}
    else:
        # An upgrade opens the file by its plain name, for which these mean nothing.
        name, kept = file.as_uri(), {key: given for key, given in url.query.items() if key not in _OF_A_URI}
        # What is encrypted only the engine can read: to anyone else it is a damaged file.
        access = {"mode": "ro"} if url.password else _access(file, timeout)
    # SQLAlchemy hands what it does not know itself on to SQLite.
    opened = url.set(database=name, query={**kept, **access, "uri": "true"})
    engine = create_engine(opened, poolclass=NullPool, connect_args={"timeout": timeout})
    sqlite_hooks(engine, "BEGIN")
    # Every sort and list of a plan takes as much memory as the page cache may; 500 KB are as fast as 2 MB.
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA cache_size = -500"))
    return engine


def _access(file: Path, timeout: float) -> dict[str, str]:
    """Return how to open a SQLite file for reading, as the query of its URI has it.

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
        elif os.path.isfile(file) and os.access(file, os.R_OK) and not any(map(os.path.exists, beside)):
            return {"mode": "ro", "immutable": "1"}
    except sqlite3.Error:
        pass  # The engine meets the same, and tells it with its remedy.
    return {"mode": "ro"}


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
