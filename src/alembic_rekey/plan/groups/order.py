"""The order in which a spec's own expressions put the rows of a group: the first of them stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, asc, desc, func, nulls_first, nulls_last, select
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from alembic_rekey.plan.groups.members import referring
from alembic_rekey.plan.judged import alike, numbered
from alembic_rekey.spec import Identity, Spec
from alembic_rekey.spec.choices import Most

__all__ = ["Direction", "ordered"]

Direction = Callable[[ColumnElement[Any]], ColumnElement[Any]]


def ordered(
    identity: Identity, spec: Spec, source: FromClause
) -> tuple[FromClause, list[ColumnElement[Any]], list[Direction]]:
    """Return `source`, rows of the identity, joined with what its survivor expressions count, and what these compare.

    Behind it stands how each is sorted: NULL last on every database, unless told.
    """
    compared, sorts = list[ColumnElement[Any]](), list[Direction]()
    for place, expression in enumerate(identity.survivor):
        if isinstance(expression, Most):
            source, rows = _counted(expression, place, identity, spec, source)
            compared.append(rows)
            sorts.append(desc)
        else:
            inner, sort = _sorted(expression)
            compared.append(inner)
            sorts.append(sort)
    return source, compared, sorts


def _counted(
    most: Most, place: int, identity: Identity, spec: Spec, source: FromClause
) -> tuple[FromClause, ColumnElement[int]]:
    """Return `source` joined with how many rows refer to each by the column of `most`: counted once for all rows."""
    part, owner = spec.owner_of(most.column)
    # Of the identity's own all are counted: who is left out of the fold refers to its parent all the same.
    where = [] if part is None or part is identity or part.where is None else [part.where]
    counted = (
        select(*numbered("owner", owner), func.count().label("rows"))
        .where(*where)
        .group_by(*owner)
        .cte(f"rekey_most_{place}_{identity.noun}")
    )
    pairs = zip(alike(counted, "owner"), owner, identity.keys, identity.keys, strict=True)
    joined = source.outerjoin(counted, and_(*(referring(*pair) for pair in pairs)))
    return joined, func.coalesce(counted.c.rows, 0)


def _sorted(expression: Any) -> tuple[ColumnElement[Any], Direction]:
    told, inner = list[Any](), expression
    while getattr(inner, "modifier", None) in (desc_op, asc_op, nulls_first_op, nulls_last_op):
        told.append(inner.modifier)
        inner = inner.element
    direction = desc if desc_op in told else asc
    nulls = nulls_first if nulls_first_op in told else nulls_last
    return inner, lambda known: nulls(direction(known))
