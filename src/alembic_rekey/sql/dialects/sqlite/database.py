"""SQLite behind the interface that all databases have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Executable, Table, func, insert, select

import alembic_rekey.sql.dialects.sqlite.digests
import alembic_rekey.sql.dialects.sqlite.expressions
import alembic_rekey.sql.dialects.sqlite.times  # noqa: F401  # the three for what they register
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.dialects.interface import Change, Database, Said
from alembic_rekey.sql.dialects.sqlite.watches import taken_off, to_watch, watching

__all__ = ["SQLite"]


class SQLite(Database):
    """SQLite: one writer, no types, foreign keys off while a run changes rows."""

    name = "sqlite"

    def counting(self, change: Change, into: Table, line: Sequence[ColumnElement[Any]]) -> list[Executable]:
        """Ask the connection for the changes of its last statement."""
        names = [known.name for known in into.columns]
        return [change, insert(into).from_select(names, select(*line, func.changes()))]

    def analyzed(self, name: str, columns: Sequence[str]) -> list[Executable]:
        """Return nothing: it plans without statistics."""
        return []

    def locks(self, tables: Sequence[Table], referred: Sequence[Table]) -> list[Said]:
        """Return nothing: BEGIN IMMEDIATE keeps every other writer out."""
        return []

    def settled(self) -> list[Said]:
        """Return nothing: foreign keys are off, and asked as a whole."""
        return []

    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Set temporary triggers where the database can change rows by itself."""
        names = to_watch(connection)
        return watching(names), taken_off(names)

    def may_be_unread(self, stamp: Stamp) -> bool:
        """Return True: any column holds any value."""
        return True

    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Read them by json_each()."""
        entry = func.json_each(document).table_valued("value", name="rekey_entry").c.value
        places = (f"$[{field}]" if isinstance(field, int) else f"$.{field}" for field in (*numbers, *texts))
        return [func.json_extract(entry, place) for place in places]
