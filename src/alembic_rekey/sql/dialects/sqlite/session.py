"""What a connection to SQLite is told: a file is made by connecting to it, and names lead to one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Engine

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.session import Preparing, Session, is_autocommit, is_there
from alembic_rekey.sql.dialects.sqlite.engine import (
    LARGER_CACHE,
    file_of,
    harmless_text,
    reading_engine,
    writing_engine,
)

__all__ = ["SQLiteSession"]

_CACHE_OF_ITS_OWN = -2000


class SQLiteSession(Session):
    """SQLite: a file, or memory."""

    def file(self, url: URL) -> Path | None:
        """Return the file; None for memory, and for a name that is a `file:` URI."""
        return file_of(url)

    def writing(self, url: URL, timeout: float) -> Engine:
        """Return an engine whose transactions begin as IMMEDIATE."""
        return writing_engine(url, timeout)

    def reading(self, url: URL, timeout: float, _of_the_project: Engine | None) -> Engine:
        """Return an engine that opens the file for reading only."""
        return reading_engine(url, timeout)

    def prepare(self, preparing: Preparing) -> Callable[[Connection], None]:
        """Let texts pass as they are and no cascade take rows along; return what begins as IMMEDIATE."""
        connection = preparing.connection
        driver: Any = connection.connection.driver_connection
        if getattr(driver, "autocommit", None) is True or (preparing.of_the_caller and is_autocommit(connection)):
            raise preparing.refused(
                "the connection commits each statement by itself.", "open it without autocommit=True."
            )
        if driver.text_factory is not harmless_text:
            preparing.put_back(setattr, driver, "text_factory", driver.text_factory)
            driver.text_factory = harmless_text
        if _ask(connection, "PRAGMA foreign_keys"):
            if preparing.of_the_caller or driver.in_transaction:
                # SQLite does not let go of them until the transaction ends.
                raise preparing.refused(
                    "the connection is in a transaction with foreign keys enforced: a cascade could take rows along."
                )
            _ask(connection, "PRAGMA foreign_keys = OFF")
            preparing.put_back(_ask, connection, "PRAGMA foreign_keys = ON")
        if (cache := _ask(connection, "PRAGMA cache_size")) == _CACHE_OF_ITS_OWN:  # else someone chose it
            _ask(connection, LARGER_CACHE)
            preparing.put_back(_ask, connection, f"PRAGMA cache_size = {cache}")
        return _begin

    def open_nothing_new(self, given: list[Any], named: Mapping[str, Any]) -> None:
        """Open memory in the place of a file that is not there: a database without tables too."""
        if given and not named.get("uri") and not is_there(Path(given[0])):
            given[0] = ":memory:"

    def only_read(self, _connection: Connection) -> None:
        """Do nothing: it has no transactions that only read."""

    def led_as(self, _connection: Connection) -> None:
        """Return None: it has no search path."""

    def astray(self) -> list[Relation]:
        """Return nothing: a name without a schema leads to the file."""
        return []

    def number_on(self, _connection: Connection, _key: Column[Any]) -> None:
        """Do nothing: it numbers behind the greatest key that is there."""

    def run_whole(self, driver: Any, script: str) -> None:
        """Hand it to executescript()."""
        driver.executescript(script)

    def is_one_connection(self, url: URL) -> bool:
        """Tell whether it is in memory."""
        return url.database in (None, "", ":memory:")


def _ask(connection: Connection, pragma: str) -> Any:
    """Ask without a transaction, in which some of them are not heard."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(pragma)
        found = cursor.fetchone()
    finally:
        cursor.close()
    return found and found[0]


def _begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    # Where the engine has a hook of its own, it began it. The driver alone would begin at the first change of a row.
    if not driver.in_transaction and not is_autocommit(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
