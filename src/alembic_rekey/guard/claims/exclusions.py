"""What exclusion constraints say to the rows as they will be, each compared by the operators of its constraint.

As of unique indexes, the texts only the catalog knows; in a script the database itself refuses, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, and_, func, literal, select, union_all

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.uniqueness import Asked, compared, touched
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.spec import Check, Relation, Spec

__all__ = ["excluded_after"]


def excluded_after(connection: Connection, spec: Spec, names: Names, planned: Planned) -> Iterator[Check]:
    """Yield a check per exclusion constraint that depends on a column which the plan writes."""
    for number, one in touched(connection, spec, names, planned):
        if one.index.operators:
            yield check("excluded_after", f"{one.part.noun}_{number}", _excluding(one))


def _excluding(asked: Asked) -> Relation:
    moved, standing = compared(asked)
    both = union_all(
        select(moved, func.row_number().over().label("rekey_number"), literal(1).label("rekey_moves")),
        # A row that stays as it is excludes none that does.
        select(standing, literal(0), literal(0)),
    ).cte("rekey_compared")
    one, other = both.alias("rekey_one"), both.alias("rekey_other")
    terms = zip(list(one.c)[1:-2], list(other.c)[1:-2], asked.index.operators, strict=True)
    exclude = and_(
        one.c.rekey_moves == 1,
        one.c.rekey_number != other.c.rekey_number,
        *(mine.bool_op(operator)(its) for mine, its, operator in terms),
    )
    pairs = (
        select(one.c.rekey_row.label("one"), other.c.rekey_row.label("other"), other.c.rekey_moves.label("moves"))
        .join_from(one, other, exclude)
        .cte("rekey_pair")
    )
    named = union_all(
        select(pairs.c.one.label("row"), pairs.c.other),
        select(pairs.c.other, pairs.c.one).where(pairs.c.moves == 0),
    ).subquery("rekey_excluded")
    return (
        select(
            literal(str(asked.part.table.name)).label("table"),
            named.c.row,
            func.count().label("others"),
            literal(asked.index.name).label("constraint"),
        )
        .group_by(named.c.row)
        .order_by(named.c.row)
    )
