"""The counts of a plan (design, section 4), by SQL: over the journal or, in a dry run, over the plan itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, select, union_all

from alembic_rekey.plan import Part, Planned
from alembic_rekey.rules import (
    DUPLICATES_PLAN_COUNTS,
    IDENTITY_PLAN_COUNTS,
    SLOTS_COLLISIONS,
    SLOTS_PLAN_COUNTS,
    TAGS_PLAN_COUNTS,
    Action,
    Count,
)
from alembic_rekey.spec import Identity, Relation, Slots, Spec

__all__ = ["part_counts", "plan_counts"]


def plan_counts(spec: Spec, planned: Planned) -> Relation:
    """Return the counts of the plan phase as a relation: `name`, `value`."""
    lines = [line for part in spec.parts for line in _lines(part, planned)]
    return select(union_all(*lines).subquery("tally"))


def part_counts(part: Part, planned: Planned) -> Relation:
    """Return the same for one part: plans of several parts use the same names inside, so not in one statement."""
    return select(union_all(*_lines(part, planned)).subquery("tally"))


def _lines(part: Part, planned: Planned) -> Iterator[Relation]:
    relation = planned[part]
    tally = select(relation.c.action, func.count().label("rows")).group_by(relation.c.action).cte(f"{part.noun}_tally")

    def line(name: str, value: ColumnElement[Any]) -> Relation:
        return select(literal(name.format(noun=part.noun)).label("name"), value.label("value"))

    for count in _plan_counts_of(part):
        wanted = [action.value for action in count.actions]
        rows_of = select(func.coalesce(func.sum(tally.c.rows), 0)).where(tally.c.action.in_(wanted))
        yield line(count.name, cast(rows_of.scalar_subquery(), BigInteger))
    if isinstance(part, Slots):
        slots = [relation.c[column.name] for column in part.slot]
        collided = select(relation.c.canonical, *slots).where(relation.c.action == Action.COLLISION.value).distinct()
        yield line(
            SLOTS_COLLISIONS,
            select(func.count()).select_from(collided.subquery("collided")).scalar_subquery(),
        )


def _plan_counts_of(part: Part) -> tuple[Count, ...]:
    if isinstance(part, Identity):
        return IDENTITY_PLAN_COUNTS
    if isinstance(part, Slots):
        return SLOTS_PLAN_COUNTS
    return TAGS_PLAN_COUNTS if part.status is None else DUPLICATES_PLAN_COUNTS
