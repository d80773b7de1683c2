"""Rows of slots: the losers go, the survivors are revived or hung on their canonical."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal, select

from alembic_rekey.fold.changes import deleting, updating
from alembic_rekey.plan.rules import SLOTS_APPLY_COUNTS, Action
from alembic_rekey.spec import Slots, Spec
from alembic_rekey.sql.expressions import sought
from alembic_rekey.sql.side_tables import journal
from alembic_rekey.sql.steps import Statement, counted

__all__ = ["slots_steps"]


def slots_steps(slots: Slots, spec: Spec, dialect: str) -> list[Statement]:
    """Return what changes the rows of `slots`, a statement per count."""
    identity = spec.identity
    steps: list[Statement] = []
    kept = journal(slots.table)
    says = {
        Action.REPLACE: "Delete the inactive canonical rows that an active shadow row displaces.",
        Action.MERGE: "Delete the shadow rows that say the same as the survivor of their slot.",
        Action.DROP: "Delete the historical drops: rows that say otherwise than the survivor of their slot.",
        Action.REVIVE: "Make the canonical rows active again that say what the active shadow row said.",
        Action.REKEY: "Hang the surviving shadow rows on their canonical.",
    }
    canonical = select(identity.key).where(sought(identity.name, kept.c.rekey_canonical)).scalar_subquery()
    changes: dict[Action, dict[str, Any]] = {
        Action.REVIVE: {slots.status.key: literal(slots.active, slots.status.type)},
        Action.REKEY: {slots.owner.key: canonical},
    }
    for count in SLOTS_APPLY_COUNTS:
        action = count.actions[0]
        change = updating(slots, action, changes[action]) if action in changes else deleting(slots, action)
        steps += counted(says[action], count.name.format(noun=slots.noun), change, dialect)
    return steps
