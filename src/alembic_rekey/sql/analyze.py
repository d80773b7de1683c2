"""What the planner of a database is told about tables that were filled a moment ago."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import TableClause

from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["analyzed"]


def analyzed(dialect: str, source: TableClause, *columns: str) -> Iterator[Step]:
    """Yield what tells the planner how many rows `source` holds, where it would not see."""
    for clause in database(dialect).analyzed(source.name, columns):
        yield Statement(f"Let statements be planned for what {source.name} holds.", clause)
