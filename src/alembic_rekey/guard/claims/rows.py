"""What a spec claims about the rows themselves: keys that tell them apart, a status that means what it says.

Where a constraint of the database says so already, no row is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import FromClause, exists, func, literal, not_, select, true

from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.shape import unfilled
from alembic_rekey.plan.plan import Part, Planned
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Relation, Slots, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.values import comparable

__all__ = ["key_claims", "stored_claims"]


def stored_claims(spec: Spec, dialect: str, planned: Planned) -> list[Check]:
    """Return the checks of what the rows must be for the spec to fit, between plan and apply."""
    return [
        *key_claims(spec.parts, dialect),
        *(check("no_row_is_active", slots.noun, _none_is_active(slots, planned[slots])) for slots in spec.slots),
        unfilled(spec.identity, dialect, planned[spec.identity]),
    ]


def key_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks that the key of every part is a key."""
    for part in parts:
        named = {"table": str(part.table.name), "column": str(part.key.name)}
        said = [literal(value).label(name) for name, value in named.items()]
        unique = about([part], database(dialect).unique_key, "one").subquery("rekey_said")
        # In front of the table, and empty where a constraint says it: then no row of the table is looked at.
        unsaid = select(literal(1).label("one")).where(not_(exists(select(unique)))).subquery("rekey_unsaid")
        several = (
            select(*said, part.key.label("key"), func.count().label("rows"))
            .select_from(unsaid.join(part.table, true()))
            .where(part.key.is_not(None))
            .group_by(part.key)
            .having(func.count() > 1)
            .order_by(part.key)
        )
        yield check("key_not_unique", part.noun, several)
        missing = select(*said, func.count().label("rows")).select_from(part.table).where(part.key.is_(None))
        yield check("key_is_null", part.noun, missing.having(func.count() > 0))


def _none_is_active(slots: Slots, planned: FromClause) -> Relation:
    active = select(literal(1)).select_from(slots.table).where(comparable(slots.status) == slots.active)
    dropping = (Action.DROP.value, Action.REPLACE.value)
    dropped = select(literal(1)).select_from(planned).where(planned.c.rekey_action.in_(dropping))
    none = select(literal(1).label("one")).where(not_(exists(active)), exists(dropped)).subquery("rekey_none")
    return (
        select(
            literal(str(slots.table.name)).label("table"),
            literal(slots.active).label("active"),
            slots.status.label("status"),
            func.count().label("rows"),
        )
        .select_from(none.join(slots.table, true()))
        .group_by(slots.status)
        .order_by(slots.status)
    )
