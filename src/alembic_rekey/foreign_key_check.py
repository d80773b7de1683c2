"""Foreign keys that lead nowhere: SQLite checks none while a run changes rows, so they are held against before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, Table, column, func, select, table
from sqlalchemy.schema import CreateTableAs, DropTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from alembic_rekey.guard import check
from alembic_rekey.steps import Guard, Statement, Step

__all__ = ["foreign_keys_before", "foreign_keys_broken"]

_BROKEN = table("rekey_broken_before", column("table"), column("rowid"), column("parent"), column("fkid"))


def foreign_keys_before(dialect: str) -> list[Step]:
    """Return the step that notes the foreign keys that lead nowhere already; PostgreSQL lets none do that."""
    if dialect != "sqlite":
        return []
    says = "Note the rows whose foreign keys lead nowhere already."
    return [Statement(says, _create(_foreign_key_check(), _BROKEN.name))]


def foreign_keys_broken(dialect: str) -> list[Step]:
    """Return the guard that foreign keys are no worse than they were noted to be."""
    if dialect != "sqlite":
        return []
    found, known = _foreign_key_check(), select(_BROKEN)
    broken = select(found).except_(known).subquery("rekey_broken")
    return [
        Guard(check("foreign_key_broken", "", select(broken))),
        Statement("Drop what was noted.", _drop(_BROKEN.name)),
    ]


def _create(source: Any, name: str) -> ExecutableDDLElement:
    return CreateTableAs(select(source), name, temporary=True)


def _drop(name: str) -> ExecutableDDLElement:
    return DropTable(Table(name, MetaData()))


def _foreign_key_check() -> Any:
    return func.pragma_foreign_key_check().table_valued("table", "rowid", "parent", "fkid", name="rekey_found")
