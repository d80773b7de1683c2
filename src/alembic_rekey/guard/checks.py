"""What refuses a plan: checks as relations, over the journal or, in a dry run, over the plan itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, Table, cast, exists, func, literal, not_, or_, select

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.plan import Planned
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Identity, Part, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.expressions import Exact
from alembic_rekey.sql.values import comparable

__all__ = ["check", "emptiness", "guards", "refuse_rows_without_registry", "refusing"]


def check(name: str, noun: str, offending: Relation) -> Check:
    """Return the check `name` for the part `noun`, in the words that `errors` has for it."""
    words = WORDING[name]
    return Check(
        name=f"rekey_{name}_{noun}" if noun else f"rekey_{name}",
        claim=words.claim,
        sentence=words.sentence,
        remedy=words.remedy,
        offending=offending,
    )


def guards(spec: Spec, names: Names, planned: Planned) -> list[Check]:
    """Return every check between plan and apply that SQL alone can make, the spec's own last."""
    return [*(made for part in spec.parts for made in refusing(part, spec, names, planned)), *spec.checks]


def emptiness(planned: Planned) -> Check:
    """Return the check that refuses a plan that touches no row, for `allow_empty=false`."""
    touched = [
        exists(select(1).select_from(relation).where(relation.c.rekey_action != Action.KEEP.value))
        for relation in planned.values()
    ]
    return check("plan_is_empty", "", select(literal(1).label("found")).where(not_(or_(*touched))))


def refuse_rows_without_registry(connection: Connection, tables: Iterable[Table], registry: Registry) -> None:
    """Refuse if one of `tables` holds a row, for a registry whose file is missing.

    Raises:
        RegistryRefused: naming every table that holds a row.
    """
    holding = [
        str(table.name)
        for table in tables
        if connection.execute(select(exists(select(literal(1)).select_from(table)))).scalar()
    ]
    if holding:
        hold = "holds" if len(holding) == 1 else "hold"
        raise RegistryRefused(registry.path, [f"there is no such file, and {', '.join(holding)} {hold} rows"])


@singledispatch
def refusing(part: Part, _spec: Spec, _names: Names, _planned: Planned) -> Iterable[Check]:
    """Return the checks of what a plan may hold for `part`, and no upgrade carries out; each kind has its own."""
    raise unhandled(part, "is guarded")


@refusing.register
def _refusing_identity(identity: Identity, _spec: Spec, names: Names, _planned: Planned) -> Iterable[Check]:
    return [check("two_canonical_rows", identity.noun, _two_canonical_rows(identity, names))]


@refusing.register
def _refusing_slots(slots: Slots, spec: Spec, _names: Names, planned: Planned) -> Iterable[Check]:
    return [
        check("collision", slots.noun, _collisions(spec.identity, slots, planned)),
        check("crowded_slot", slots.noun, _crowded(slots, planned)),
    ]


@refusing.register
def _refusing_tags(_tags: Tags, _spec: Spec, _names: Names, _planned: Planned) -> Iterable[Check]:
    return []


def _slot(slots: Slots, relation: Any) -> tuple[ColumnElement[Any], ...]:
    return tuple(relation.c[part.name] for part in slots.slot)


def _slot_text(slots: Slots, relation: Any) -> ColumnElement[str]:
    shown = [
        literal(f"{', ' if place else ''}{part.name}=") + func.coalesce(cast(relation.c[part.name], String), "NULL")
        for place, part in enumerate(slots.slot)
    ]
    text = shown[0]
    for more in shown[1:]:
        text = text + more
    return text.label("slot")


def _collisions(identity: Identity, slots: Slots, planned: Planned) -> Relation:
    relation = planned[slots]
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            relation.c.rekey_canonical.label("canonical"),
            _slot_text(slots, relation),
            relation.c[slots.key.name].label("key"),
            identity.name.label("written_under"),
            relation.c[slots.value.name].label("value"),
        )
        .join_from(relation, identity.table, identity.key == relation.c[slots.owner.name])
        .where(
            relation.c.rekey_action == Action.COLLISION.value,
            comparable(relation.c[slots.status.name]) == slots.active,
        )
        .order_by(relation.c.rekey_canonical, *_slot(slots, relation), relation.c[slots.key.name])
    )


def _crowded(slots: Slots, planned: Planned) -> Relation:
    relation = planned[slots]
    owner = relation.c[slots.owner.name]
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            relation.c.rekey_canonical.label("canonical"),
            owner.label("owner"),
            _slot_text(slots, relation),
            func.count().label("rows"),
        )
        .group_by(relation.c.rekey_canonical, owner, *_slot(slots, relation))
        .having(func.count() > 1)
        .order_by(relation.c.rekey_canonical, owner)
    )


def _two_canonical_rows(identity: Identity, names: Names) -> Relation:
    spelled = names.spelled(identity.name)
    known = (
        select(identity.key.label("key"), identity.name.label("name"), spelled.c.canonical)
        .join_from(identity.table, spelled, spelled.c.spelling == Exact(identity.name))
        .where(spelled.c.alias == spelled.c.canonical)
        .cte("rekey_canonical_row")
    )
    several = select(known.c.canonical).group_by(known.c.canonical).having(func.count() > 1)
    return (
        select(literal(str(identity.table.name)).label("table"), known.c.canonical, known.c.key, known.c.name)
        .where(known.c.canonical.in_(several))
        .order_by(known.c.canonical, known.c.name)
    )
