"""Which table changed, where SQLite tells only how many rows did: a watch on every table while a run changes rows.

SQLite counts no changes per table. Where the database has triggers of its own, or follows foreign keys, temporary
triggers note each change with its table; without either nothing but the statements themselves can change a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, TableClause, column, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DropTable, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from alembic_rekey.sql.dialects.interface import Said
from alembic_rekey.sql.side_tables import is_side_table

__all__ = ["SEEN", "taken_off", "to_watch", "watching"]

SEEN: TableClause = table("rekey_seen", column("table"), column("kind"))
"""A line per row that changed: the table, and what happened to the row."""

_EVENTS = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}
_ASK = text(
    "SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'trigger')"
    " + (SELECT foreign_keys FROM pragma_foreign_keys)"
)
_TABLES = text(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)


def to_watch(connection: Connection) -> list[str]:
    """Return every table of the application, if the database can change rows by itself."""
    if not connection.execute(_ASK).scalar():
        return []
    return [name for name in connection.execute(_TABLES).scalars() if not is_side_table(name)]


def watching(names: Sequence[str]) -> list[Said]:
    """Return what sets the watches."""
    noting = text('CREATE TEMPORARY TABLE rekey_seen ("table" TEXT, kind TEXT)')
    each = [(f"Watch {name}.", _Watch(name, kind)) for name in names for kind in _EVENTS]
    return [("Note which tables change.", noting), *each] if names else []


def taken_off(names: Sequence[str]) -> list[Said]:
    """Return what takes them away: a connection that was handed over lives on."""
    each = [(f"Watch {name} no longer.", _Unwatch(name, kind)) for name in names for kind in _EVENTS]
    return [*each, ("Drop what was noted.", DropTable(Table(SEEN.name, MetaData())))] if names else []


class _Watch(ExecutableDDLElement):
    """CREATE TEMPORARY TRIGGER."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind


class _Unwatch(_Watch):
    """DROP TRIGGER."""


def _called(element: _Watch, compiler: DDLCompiler) -> str:
    return str(compiler.preparer.quote_identifier(f"rekey_{element.kind}_{element.name}"))


@compiles(_Watch, "sqlite")
def _watch(element: _Watch, compiler: DDLCompiler, **_: Any) -> str:
    name = str(compiler.preparer.quote_identifier(element.name))
    literal = element.name.replace("'", "''")
    return (
        f"CREATE TEMPORARY TRIGGER {_called(element, compiler)} AFTER {_EVENTS[element.kind]} ON main.{name} "  # noqa: S608  # quoted
        f"BEGIN INSERT INTO rekey_seen VALUES ('{literal}', '{element.kind}'); END"
    )


@compiles(_Unwatch, "sqlite")
def _unwatch(element: _Unwatch, compiler: DDLCompiler, **_: Any) -> str:
    return f"DROP TRIGGER temp.{_called(element, compiler)}"
