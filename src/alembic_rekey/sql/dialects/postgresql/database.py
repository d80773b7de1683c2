"""PostgreSQL behind the interface that all databases have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    Table,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

import alembic_rekey.sql.dialects.postgresql.digests
import alembic_rekey.sql.dialects.postgresql.expressions  # noqa: F401  # the two for what they register
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.dialects.interface import Change, Database, Said
from alembic_rekey.sql.dialects.postgresql import times
from alembic_rekey.sql.dialects.postgresql.deferred import SETTLED
from alembic_rekey.sql.dialects.postgresql.locks import Analyze, LockTables

__all__ = ["PostgreSQL"]


class PostgreSQL(Database):
    """PostgreSQL: many writers, types, schemas, statistics."""

    name = "postgresql"

    def counting(self, change: Change, into: Table, line: Sequence[ColumnElement[Any]]) -> list[Executable]:
        """Count what the change returns, in the same statement."""
        names = [known.name for known in into.columns]
        changed = change.returning(literal_column("1").label("changed")).cte("rekey_changed")
        return [insert(into).from_select(names, select(*line, func.count()).select_from(changed))]

    def analyzed(self, name: str, columns: Sequence[str]) -> list[Executable]:
        """Say how many rows there are: it would join as if there were one."""
        return [Analyze(name, columns)]

    def locks(self, tables: Sequence[Table], referred: Sequence[Table]) -> list[Said]:
        """Lock all of them at once, and pin the zone that times are written in."""
        return [
            ("Keep writers out of the tables until the end; readers go on.", LockTables(tables, referred)),
            ("Write times in UTC, whatever the session says.", text("SET LOCAL TIME ZONE 'UTC'")),
        ]

    def settled(self) -> list[Said]:
        """Ask at once: a later revision of the same transaction could not alter a table with an event pending."""
        return [("Ask now what deferred constraints would ask at COMMIT.", text(SETTLED))]

    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Set none: its statistics see what triggers and cascades do."""
        return [], []

    def may_be_unread(self, stamp: Stamp) -> bool:
        """Tell texts and numbers with fractions from types of its own."""
        return times.may_be_unread(stamp)

    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Read them by jsonb_array_elements()."""
        entry: ColumnElement[Any] = func.jsonb_array_elements(cast(document, JSONB)).column_valued("rekey_entry")
        counted = [cast(entry.op("->>")(field), Integer) for field in numbers]
        return [*counted, *(entry.op("->>")(field) for field in texts)]
