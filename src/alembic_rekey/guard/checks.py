"""What refuses a plan: checks as relations, over the journal or, in a dry run, over the plan itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from alembic_rekey.errors import RegistryRefused
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned, refers
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.groups.standing import slot_text, standing
from alembic_rekey.plan.judged import alike, key_text, keys_of, leads_of, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Identity, Itself, Part, References, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.values import comparable

__all__ = ["any_rows", "check", "emptiness", "guards", "refuse_rows_without_registry", "refusing"]


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


def any_rows(said: Iterable[ColumnElement[Any]], source: Table, *where: ColumnElement[bool]) -> Relation:
    """Return `said` with the number of those rows, if there are any: SQLite asks for a GROUP BY till 3.39."""
    counted = select(func.count().label("rows")).select_from(source).where(*where).subquery("rekey_these")
    return select(*said, counted.c.rows).where(counted.c.rows > 0)


def guards(spec: Spec, names: Names, planned: Planned) -> list[Check]:
    """Return every check between plan and apply that SQL alone can make, the spec's own last."""
    every = [made for part in spec.parts for made in refusing(part, spec, names, planned)]
    # First: in a script the first guard that finds something is the only one that speaks.
    return [*([_unanswered(spec)] if spec.todo else ()), *every, *spec.checks]


def _unanswered(spec: Spec) -> Check:
    asked = [
        select(literal(place).label("place"), literal(said, RegistryText()).label("question"))
        for place, said in enumerate(spec.todo, 1)
    ]
    open_ones = union_all(*asked).subquery("rekey_open")
    return check("todo", "", select(open_ones.c.question).order_by(open_ones.c.place))


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
def _refusing_identity(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Iterable[Check]:
    if not identity.found and not identity.survivor:
        yield check("two_canonical_rows", identity.noun, _two_canonical_rows(identity, names))
    if identity.owners and identity.itself is Itself.REFUSE:
        yield check("own_parent", identity.noun, _own_parents(identity, spec, names, planned))


@refusing.register
def _refusing_references(references: References, _spec: Spec, _names: Names, planned: Planned) -> Iterable[Check]:
    return [_two_become_one(references, planned)] if len(references.owners) > 1 else []


@refusing.register
def _refusing_slots(slots: Slots, spec: Spec, _names: Names, planned: Planned) -> Iterable[Check]:
    if slots.collides:
        yield check("collision", slots.noun, _collisions(spec, slots, planned))
    yield check("crowded_slot", slots.noun, _crowded(slots, planned))
    if len(slots.owners) > 1:
        yield _two_become_one(slots, planned)


@refusing.register
def _refusing_tags(_tags: Tags, _spec: Spec, _names: Names, _planned: Planned) -> Iterable[Check]:
    return []


def _two_become_one(part: Part, planned: Planned) -> Check:
    relation = planned[part]
    found = select(
        literal(str(part.table.name)).label("table"),
        key_text(keys_of(part, relation)).label("key"),
        relation.c.rekey_canonical.label("canonical"),
    ).where(relation.c.rekey_action == Action.ITSELF.value)
    return check("itself", part.noun, found.order_by(*(relation.c[known.name] for known in part.keys)))


def _own_parents(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Relation:
    lines, new = becoming(identity, spec, names, planned)
    own = leads_of(identity, lines)
    keys = keys_of(identity, lines)
    becomes = (
        and_(
            refers(identity, owner, [new[str(known.name)] for known in owner], own),
            # Who is its own parent as it is does not become so.
            not_(refers(identity, owner, [lines.c[known.name] for known in owner], keys)),
        )
        for owner in identity.owning
    )
    return (
        select(
            literal(str(identity.table.name)).label("table"),
            key_text(keys_of(identity, lines)).label("key"),
            lines.c.rekey_canonical.label("canonical"),
        )
        .where(lines.c.rekey_place <= 1, or_(*becomes))
        .order_by(*(lines.c[known.name] for known in identity.keys))
    )


def _slot(slots: Slots, relation: Any) -> tuple[ColumnElement[Any], ...]:
    return tuple(relation.c[part.name] for part in slots.slot)


def _collisions(spec: Spec, slots: Slots, planned: Planned) -> Relation:
    relation = planned[slots]
    assert slots.value is not None  # noqa: S101  # without one, rows of a slot say the same
    keys = keys_of(slots, relation)
    stands = standing(slots, spec, planned)
    active = [] if slots.status is None else [comparable(relation.c[slots.status.name]) == slots.active]
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            stands.canonical.label("canonical"),
            slot_text(slots, relation, stands),
            key_text(keys).label("key"),
            stands.under.label("written_under"),
            relation.c[slots.value.name].label("value"),
        )
        .select_from(stands.source)
        .where(relation.c.rekey_action == Action.COLLISION.value, *active)
        .order_by(*stands.whose, *_slot(slots, relation), *keys)
    )


def _crowded(slots: Slots, planned: Planned) -> Relation:
    relation = planned[slots]
    owners = [relation.c[known.name] for known in slots.owner_columns]
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            relation.c.rekey_canonical.label("canonical"),
            key_text(owners).label("owner"),
            slot_text(slots, relation),
            func.count().label("rows"),
        )
        .group_by(relation.c.rekey_canonical, *owners, *_slot(slots, relation))
        .having(func.count() > 1)
        .order_by(relation.c.rekey_canonical, *owners)
    )


def _two_canonical_rows(identity: Identity, names: Names) -> Relation:
    assert identity.name is not None  # noqa: S101  # groups of the registry have names: `Identity.faults`
    spelled = names.spelled(identity.name, identity.noun, identity.match)
    known = (
        select(
            key_text(identity.keys).label("key"),
            written_name(identity).label("name"),
            spelled.c.canonical,
            *numbered("within", [comparable(column) for column in identity.within]),
        )
        .join_from(identity.table, spelled, spelled.c.spelling == written_name(identity))
        .where(spelled.c.alias == spelled.c.canonical, *identity.counting)
        .cte("rekey_canonical_row")
    )
    group = [known.c.canonical, *alike(known, "within")]
    counted = select(known, func.count().over(partition_by=group).label("rows")).subquery("rekey_counted")
    return (
        select(literal(str(identity.table.name)).label("table"), counted.c.canonical, counted.c.key, counted.c.name)
        .where(counted.c.rows > 1)
        .order_by(counted.c.canonical, counted.c.name)
    )
