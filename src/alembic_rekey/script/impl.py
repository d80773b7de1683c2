"""How Alembic itself writes in a script: laid out for a reader, a comment above each statement.

Importing this module is enough: Alembic takes the newest implementation of each dialect.
"""

from __future__ import annotations

from typing import Any

from alembic.ddl.base import AlterTable
from alembic.ddl.impl import DefaultImpl
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import MetaData, Table, TextClause, UpdateBase
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex, DropTable

from alembic_rekey.script.changes import UNTOLD, marked
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.shell import MARK, Shell
from alembic_rekey.sql.side_tables import CreateJournal
from alembic_rekey.text.comments import comment
from alembic_rekey.text.layout import laid_out

__all__ = ["OPENING"]

OPENING = "rekey_opening"
"""The option of Alembic's context that gives what comes first in each transaction; `autocommit_block()` begins more."""


class _Written(DefaultImpl):
    """What both dialects write in a script: laid out for a reader, a comment above each statement.

    Only for `run()`: an `env.py` of another kind gets what Alembic writes.
    """

    _says: str | None = None
    _opens = _marks_it = _changing = ""
    _marks = 0
    _in_transaction = False
    transactions = 0
    """How many this script has begun."""

    def static_output(self, text: str) -> None:
        if not self._is_ours:
            super().static_output(text)
            return
        said = f"{comment(self._says)}\n" if self._says else ""
        laid = laid_out(f"{said}{self._opens}{self._changing}{text}{self._marks_it}")
        self._says, self._opens, self._marks_it, self._changing = None, "", "", ""
        self._marks += sum(line.startswith(MARK) for line in laid.splitlines())
        super().static_output(laid)

    def emit_begin(self) -> None:
        """Write the BEGIN of a transaction, and what each has to do first (`OPENING`)."""
        if not self._is_ours:
            super().emit_begin()
            return
        self._marks, self._in_transaction = 0, True
        self.static_output(self._shell.begin)
        self.static_output(self._shell.starting)
        self.transactions += 1
        for piece in self.context_opts[OPENING]():
            self.static_output(piece)

    def emit_commit(self) -> None:
        if not self._is_ours:
            super().emit_commit()
            return
        version = Table(self._version, MetaData(), schema=self.context_opts.get("version_table_schema"))
        written = self.dialect.identifier_preparer.format_table(version)
        self.static_output(self._shell.ending(self._marks, written))
        self._says, self._in_transaction = "All of it, or nothing.", False
        super().emit_commit()

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> Any:
        if not self.as_sql or not self._is_ours:
            return super()._exec(construct, *args, **kw)
        if isinstance(construct, CreateTable | DropTable) and construct.element.name == self._version:
            return None  # `opening` has made it; Alembic 1.16 drops at the base what the script still asks for
        self._says = _said(construct, self._version)
        altered = construct
        if isinstance(construct, AlterTable):
            altered = Table(construct.table_name, MetaData(), schema=construct.schema)
        changing = marked(altered, self.dialect, self._version)
        self._changing = UNTOLD if isinstance(construct, str | TextClause) else changing
        if self._in_transaction:  # not in an `autocommit_block()`
            self._opens = self._shell.reopened
            if _changes_the_schema(construct):
                notes, self._marks_it = self._shell.schema_marks
                self._opens = f"{notes}{self._opens}"
        return super()._exec(construct, *args, **kw)

    @property
    def _is_ours(self) -> bool:
        return OPENING in self.context_opts

    @property
    def _shell(self) -> Shell:
        return database(self.dialect.name).shell

    @property
    def _version(self) -> str:
        return str(self.context_opts.get("version_table", "alembic_version"))


def _changes_the_schema(construct: Any) -> bool:
    """Tell whether a statement of Alembic's own changes the schema of the file, unless it fails."""
    if getattr(construct, "if_exists", False) or getattr(construct, "if_not_exists", False):
        return False
    prefixes = " ".join(getattr(getattr(construct, "element", None), "_prefixes", ())).upper()
    # What a project's own construct says is not known: it may change nothing.
    known = isinstance(construct, (AlterTable, CreateTable, DropTable, CreateIndex, DropIndex))
    return known and "TEMP" not in prefixes


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


class _PostgreSQL(_Written, PostgresqlImpl):
    __dialect__ = "postgresql"
