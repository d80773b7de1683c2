"""What a spec claims about the rows themselves: keys that tell them apart, a status that means what it says.

Where a constraint of the database says so already, no row is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    FromClause,
    Text,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    over,
    select,
    true,
    union_all,
)

from alembic_rekey.guard.attached.attached import attached
from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import any_rows, check
from alembic_rekey.guard.claims.conditions import conditions_after
from alembic_rekey.guard.claims.exclusions import excluded_after, unique_midway
from alembic_rekey.guard.claims.groups import group_claims
from alembic_rekey.guard.claims.orphans import orphan_claims, orphans_gone
from alembic_rekey.guard.claims.rows_after import created_apart
from alembic_rekey.guard.claims.uniqueness import touched, unique_after
from alembic_rekey.guard.shape import unfilled
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, key_text, keys_of, leads_of, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Absorb, Check, Part, Relation, Slots, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.steps import Kindred
from alembic_rekey.sql.values import NoNumber, comparable

__all__ = ["catalog_claims", "key_claims", "stored_claims"]


def stored_claims(spec: Spec, names: Names, dialect: str, planned: Planned) -> list[Check]:
    """Return the checks of what the rows must be for the spec to fit, between plan and apply."""
    return [
        *key_claims(spec.parts, dialect),
        *group_claims(spec, names, dialect, planned),
        *(
            check("no_row_is_active", slots.noun, _none_is_active(slots, slots.status, planned[slots]))
            for slots in spec.slots
            if slots.status is not None
        ),
        *(
            check("no_number", f"{part.noun}_{number}", _unsummed(part, name, planned[part]))
            for part in spec.parts
            for number, (name, how) in enumerate(part.absorbing.items())
            if how is Absorb.SUM
        ),
        *_key_claims_of_created(spec, dialect, planned),
        *orphan_claims(spec, dialect, planned),
        *([unfilled(spec, dialect, planned[spec.identity])] if spec.identity.creates else ()),
        *(
            check("takes_no_null", part.noun, _emptied(part, spec, names, dialect, planned))
            for part in spec.parts
            if part.emptied
        ),
    ]


def catalog_claims(connection: Connection, spec: Spec, names: Names, planned: Planned) -> list[Check]:
    """Return the checks that only a connection can make: which foreign keys, indexes and constraints there are."""
    keeping_apart = list(touched(connection, spec, names, planned))
    return [
        *created_apart(connection, spec, planned),
        *attached(connection, spec, names, planned),
        *unique_after(keeping_apart),
        *unique_midway(keeping_apart),
        *excluded_after(keeping_apart),
        *conditions_after(connection, spec, names, planned),
        *orphans_gone(connection, spec, planned),
    ]


def key_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks that the key of every part is a key."""
    unique = about(parts, database(dialect).unique_keys).cte("rekey_keyed")
    for part in parts:
        columns = ", ".join(str(known.name) for known in part.keys)
        said = [literal(value).label(name) for name, value in (("table", str(part.table.name)), ("column", columns))]
        # In front of the table, and empty where a constraint says it: then no row of the table is looked at.
        said_so = exists(select(unique.c.noun).where(unique.c.noun == part.noun))
        unsaid = select(literal(1).label("one")).where(not_(said_so)).subquery("rekey_unsaid")
        several = (
            select(*said, key_text(part.keys).label("key"), func.count().label("rows"))
            .select_from(unsaid.join(part.table, true()))
            .where(*(known.is_not(None) for known in part.keys))
            .group_by(*part.keys)
            .having(func.count() > 1)
            .order_by(*part.keys)
        )
        yield Kindred.of("keys", check("key_not_unique", part.noun, several))
        empty = or_(*(known.is_(None) for known in part.keys))
        yield Kindred.of("keys", check("key_is_null", part.noun, any_rows(said, part.table, empty)))


def _emptied(part: Part, spec: Spec, names: Names, dialect: str, planned: Planned) -> Relation:
    lines, new = becoming(part, spec, names, planned)
    needed = database(dialect).needed(part.table, ()).subquery("rekey_needed")
    said = literal(str(part.table.name)).label("table"), needed.c.name.label("column"), func.count().label("rows")
    each = [
        select(*said)
        .join_from(needed, lines, needed.c.name == literal(known.name, RegistryText()))
        .where(new[str(known.name)].is_(None), lines.c[known.name].is_not(None))
        .group_by(needed.c.name)
        for known in part.emptied
    ]
    return select(union_all(*each).subquery("rekey_emptied"))


def _unsummed(part: Part, name: str, planned: FromClause) -> Relation:
    stored, canonical = planned.c[name], planned.c.rekey_canonical.label("canonical")
    total = over(func.sum(stored), partition_by=leads_of(part, planned)).label("total")
    asked = [*numbered("key", keys_of(part, planned)), canonical, stored.label("stored"), total]
    lines = select(*asked).where(planned.c.rekey_place > 0).subquery("rekey_summed")
    keys = alike(lines, "key")
    return (
        select(
            literal(str(part.table.name)).label("table"),
            key_text(keys).label("key"),
            lines.c.canonical,
            cast(lines.c.stored, Text).label("value"),
            literal(name, RegistryText()).label("column"),
        )
        .where(NoNumber(lines.c.stored, lines.c.total))
        .order_by(*keys)
    )


def _key_claims_of_created(spec: Spec, dialect: str, planned: Planned) -> Iterator[Check]:
    """Yield the check that the database has a key left for each row that is created."""
    identity = spec.identity
    if identity.creates and identity.database_makes_keys:
        (key,), lines = identity.keys, planned[identity]
        numbers = database(dialect).next_keys(key).subquery("rekey_next")
        creating = lines.c.rekey_action == Action.CREATE.value
        wanted = select(func.count().label("rows")).select_from(lines).where(creating).subquery("rekey_wanted")
        lacking = select(
            literal(str(identity.table.name)).label("table"),
            literal(str(key.name)).label("column"),
            wanted.c.rows,
            cast(numbers.c.left, BigInteger).label("left"),
        ).join_from(wanted, numbers, wanted.c.rows > numbers.c.left)
        yield check("no_key_left", identity.noun, lacking)


def _none_is_active(slots: Slots, status: Column[Any], planned: FromClause) -> Relation:
    active = select(literal(1)).select_from(slots.table).where(comparable(status) == slots.active).limit(1)
    dropping = (Action.DROP.value, Action.REPLACE.value)
    # Within the other, and no EXISTS: else PostgreSQL makes the whole plan though some row is active.
    nothing = active.scalar_subquery().is_(None)
    dropped = select(literal(1)).select_from(planned).where(planned.c.rekey_action.in_(dropping), nothing)
    none = select(literal(1).label("one")).where(exists(dropped)).subquery("rekey_none")
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            literal(slots.active).label("active"),
            status.label("status"),
            func.count().label("rows"),
        )
        .select_from(none.join(slots.table, true()))
        .group_by(status)
        .order_by(status)
    )
