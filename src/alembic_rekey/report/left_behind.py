"""What shadows hold and the row that stays does not get (design, section 4, Groups): a relation over the plan.

It blocks nothing, and is no part of a fingerprint: it follows from the rows that are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType, TypeEngine

from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.actions import LEFT_BEHIND
from alembic_rekey.plan.becoming import taken_by_group
from alembic_rekey.plan.judged import flag, same_key
from alembic_rekey.spec import Absorb, Identity, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.expressions import by_code_point, column_of
from alembic_rekey.sql.side_tables import journal, to_name
from alembic_rekey.sql.values import given

__all__ = ["Filled", "compared_columns", "left_behind", "left_count", "portions", "told_columns", "whole_journal"]

Filled = Mapping[str, ColumnElement[Any]]
"""By column, what the database gives a row that is created, as far as its catalog tells (`guard.claims.rows_after`)."""

_AT_ONCE = 100
"""Columns that are compared in one expression."""


def compared_columns(identity: Identity, stored: Stored) -> tuple[str, ...]:
    """Return the columns whose values a fold may leave behind, known to the revision or not; a script knows its own.

    What the database makes from other columns is left away, and so are key, name, the times of the row itself, what all
    rows of a group agree in, and what the row that stays takes from each.
    """
    own = [*identity.keys, *identity.named, *identity.within, *identity.owner_columns, *identity.times]
    left_away = {str(known.name) for known in own}
    left_away |= {name for name, how in identity.absorbing.items() if how is not Absorb.COALESCE}
    return tuple(name for name in stored.lasting(identity) if name not in left_away)


def whole_journal(identity: Identity, run: ColumnElement[int]) -> FromClause:
    """Return the plan of `run` for the identity with every column of the table, known or not."""
    kept = journal(identity)
    rows: Relation = select(literal_column("*")).select_from(kept).where(kept.c.rekey_run == run)
    return rows.subquery("rekey_planned")


def left_count(
    identity: Identity, planned: FromClause, columns: Sequence[str], dialect: str, filled: Filled
) -> Relation:
    """Return `name` and `value` of the count of the values that the plan `planned` leaves behind."""
    rows = _rows(identity, planned, columns)
    total: ColumnElement[int] = literal(0)
    for portion in portions(columns):
        sides = _sides(identity, rows, portion)
        left = reduce(add, [flag(left) for left, _, _ in _compared(identity, sides, portion, dialect, filled)])
        total = total + select(func.coalesce(func.sum(left), 0)).select_from(sides.both).scalar_subquery()
    return select(literal(LEFT_BEHIND.format(noun=identity.noun)).label("name"), total.label("value"))


def portions(columns: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield `columns` in as many parts as a database takes at once."""
    for first in range(0, len(columns), _AT_ONCE):
        yield columns[first : first + _AT_ONCE]


def told_columns(identity: Identity) -> tuple[str, ...]:
    """Return the columns by which both rows are told: the key, and the name where there is one."""
    return tuple(str(known.name) for known in (*identity.keys, *identity.named))


def left_behind(
    identity: Identity, planned: FromClause, columns: Sequence[str], dialect: str, filled: Filled
) -> Relation:
    """Return canonical and `told_columns` of each shadow that leaves something behind, and of the row that stays.

    Behind them stand for each of `columns` three: whether its value is left behind, that value, and the other one.
    """
    sides = _sides(identity, _rows(identity, planned, columns), columns)
    gone, stays = sides.gone, sides.stays
    told_of = _compared(identity, sides, columns, dialect, filled)
    told: list[ColumnElement[Any]] = [gone.c.rekey_canonical]
    for side in (gone, stays):
        for known in (*identity.keys, *identity.named):
            is_exact = database(dialect).keeps_any_value or isinstance(known.type, Integer)
            value = side.c[known.name]
            told.append(type_coerce(value, NullType()) if is_exact else cast(value, Text))
    told += [shown for left, old, new in told_of for shown in (flag(left), old, new)]
    return (
        select(*(shown.label(f"rekey_told_{place}") for place, shown in enumerate(told)))
        .select_from(sides.both)
        .where(or_(*(left for left, _, _ in told_of)))
        .order_by(*(by_code_point(gone.c[known.name]) for known in identity.keys))
    )


@dataclass(frozen=True)
class _Sides:
    """The shadows, the rows that stay (none does where the plan creates one), and both of them joined."""

    gone: FromClause
    stays: FromClause
    both: FromClause
    taken: Mapping[str, ColumnElement[Any]]
    """What the row that stays will hold of what it absorbs."""


def _rows(identity: Identity, planned: FromClause, columns: Sequence[str]) -> CTE:
    own: dict[str, TypeEngine[Any]] = {to_name(known): known.type for known in identity.keys}
    own |= {str(known.name): known.type for known in identity.keys}
    own |= {str(known.name): Text() for known in identity.named}
    types: dict[str, TypeEngine[Any]] = {"rekey_action": Text(), "rekey_canonical": Text(), "rekey_place": Integer()}
    types |= own
    # Without a type, so that none is read into what is stored.
    read = dict.fromkeys((*types, *columns, *identity.absorbing))
    shown = [column_of(planned, name, types.get(name)) for name in read]
    return select(*shown).select_from(planned).cte("rekey_identity_row")


def _sides(identity: Identity, rows: CTE, columns: Sequence[str]) -> _Sides:
    leads = [to_name(known) for known in identity.keys]
    names = dict.fromkeys(("rekey_canonical", *leads, *told_columns(identity), *columns))
    read = [rows.c[name] for name in names]
    gone = select(*read).where(rows.c.rekey_place > 1).subquery("rekey_gone")
    stays = select(*read).where(rows.c.rekey_place == 1).subquery("rekey_stays")
    both = gone.outerjoin(stays, same_key([stays.c[name] for name in leads], [gone.c[name] for name in leads]))
    if not identity.absorb:
        return _Sides(gone, stays, both, {})
    new, taken = taken_by_group(identity, rows)
    keys = [str(known.name) for known in identity.keys]
    both = both.outerjoin(new, same_key([new.c[key] for key in keys], [gone.c[key] for key in keys]))
    return _Sides(gone, stays, both, taken)


def _compared(
    identity: Identity, sides: _Sides, columns: Sequence[str], dialect: str, filled: Filled
) -> list[tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]]:
    """Return per column whether its value is left behind, that value, and that of the row that stays."""
    compared_sides: list[tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]] = []
    gone, stays = sides.gone, sides.stays
    made = {**filled, **given(identity, gone.c.rekey_canonical)} if identity.creates else {}
    for name in columns:
        old: ColumnElement[Any] = gone.c[name]
        # No declared type is read into what is taken either: what is told is what the database holds.
        new: ColumnElement[Any] = stays.c[name]
        if name in sides.taken:
            new = type_coerce(sides.taken[name], NullType())
        if name in made and name not in sides.taken:
            # A row that is still to be created holds what the spec gives it, or else the database.
            # The type of that value must not be read into what is stored.
            new = type_coerce(case((stays.c.rekey_canonical.is_(None), made[name]), else_=new), NullType())
        old, new = map(database(dialect).as_compared, (old, new))
        compared_sides.append((and_(old.is_not(None), not_(Same(old, new))), old, new))
    return compared_sides
