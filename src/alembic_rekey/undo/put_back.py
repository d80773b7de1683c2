"""Rows of the journal -> the table: changed columns as they were, deleted rows with all of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, MetaData, Table, and_, column, false, literal_column, select, update
from sqlalchemy.schema import DropTable
from sqlalchemy.sql.util import ClauseAdapter

from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.judged import alike, keys_of, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.expressions import PutBackRows
from alembic_rekey.sql.side_tables import bookkeeping, every_column, journal
from alembic_rekey.sql.steps import Aside, Statement
from alembic_rekey.undo.decided import goes_back, stored_back

__all__ = ["put_back", "tried", "undone", "without_bookkeeping"]

_RETURNING = Table("rekey_returning", MetaData())


def undone(part: Part, says: str, action: Action) -> Statement:
    """Return what gives the rows that go back, and had `action`, their old values in the columns that it wrote."""
    kept: FromClause = journal(part)
    going = goes_back(part, action)
    found = same_key(part.keys, keys_of(part, kept))
    if part.key_moves:
        # The row is found by what it became. By another name: among several that it updates from, SQLite does not
        # find a table with a dot in its name.
        kept, back = kept.alias("rekey_kept"), stored_back(part)
        going = ClauseAdapter(kept).traverse(going)
        found = and_(same_key(alike(back, "key"), keys_of(part, kept)), same_key(part.keys, alike(back, "now")))
    columns: list[Any] = [*written(part)[action], *([] if part.stamp is None else [part.stamp])]
    old = {known.key: kept.c[known.name] for known in columns}
    return Statement(says, update(part.table).values(old).where(found, going))


def put_back(part: Part, stored: Stored, dialect: str, says: str, *actions: Action) -> Iterator[Statement]:
    """Re-insert rows with all columns, known or not: the journal's rows without the journal's own columns."""
    return _inserted(part, stored, dialect, says, goes_back(part, *actions))


def tried(part: Part, stored: Stored, dialect: str) -> Iterator[Statement]:
    """Yield the same on no rows: where it cannot run, an upgrade must not delete any."""
    return _inserted(
        part, stored, dialect, f"Try on no rows how deleted ones of {part.table.name} are put back.", false()
    )


def _inserted(part: Part, stored: Stored, dialect: str, says: str, going: ColumnElement[bool]) -> Iterator[Statement]:
    rows: Relation = select(every_column(journal(part))).select_from(journal(part))
    yield Statement(says, CreateTableAs(rows.where(going), _RETURNING.name))
    yield from without_bookkeeping(_RETURNING, part, dialect)
    columns = stored.writable(part)
    read: list[ColumnElement[Any]] = [literal_column("*")]
    if columns is not None:
        read = [column(name) for name in columns]
    whole: Relation = select(*read).select_from(_RETURNING)
    yield Aside(says, PutBackRows(part.table, whole, columns))
    yield Aside("Drop what was taken out.", DropTable(_RETURNING))


def without_bookkeeping(copied: Table, part: Part, dialect: str) -> Iterator[Statement]:
    """Yield what leaves only the application's columns in `copied`, a copy of rows of a journal of `part`."""
    for clause in database(dialect).without(copied, bookkeeping(part)):
        yield Aside("Leave the journal's own columns away.", clause)
