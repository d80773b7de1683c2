"""What deferred constraints ask for, asked before the commit: in the run that changed the rows, which can say so."""

from __future__ import annotations

from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["settled"]


def settled(dialect: str) -> list[Step]:
    """Return what asks deferred constraints and triggers now, so that no event of theirs is left pending."""
    return [Statement(*said) for said in database(dialect).settled()]
