"""What shadows hold and the row that stays does not get (design, section 4, Groups): a relation over the plan.

It blocks nothing, and is no part of a fingerprint: it follows from the rows that are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.judged import flag
from alembic_rekey.plan.rules import LEFT_BEHIND, Action
from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.expressions import by_code_point
from alembic_rekey.sql.side_tables import journal
from alembic_rekey.sql.values import given

__all__ = ["compared_columns", "left_behind", "left_count", "portions", "whole_journal"]

_AT_ONCE = 100
"""Columns that are compared in one expression."""


def compared_columns(identity: Identity, stored: Stored) -> tuple[str, ...]:
    """Return the columns whose values a fold may leave behind, known to the revision or not; a script knows its own.

    What the database makes from other columns is left away, and so are key, name and the times of the row itself.
    """
    stamps = [stamp.name for stamp in (identity.created_at, identity.updated_at) if stamp is not None]
    own = {identity.key.name, identity.name.name, *stamps}
    known = [each.name for each in compared(identity, stored)]
    names = stored.lasting(identity) if stored.columns.get(identity.noun) else known
    return tuple(str(name) for name in names if name not in own)


def whole_journal(identity: Identity, run: ColumnElement[int]) -> FromClause:
    """Return the plan of `run` for the identity with every column of the table, known or not."""
    kept = journal(identity.table)
    rows: Relation = select(literal_column("*")).select_from(kept).where(kept.c.rekey_run == run)
    return rows.subquery("rekey_planned")


def left_count(identity: Identity, planned: FromClause, columns: Sequence[str], dialect: str) -> Relation:
    """Return `name` and `value` of the count of the values that the plan `planned` leaves behind."""
    rows = _rows(identity, planned, columns)
    total: ColumnElement[int] = literal(0)
    for portion in portions(columns):
        gone, stays = _sides(identity, rows, portion)
        left = reduce(add, [flag(left) for left, _, _ in _compared(identity, gone, stays, portion, dialect)])
        summed = select(func.coalesce(func.sum(left), 0))
        summed = summed.join_from(gone, stays, stays.c.rekey_canonical == gone.c.rekey_canonical, isouter=True)
        total = total + summed.scalar_subquery()
    return select(literal(LEFT_BEHIND.format(noun=identity.noun)).label("name"), total.label("value"))


def portions(columns: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield `columns` in as many parts as a database takes at once."""
    for first in range(0, len(columns), _AT_ONCE):
        yield columns[first : first + _AT_ONCE]


def left_behind(identity: Identity, planned: FromClause, columns: Sequence[str], dialect: str) -> Relation:
    """Return the canonical, key and name of each shadow that leaves something behind and of the row that stays.

    Behind them stand for each of `columns` three: whether its value is left behind, that value, and the other one.
    """
    gone, stays = _sides(identity, _rows(identity, planned, columns), columns)
    told_of = _compared(identity, gone, stays, columns, dialect)
    key, name = identity.key.name, identity.name.name
    is_exact = database(dialect).keeps_any_value or isinstance(identity.key.type, Integer)
    keys: list[ColumnElement[Any]] = [
        type_coerce(side.c[key], NullType()) if is_exact else cast(side.c[key], Text) for side in (gone, stays)
    ]
    told: list[ColumnElement[Any]] = [gone.c.rekey_canonical, keys[0], gone.c[name], keys[1], stays.c[name]]
    told += [shown for left, old, new in told_of for shown in (flag(left), old, new)]
    return (
        select(*(shown.label(f"rekey_told_{place}") for place, shown in enumerate(told)))
        .join_from(gone, stays, stays.c.rekey_canonical == gone.c.rekey_canonical, isouter=True)
        .where(or_(*(left for left, _, _ in told_of)))
        .order_by(by_code_point(gone.c[key]))
    )


def _rows(identity: Identity, planned: FromClause, columns: Sequence[str]) -> CTE:
    read = [column("rekey_action", Text()), column("rekey_canonical", Text())]
    read += [column(identity.key.name, identity.key.type), column(identity.name.name, Text())]
    # Without a type, so that none is read into what is stored.
    return select(*read, *(column(name) for name in columns)).select_from(planned).cte("rekey_identity_row")


def _sides(identity: Identity, rows: CTE, columns: Sequence[str]) -> tuple[FromClause, FromClause]:
    """Return the shadows and the rows that stay, with these columns; none stays where the plan creates one."""
    read = [rows.c[name] for name in ("rekey_canonical", identity.key.name, identity.name.name, *columns)]
    staying = rows.c.rekey_action.in_([Action.KEEP.value, Action.RENAME.value])
    gone = select(*read).where(rows.c.rekey_action == Action.DELETE.value).subquery("rekey_gone")
    return gone, select(*read).where(staying).subquery("rekey_stays")


def _compared(
    identity: Identity, gone: FromClause, stays: FromClause, columns: Sequence[str], dialect: str
) -> list[tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]]:
    """Return per column whether its value is left behind, that value, and that of the row that stays."""
    sides: list[tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]] = []
    old: ColumnElement[Any]
    new: ColumnElement[Any]
    made = given(identity, gone.c.rekey_canonical)
    for name in columns:
        old, new = gone.c[name], stays.c[name]
        if name in made:
            # A row that is still to be created holds what the spec gives it.
            # The type of that value must not be read into what is stored.
            new = type_coerce(case((stays.c.rekey_canonical.is_(None), made[name]), else_=new), NullType())
        old, new = map(database(dialect).as_compared, (old, new))
        sides.append((and_(old.is_not(None), not_(Same(old, new))), old, new))
    return sides
