"""The counts of a plan (design, section 4), by SQL: over the journal or, in a dry run, over the plan itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    MetaData,
    Table,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    table,
    union_all,
)
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.plan.actions import SLOTS_COLLISIONS, Count, planned_counts
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Slots, Spec
from alembic_rekey.sql.steps import Statement

__all__ = ["counted", "counted_once", "drop_counted", "part_counts", "plan_counts", "planned_rows", "touching"]

_TALLY = table("rekey_tally", column("part"), column("action"), column("rows", BigInteger()))
"""How many rows the journal of each part has for each action; noted once, temporary: a plan does not change."""


def counted_once(spec: Spec, planned: Planned) -> Statement:
    """Return what notes how many rows of each action a plan has, for all that asks for it until `drop_counted`."""
    noted = union_all(*(_tally(part, planned) for part in spec.parts)).subquery("rekey_noted")
    says = "Count the rows of each action in the journals, once for all that follows."
    return Statement(says, CreateTableAs(select(noted), _TALLY.name, temporary=True))


def drop_counted() -> Statement:
    """Return what drops the note of `counted_once`."""
    return Statement("Drop what was counted.", DropTable(Table(_TALLY.name, MetaData())))


def planned_rows(part: Part, actions: Iterable[Action], tally: FromClause = _TALLY) -> ColumnElement[int]:
    """Return how many rows of `part` the plan has for `actions`, as `counted_once` noted it."""
    wanted = [action.value for action in actions]
    rows = select(func.coalesce(func.sum(tally.c.rows), 0))
    rows = rows.where(tally.c.part == part.noun, tally.c.action.in_(wanted))
    return cast(rows.scalar_subquery(), BigInteger)


def touching() -> ColumnElement[bool]:
    """Return whether the plan touches any row at all (design, section 3, Empty), as `counted_once` noted it."""
    return exists(select(literal(1)).where(_TALLY.c.action != Action.KEEP.value))


def plan_counts(spec: Spec, planned: Planned) -> Relation:
    """Return the counts of the plan phase as a relation: `name`, `value`; reads what `counted_once` noted."""
    lines = [line for part in spec.parts for line in counted(part, planned, _TALLY)]
    return select(union_all(*lines).subquery("rekey_tally"))


def part_counts(part: Part, planned: Planned) -> Relation:
    """Return the same for one part, where nothing is noted: a dry run."""
    return select(
        union_all(*counted(part, planned, _tally(part, planned).cte("rekey_counted"))).subquery("rekey_tally")
    )


def _tally(part: Part, planned: Planned) -> Relation:
    relation = planned[part]
    rows = func.count().label("rows")
    return select(literal(part.noun).label("part"), relation.c.rekey_action.label("action"), rows).group_by(
        relation.c.rekey_action
    )


def counted(part: Part, planned: Planned, tally: FromClause) -> Iterator[Relation]:
    """Yield the lines of the plan's counts for `part`."""
    yield from _lines(part, planned_counts(part), tally)
    yield from further(part, planned)


@singledispatch
def further(_part: Part, _planned: Planned) -> Iterable[Relation]:
    """Return the counts of `part` that are not of rows, where its kind has any."""
    return ()


@further.register
def _slots_in_collision(slots: Slots, planned: Planned) -> Iterable[Relation]:
    relation = planned[slots]
    collided = (
        select(relation.c.rekey_canonical, *(relation.c[known.name] for known in slots.slot))
        .where(relation.c.rekey_action == Action.COLLISION.value)
        .distinct()
    )
    number = select(func.count()).select_from(collided.subquery("rekey_collided")).scalar_subquery()
    return [_line(slots, SLOTS_COLLISIONS, number)]


def _lines(part: Part, named: Iterable[Count], tally: FromClause) -> Iterator[Relation]:
    return (_line(part, count.name, planned_rows(part, count.actions, tally)) for count in named)


def _line(part: Part, name: str, value: ColumnElement[int]) -> Relation:
    return select(literal(name.format(noun=part.noun)).label("name"), value.label("value"))
