"""The connection: how one is opened, for writing and for reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from alembic_rekey.connection.failures import connecting, refusing_database_errors
from alembic_rekey.errors import DatabaseFailed
from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.session import is_there

__all__ = ["is_absent", "make_folder", "reading", "writing_engine"]


def writing_engine(settings: Settings) -> Engine:
    """Return an engine whose transactions exclude other writers and take DDL along.

    Raises:
        DatabaseFailed: where an option of the URL has a value that its driver cannot take.
    """
    with connecting(settings):
        return database(settings.url.get_backend_name()).session.writing(settings.url, settings.lock_timeout)


@contextmanager
def reading(settings: Settings, of_the_project: Engine | None = None) -> Iterator[Connection]:
    """Open a connection that cannot write and sees one state of the database, all of it in one transaction.

    A SQLite file that does not exist is not created: the connection is to a database without tables. A server is
    reached as the project's own engine reaches it, if it has one.

    Raises:
        DatabaseFailed: for whatever the database or its driver raises within.
    """
    session = database(settings.url.get_backend_name()).session
    with refusing_database_errors(settings):
        with connecting(settings):
            engine = session.reading(settings.url, settings.lock_timeout, of_the_project)
        try:
            with connecting(settings):
                connection = engine.connect()
            with connection:
                yield connection
        finally:
            engine.dispose()


def is_absent(settings: Settings) -> bool:
    """Tell whether the database is a file that does not exist yet."""
    file = _file(settings)
    return file is not None and not is_there(file)


def _file(settings: Settings) -> Path | None:
    return database(settings.url.get_backend_name()).session.file(settings.url)


def make_folder(settings: Settings) -> None:
    """Create the folders above a SQLite file that is still to be made."""
    if (file := _file(settings)) is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseFailed(
                settings.database,
                f"its folder cannot be made: {error.strerror}.",
                "name another place with -x url=sqlite:///FILE.",
            ) from error
