"""What the planner of PostgreSQL is told about tables that were filled a moment ago."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import TableClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from alembic_rekey.sql.steps import Statement, Step

__all__ = ["analyzed"]


class _Analyze(ExecutableDDLElement):
    """ANALYZE of some columns of a table: a journal's rows are wide, and nothing else of them decides."""

    def __init__(self, name: str, *columns: str) -> None:
        self.name = name
        self.columns = columns


@compiles(_Analyze)
def _analyze(element: _Analyze, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    return f"ANALYZE {quote(element.name)} ({', '.join(map(quote, element.columns))})"


def analyzed(dialect: str, source: TableClause, *columns: str) -> Iterator[Step]:
    """Yield what tells the planner of PostgreSQL how many rows there are: it would join as if there were one."""
    if dialect == "postgresql":
        yield Statement(f"Let statements be planned for what {source.name} holds.", _Analyze(source.name, *columns))
