"""The connection: how one is opened, for writing and for reading, and how its transactions begin."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from operator import methodcaller
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url

from alembic_rekey.connection.failures import refusing_database_errors
from alembic_rekey.errors import DatabaseFailed
from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects.postgresql.session import same_text

__all__ = [
    "harmless_text",
    "is_absent",
    "is_autocommit",
    "make_folder",
    "reading",
    "sqlite_hooks",
    "writing_engine",
]


harmless_text = methodcaller("decode", "utf-8", "surrogateescape")
"""Bytes of SQLite -> text: they may be no UTF-8, and must pass through a report unharmed. Called for every value."""


def writing_engine(settings: Settings) -> Engine:
    """Return an engine whose transactions exclude other writers and take DDL along."""
    if settings.url.get_backend_name() == "sqlite":
        engine = create_engine(settings.url, poolclass=NullPool, connect_args={"timeout": settings.lock_timeout})
        sqlite_hooks(engine, "BEGIN IMMEDIATE")
        return engine
    # A higher level, perhaps the role's default, would fail after waiting for the other deployer.
    return _postgresql_engine(settings, isolation_level="READ COMMITTED")  # its transactions: see `prepared`


@contextmanager
def reading(settings: Settings, of_the_project: Engine | None = None) -> Iterator[Connection]:
    """Open a connection that cannot write and sees one state of the database, all of it in one transaction.

    A SQLite file that does not exist is not created: the connection is to a database without tables. A server is
    reached as the project's own engine reaches it, if it has one.

    Raises:
        DatabaseFailed: for whatever the database or its driver raises within.
    """
    with refusing_database_errors(settings):
        here = replace(settings, url=make_url("sqlite://")) if is_absent(settings) else settings
        engine = _reading_engine(here, of_the_project)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def is_absent(settings: Settings) -> bool:
    """Tell whether the database is a SQLite file that does not exist yet."""
    file = _sqlite_file(settings)
    return file is not None and not file.exists()


def _reading_engine(settings: Settings, of_the_project: Engine | None) -> Engine:
    """Return an engine that cannot write, whose transactions see one state of the database."""
    if settings.url.get_backend_name() == "sqlite":
        file = _sqlite_file(settings)
        # What is encrypted only the engine can read: to anyone else it is a damaged file.
        access = "mode=ro" if file is None or settings.url.password else _access(file, settings.lock_timeout)
        name = f"{file.as_uri()}?{access}" if file else settings.url.database
        # SQLAlchemy hands what it does not know itself on to SQLite: `mode`, for a name that is a URI already.
        query = {**settings.url.query, "uri": "true", **({} if file else {"mode": "ro"})}
        url = settings.url.set(database=name or "file::memory:", query=query)
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": settings.lock_timeout})
        sqlite_hooks(engine, "BEGIN")
        # Every sort and list of a plan takes as much memory as the page cache may; 500 KB are as fast as 2 MB.
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA cache_size = -500"))
        return engine
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    made = _postgresql_engine(settings) if of_the_project is None else of_the_project
    if made.dialect.is_async:
        # What it pooled belongs to another loop of coroutines.
        made.dispose(close=False)
    engine = made.execution_options(**options)
    event.listen(engine, "begin", same_text)
    return engine


def _sqlite_file(settings: Settings) -> Path | None:
    """Return the file behind the URL; None for another database, for memory, and for a name that is a `file:` URI."""
    name = settings.url.database
    if settings.url.get_backend_name() != "sqlite" or not name or name == ":memory:":
        return None
    return None if name.startswith("file:") else Path(name).absolute()


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


def _postgresql_engine(settings: Settings, **options: Any) -> Engine:
    # Behind a pooler such as pgbouncer the next transaction may be on another server connection, where a
    # statement that psycopg has prepared is not known, or one of the same name is.
    unprepared = {"prepare_threshold": None} if settings.url.get_driver_name() in ("psycopg", "psycopg_async") else {}
    return create_engine(settings.url, poolclass=NullPool, connect_args=unprepared, **options)


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


def is_autocommit(connection: Connection) -> bool:
    """Tell whether `connection` is in what `autocommit_block()` makes: no transaction, whatever SQLAlchemy calls it."""
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def make_folder(settings: Settings) -> None:
    """Create the folders above a SQLite file that is still to be made."""
    if (file := _sqlite_file(settings)) is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseFailed(
                settings.database,
                f"its folder cannot be made: {error.strerror}.",
                "name another place with -x url=sqlite:///FILE.",
            ) from error
