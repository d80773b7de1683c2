"""What a connection to SQLite is told: a file is made by connecting to it, and names lead to one place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection

from alembic_rekey.sql.dialects.session import Session

__all__ = ["SQLiteSession"]


class SQLiteSession(Session):
    """SQLite: a file, or memory."""

    def open_nothing_new(self, given: list[Any], named: Mapping[str, Any]) -> None:
        """Open memory in the place of a file that is not there: a database without tables too."""
        if given and not named.get("uri") and not Path(given[0]).exists():
            given[0] = ":memory:"

    def only_read(self, _connection: Connection) -> None:
        """Do nothing: it has no transactions that only read."""

    def led_as(self, _connection: Connection) -> None:
        """Return None: it has no search path."""

    def number_on(self, _connection: Connection, _key: Column[Any]) -> None:
        """Do nothing: it numbers behind the greatest key that is there."""

    def run_whole(self, driver: Any, script: str) -> None:
        """Hand it to executescript()."""
        driver.executescript(script)

    def is_one_connection(self, url: URL) -> bool:
        """Tell whether it is in memory."""
        return url.database in (None, "", ":memory:")
