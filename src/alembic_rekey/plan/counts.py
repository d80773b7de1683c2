"""The counts of a plan (design, section 4), by SQL over the journal; a dry run counts its rows as they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    MetaData,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    table,
    union_all,
    values,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.plan.actions import SLOTS_COLLISIONS, Count, planned_counts
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.standing import standing
from alembic_rekey.plan.judged import numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Slots, Spec
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.steps import Statement

__all__ = [
    "changed_rows",
    "counted_once",
    "drop_counted",
    "further",
    "named_counts",
    "plan_counts",
    "planned_rows",
    "touching",
]

Named = tuple[str, Part, Iterable[Action]]
"""A count: its name, and the rows of a part for some actions."""

_TALLY = table("rekey_tally", column("part"), column("action"), column("rows", BigInteger()))
"""How many rows the journal of each part has for each action; noted once, temporary: a plan does not change."""


def counted_once(spec: Spec, planned: Planned) -> Statement:
    """Return what notes how many rows of each action a plan has, for all that asks for it until `drop_counted`."""
    noted = union_all(*(_tally(part, planned) for part in spec.parts)).subquery("rekey_noted")
    says = "Count the rows of each action in the journals, once for all that follows."
    return Statement(says, CreateTableAs(select(noted), _TALLY.name))


def drop_counted() -> Statement:
    """Return what drops the note of `counted_once`."""
    return Statement("Drop what was noted.", DropTable(Table(_TALLY.name, MetaData())))


def planned_rows(counts: Iterable[Named]) -> Relation:
    """Return how many rows the plan has for each of `counts`, as `counted_once` noted it: `name`, `value`."""
    rows = [(name, part.noun, action.value) for name, part, actions in counts for action in actions]
    wanted = values(*(column(each, Text()) for each in ("name", "part", "action"))).data(rows).cte("rekey_wanted")
    same = and_(_TALLY.c.part == wanted.c.part, _TALLY.c.action == wanted.c.action)
    value = cast(func.coalesce(func.sum(_TALLY.c.rows), 0), BigInteger).label("value")
    return select(wanted.c.name, value).join_from(wanted, _TALLY, same, isouter=True).group_by(wanted.c.name)


def changed_rows(kinds: Mapping[str, Iterable[Action]]) -> Relation:
    """Return how many rows of each part the plan changes, from the same note: `part` and a column per kind."""
    changed = [
        cast(func.coalesce(func.sum(case((_TALLY.c.action.in_(names), _TALLY.c.rows))), 0), BigInteger).label(kind)
        for kind, actions in kinds.items()
        for names in [sorted(action.value for action in actions)]
    ]
    return select(_TALLY.c.part, *changed).group_by(_TALLY.c.part)


def touching() -> ColumnElement[bool]:
    """Return whether the plan touches any row at all (design, section 3, Empty), as `counted_once` noted it."""
    return exists(select(literal(1)).where(_TALLY.c.action != Action.KEEP.value))


def plan_counts(spec: Spec, planned: Planned) -> Relation:
    """Return the counts of the plan phase as a relation: `name`, `value`; reads what `counted_once` noted."""
    counts = [named for part in spec.parts for named in named_counts(part, planned_counts(part))]
    others = [
        select(literal(name).label("name"), asked.scalar_subquery().label("value"))
        for part in spec.parts
        for name, asked in further(part, spec, planned).items()
    ]
    return select(union_all(planned_rows(counts), *others).subquery("rekey_tally"))


def named_counts(part: Part, counts: Iterable[Count]) -> Iterator[Named]:
    """Yield `counts` of `part` by their names."""
    return ((count.name.format(noun=part.noun), part, count.actions) for count in counts)


def _tally(part: Part, planned: Planned) -> Relation:
    relation = planned[part]
    rows = func.count().label("rows")
    return select(literal(part.noun).label("part"), relation.c.rekey_action.label("action"), rows).group_by(
        relation.c.rekey_action
    )


@singledispatch
def further(_part: Part, _spec: Spec, _planned: Planned) -> Mapping[str, Relation]:
    """Return the counts of `part` that are not of rows but of collisions, by name, where its kind has any."""
    return {}


@further.register
def _slots_in_collision(slots: Slots, spec: Spec, planned: Planned) -> Mapping[str, Relation]:
    relation = planned[slots]
    # Where the canonical tells whose a slot is, nobody need ask the owners.
    source: FromClause = relation
    whose: list[ColumnElement[Any]] = [relation.c.rekey_canonical]
    if not spec.told_by_canonical(slots):
        stands = standing(slots, spec, planned)
        source, whose = stands.source, numbered("whose", stands.whose)
    collided = (
        select(*whose, *(relation.c[known.name] for known in slots.slot))
        .select_from(source)
        .where(relation.c.rekey_action == Action.COLLISION.value)
        .distinct()
    )
    number = select(func.count()).select_from(collided.subquery("rekey_collided"))
    return {SLOTS_COLLISIONS.format(noun=slots.noun): number}
