"""Rows of slots on their way back: to an owner that stands or returns, and into a slot that is free by then."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Text, and_, exists, literal, literal_column, not_, or_, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.back.judged import judged, line, of_run, unedited
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Slots, Spec
from alembic_rekey.sql.equality import SameSlot
from alembic_rekey.sql.expressions import sought
from alembic_rekey.sql.side_tables import journal

__all__ = ["displaced_slots", "hanging_slots", "slots_back"]


def slots_back(slots: Slots, spec: Spec, back_identity: FromClause, stored: Stored) -> Relation:
    """Return the way back of rows that were rekeyed, revived or merged."""
    identity = spec.identity
    kept = journal(slots.table)
    holder, holds = _holder(slots)
    joined, owner_lost = _with_owner(slots, identity, back_identity)
    named = select(literal(1)).where(sought(identity.name, kept.c.rekey_canonical))
    # The application may have renamed the canonical since: then nothing tells where the row should hang.
    at_canonical = or_(exists(named.where(identity.key == slots.owner)), not_(exists(named)))
    rekeyed = kept.c.rekey_action == Action.REKEY.value
    revived = kept.c.rekey_action == Action.REVIVE.value
    active = literal(slots.active, Text())
    moved = or_(rekeyed, revived)
    drift = judged(
        (and_(moved, slots.key.is_(None)), Drift.DELETED),
        (and_(rekeyed, not_(and_(unedited(slots, {slots.owner.name: None}, stored), at_canonical))), Drift.EDITED),
        (and_(revived, not_(unedited(slots, {slots.status.name: active}, stored))), Drift.EDITED),
        (and_(not_(moved), slots.key.is_not(None)), Drift.TAKEN),
        (and_(not_(revived), owner_lost), Drift.TAKEN),
        (and_(not_(revived), exists(select(literal(1)).select_from(holder).where(holds))), Drift.TAKEN),
    )
    return line(slots, drift).select_from(joined).where(of_run(slots, (Action.REKEY, Action.REVIVE, Action.MERGE)))


def displaced_slots(slots: Slots, spec: Spec, first: FromClause, back_identity: FromClause) -> Relation:
    """Return the way back of rows that another one displaced: their slot is free, or its holder on its own way back."""
    joined, owner_lost = _with_owner(slots, spec.identity, back_identity)
    holder, holds = _holder(slots)
    leaves = select(literal(1)).where(
        first.c.key == holder.c[slots.key.key],
        first.c.action == Action.REKEY.value,
        first.c.drift == Drift.UNTOUCHED.value,
    )
    stays = exists(select(literal(1)).select_from(holder).where(holds, not_(exists(leaves))))
    drift = judged(
        (slots.key.is_not(None), Drift.TAKEN),
        (owner_lost, Drift.TAKEN),
        (stays, Drift.TAKEN),
    )
    return line(slots, drift).select_from(joined).where(of_run(slots, (Action.REPLACE, Action.DROP)))


def hanging_slots(slots: Slots, identity: Identity, back: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `slots` hangs on a row of `identity` and does not leave it."""
    leaves = select(literal(1)).where(
        back.c.key == slots.key, back.c.drift == Drift.UNTOUCHED.value, back.c.action == Action.REKEY.value
    )
    stays = select(literal(1)).select_from(slots.table)
    return exists(stays.where(slots.owner == identity.key, not_(exists(leaves))))


def _with_owner(slots: Slots, identity: Identity, back_identity: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
    """Return the journal joined with each row as it is now and with its old owner, and whether that owner is lost.

    An owner is lost when it neither stands nor comes back.
    """
    kept, owner = journal(slots.table), identity.table.alias("rekey_owner")
    before = kept.c[slots.owner.name]
    returning = select(back_identity).where(back_identity.c.action == Action.DELETE.value).subquery("rekey_comes_back")
    joined = (
        kept.outerjoin(slots.table, slots.key == kept.c[slots.key.name])
        .outerjoin(owner, owner.c[identity.key.key] == before)
        .outerjoin(returning, returning.c.key == before)
    )
    comes_back = returning.c.drift.is_not_distinct_from(literal_column(f"'{Drift.UNTOUCHED.value}'"))
    stands = and_(returning.c.key.is_(None), owner.c[identity.key.key].is_not(None))
    return joined, not_(or_(comes_back, stands))


def _holder(slots: Slots) -> tuple[FromClause, ColumnElement[bool]]:
    """Return another row of `slots` and the condition that it holds the old slot of the journalled one."""
    kept, holder = journal(slots.table), slots.table.alias("rekey_holder")
    place = [SameSlot(holder.c[column.key], kept.c[column.name]) for column in slots.slot]
    at_owner = holder.c[slots.owner.key] == kept.c[slots.owner.name]
    return holder, and_(at_owner, *place, holder.c[slots.key.key] != kept.c[slots.key.name])
