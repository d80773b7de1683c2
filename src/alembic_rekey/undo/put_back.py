"""Rows of the journal -> the table: changed columns as they were, deleted rows with all of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Table, column, false, literal_column, select, update
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Relation
from alembic_rekey.sql.expressions import PutBackRows
from alembic_rekey.sql.side_tables import DropColumn, every_column, journal
from alembic_rekey.sql.steps import Statement
from alembic_rekey.undo.decided import goes_back

__all__ = ["put_back", "tried", "undone", "without_bookkeeping"]

_RETURNING = Table("rekey_returning", MetaData())


def undone(part: Part, says: str, changed: Sequence[Any], *actions: Action) -> Statement:
    """Return what gives the rows that go back, and had one of `actions`, their old values in the columns `changed`."""
    kept = journal(part.table)
    columns = [*changed, *([] if part.stamp is None else [part.stamp])]
    old = {known.key: kept.c[known.name] for known in columns}
    return Statement(
        says, update(part.table).values(old).where(part.key == kept.c[part.key.name], goes_back(part, *actions))
    )


def put_back(part: Part, stored: Stored, says: str, *actions: Action) -> Iterator[Statement]:
    """Re-insert rows with all columns, known or not: the journal's rows without the journal's own columns."""
    return _inserted(part, stored, says, goes_back(part, *actions))


def tried(part: Part, stored: Stored) -> Iterator[Statement]:
    """Yield the same on no rows: where it cannot run, an upgrade must not delete any."""
    return _inserted(part, stored, "Try on no rows how deleted ones are put back.", false())


def _inserted(part: Part, stored: Stored, says: str, going: ColumnElement[bool]) -> Iterator[Statement]:
    rows: Relation = select(every_column(journal(part.table))).select_from(journal(part.table))
    yield Statement(
        f"Take the rows to put back out of the journal of {part.table.name}.",
        CreateTableAs(rows.where(going), _RETURNING.name, temporary=True),
    )
    yield from without_bookkeeping(_RETURNING)
    columns = stored.writable(part)
    read: list[ColumnElement[Any]] = [literal_column("*")]
    if columns is not None:
        read = [column(name) for name in columns]
    whole: Relation = select(*read).select_from(_RETURNING)
    yield Statement(says, PutBackRows(part.table, whole, columns))
    yield Statement("Drop what was taken out.", DropTable(_RETURNING))


def without_bookkeeping(copied: Table) -> Iterator[Statement]:
    """Yield what leaves only the application's columns in `copied`, a copy of rows of a journal."""
    for name in ("rekey_run", "rekey_action", "rekey_canonical"):
        yield Statement("Leave the journal's own column away.", DropColumn(copied, name))
