"""Rows that their table does not take as they were: a NOT NULL or a CHECK of it is newer, or says more by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from sqlalchemy import ColumnElement, FromClause, Subquery, and_, exists, literal, literal_column, select

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.judged import acting
from alembic_rekey.guard.claims.hindrances import Asked
from alembic_rekey.guard.stored import columns_in
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Part
from alembic_rekey.sql.dialects.constraints import Condition

__all__ = ["refused"]


def refused(part: Part, backward: Backward, rows: FromClause) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of which one holds where the table of `part` would refuse one of `rows` as it was.

    To be asked of a row last: of one that does not go back anyway, what the catalog says may be an error. Of a row that
    stays only what is about the columns that are written: SQLite asks nothing else.
    """
    asked = backward.hindrances.asked.get(part.noun)
    if asked is None:
        return
    times = [] if part.stamp is None else [part.stamp]
    writes = {action: {str(known.name) for known in [*columns, *times]} for action, columns in written(part).items()}
    for name, value in zip(asked.told.required, columns_in(rows, asked.told.required), strict=True):
        yield and_(_writing(rows, writes, {name}), value.is_(None))
    for one in asked.told.asked:
        if one.covered:
            yield and_(_writing(rows, writes, one.covered), _breaks(part, asked, one, rows))


def _writing(rows: FromClause, writes: Mapping[Action, Set[str]], names: Set[str]) -> ColumnElement[bool]:
    """Return the condition that a row comes back whole, or that what becomes of it writes one of the columns."""
    return acting(rows, *DELETED, *(action for action, columns in writes.items() if columns & names))


def _breaks(part: Part, asked: Asked, one: Condition, rows: FromClause) -> ColumnElement[bool]:
    names = sorted(one.covered)
    kept = [
        asked.dialect.as_kept(value, asked.told.kept[name])
        for name, value in zip(names, columns_in(rows, names), strict=True)
    ]
    # By the table's own name, and per row: the text of a constraint may say it, and is asked only where it must be.
    row: Subquery = (
        select(*(value.label(name) for name, (value, _) in zip(names, kept, strict=True)))
        .correlate(rows)
        .subquery(str(part.table.name))
    )
    broken = exists(select(literal(1)).select_from(row).where(literal_column(f"NOT ({one.said})")))
    return and_(*(surely for _, surely in kept), broken)
