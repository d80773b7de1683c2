"""The identity goes back: shadows return before their rows do, names and created rows go back after all else."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import delete, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity
from alembic_rekey.sql.steps import Statement, Step
from alembic_rekey.undo.decided import stored_back
from alembic_rekey.undo.put_back import put_back, undone

__all__ = ["names_returned", "shadows_returned"]


def shadows_returned(identity: Identity, stored: Stored) -> Iterator[Step]:
    """Yield the steps after which every owner stands again."""
    yield from put_back(identity, stored, "Put the deleted shadows back, with all of their columns.", Action.DELETE)


def names_returned(identity: Identity) -> Iterator[Step]:
    """Yield the steps that give renamed rows their spelling back and take away what was created."""
    yield undone(identity, "Give renamed rows their old spelling.", (identity.name,), Action.RENAME)
    back = stored_back(identity)
    created = select(back.c.key).where(back.c.drift == Drift.UNTOUCHED.value, back.c.action == Action.CREATE.value)
    yield Statement(
        "Delete the canonical rows that the upgrade created.", delete(identity.table).where(identity.key.in_(created))
    )
