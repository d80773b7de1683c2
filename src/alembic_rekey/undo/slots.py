"""Rows of slots go back: to their old owner, to their old status, or into the table again."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Slots
from alembic_rekey.sql.steps import Step
from alembic_rekey.undo.put_back import put_back, undone

__all__ = ["slots_returned"]


def slots_returned(slots: Slots, stored: Stored) -> Iterator[Step]:
    """Yield the steps that put the rows of `slots` back."""
    says = f"Hang the rekeyed rows of {slots.table.name} on their old owner."
    yield undone(slots, says, (slots.owner,), Action.REKEY)
    says = f"Give the revived rows of {slots.table.name} their old status."
    yield undone(slots, says, (slots.status,), Action.REVIVE)
    says = f"Put the deleted rows of {slots.table.name} back, with all of their columns."
    yield from put_back(slots, stored, says, Action.MERGE, Action.REPLACE, Action.DROP)
