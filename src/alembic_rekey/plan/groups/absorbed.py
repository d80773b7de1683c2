"""What a row that stays takes from those that go: over the lines of a plan, so that it is the same at every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, over

from alembic_rekey.plan.judged import flag
from alembic_rekey.spec import Absorb, Part
from alembic_rekey.sql.values import Constant

__all__ = ["absorbed"]


def absorbed(
    part: Part, rows: FromClause, group: Sequence[ColumnElement[Any]], place: ColumnElement[int]
) -> dict[str, ColumnElement[Any]]:
    """Return per column that `part` absorbs what the row that stays will hold, over all `rows` of its `group`.

    `rows` have these columns under their own names, and `place`, their order by rank.
    """
    return {
        name: Constant(_taken(how, rows.c[name], group, place), part.table.c[name].type)
        for name, how in part.absorbing.items()
    }


def _taken(
    how: Absorb, stored: ColumnElement[Any], group: Sequence[ColumnElement[Any]], place: ColumnElement[int]
) -> ColumnElement[Any]:
    if how is Absorb.COALESCE:
        # No database has IGNORE NULLS alike.
        return over(func.first_value(stored), partition_by=group, order_by=[flag(stored.is_(None)), place])
    if how is Absorb.SUM:
        # In one order always: sums of floating-point numbers depend on it.
        return over(func.sum(stored), partition_by=group, order_by=[place], rows=(None, None))
    chosen = func.min(stored) if how is Absorb.MIN else func.max(stored)
    return over(chosen, partition_by=group)
