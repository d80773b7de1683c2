"""Keeping writers out of the tables until the transaction ends, without a deadlock with any of them."""

from __future__ import annotations

from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["lock"]


def lock(spec: Spec, dialect: str) -> list[Step]:
    """Return the statements that keep writers out of the tables until the transaction ends."""
    tables, referred = ([part.table for part in parts] for parts in (spec.parts, spec.deletable))
    return [Statement(*said) for said in database(dialect).locks(tables, referred)]
