"""How Alembic itself writes in a script: laid out for a reader, a comment above each statement.

Importing this module is enough: Alembic takes the newest implementation of each dialect.
"""

from __future__ import annotations

from typing import Any

from alembic.ddl.impl import DefaultImpl
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import UpdateBase
from sqlalchemy.schema import CreateTable

from alembic_rekey.layout import laid_out
from alembic_rekey.script import comment
from alembic_rekey.side_tables import CreateJournal

__all__ = ["OPENING"]

OPENING = "rekey_opening"
"""The option of Alembic's context that gives what comes first in each transaction; `autocommit_block()` begins more."""


class _Written(DefaultImpl):
    """What both dialects write in a script: laid out for a reader, a comment above each statement."""

    _says: str | None = None
    transactions = 0
    """How many this script has begun."""

    def static_output(self, text: str) -> None:
        said = f"{comment(self._says)}\n" if self._says else ""
        self._says = None
        super().static_output(laid_out(f"{said}{text}"))

    def begin_with(self, statement: str) -> None:
        """Write the BEGIN of a transaction, and what each has to do first (`OPENING`)."""
        self.static_output(statement)
        self.transactions += 1
        for piece in self.context_opts[OPENING]():
            self.static_output(piece)

    def emit_commit(self) -> None:
        self._says = "All of it, or nothing."
        super().emit_commit()

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> Any:
        if not self.as_sql:
            return super()._exec(construct, *args, **kw)
        version = self.context_opts.get("version_table", "alembic_version")
        if isinstance(construct, CreateTable) and construct.element.name == version:
            return None  # `opening` has made it
        self._says = _said(construct, version)
        return super()._exec(construct, *args, **kw)


def _said(construct: Any, version: str) -> str | None:
    """Return what the comment above a statement of Alembic's own says."""
    if isinstance(construct, CreateTable):
        unless = ", unless it is there" if construct.if_not_exists else ""
        return f"Create the table {construct.element.name}{unless}."
    if isinstance(construct, CreateJournal):
        return f"Create {construct.name}, in the shape that {construct.source.name} has."
    if isinstance(construct, UpdateBase) and getattr(construct.entity_description.get("table"), "name", "") == version:
        return "Record the revision that the database has now."
    return None


class _SQLite(_Written, SQLiteImpl):
    __dialect__ = "sqlite"

    def emit_begin(self) -> None:
        # A deferred transaction fails with "database is locked" whatever the timeout.
        self._says = "One transaction, which no other writer can enter."
        self.begin_with("BEGIN IMMEDIATE;")


class _PostgreSQL(_Written, PostgresqlImpl):
    __dialect__ = "postgresql"

    def emit_begin(self) -> None:
        # A higher level, perhaps the role's default, would not see what it waited for.
        self._says = "One transaction."
        self.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED;")
