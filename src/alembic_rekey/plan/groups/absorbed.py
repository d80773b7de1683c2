"""What a row that stays takes from those that go: over the lines of a plan, so that it is the same at every step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, cast, func, over
from sqlalchemy.types import TypeEngine

from alembic_rekey.plan.judged import flag
from alembic_rekey.spec import Absorb, Part
from alembic_rekey.sql.values import Constant

__all__ = ["absorbed"]


def absorbed(
    part: Part, giving: Iterable[ColumnElement[Any]], group: Sequence[ColumnElement[Any]], place: ColumnElement[int]
) -> dict[str, ColumnElement[Any]]:
    """Return per column that `part` absorbs what the row that stays will hold, over all rows of its `group`.

    `giving` are these columns in their order, as the rows have them, whose order by rank is `place`.
    """
    return {
        name: _taken(how, stored, part.table.c[name].type, group, place)
        for (name, how), stored in zip(part.absorbing.items(), giving, strict=True)
    }


def _ordered(stored: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return a stored value as one that has a least and a greatest: of truth PostgreSQL knows none."""
    return cast(stored, Integer) if isinstance(type_, Boolean) else stored


def _taken(
    how: Absorb,
    stored: ColumnElement[Any],
    type_: TypeEngine[Any],
    group: Sequence[ColumnElement[Any]],
    place: ColumnElement[int],
) -> ColumnElement[Any]:
    if how is Absorb.COALESCE:
        # No database has IGNORE NULLS alike. Its type stays the database's own, whatever is declared.
        first = func.first_value(stored, type_=type_)
        return over(first, partition_by=group, order_by=[flag(stored.is_(None)), place])
    if how is Absorb.SUM:
        # In one order always: sums of floating-point numbers depend on it.
        # In a type wider than the column's: whether it fits there is asked of the plan.
        return over(func.sum(stored, type_=type_), partition_by=group, order_by=[place], rows=(None, None))
    ordered = _ordered(stored, type_)
    chosen = func.min(ordered) if how is Absorb.MIN else func.max(ordered)
    return Constant(over(chosen, partition_by=group), type_)
