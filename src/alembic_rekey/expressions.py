"""SQL expressions that the dialects spell differently: the clock, equality, exact text, whole rows.

Everything here compiles for SQLite and PostgreSQL, online and in a script, to the same meaning.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, DateTime, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.expression import Executable

from alembic_rekey.spec import Relation
from alembic_rekey.values import comparable

__all__ = [
    "Clock",
    "Exact",
    "InsertRows",
    "PutBackRows",
    "Same",
    "Scanned",
    "by_code_point",
    "plpgsql",
    "quoted",
]


class Clock(ColumnElement[Any]):
    """The time now, as `rekey_run` keeps it: on SQLite the text that SQLAlchemy writes for a UTC time."""

    inherit_cache = True
    type = DateTime(timezone=True)


@compiles(Clock, "sqlite")
def _clock_sqlite(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(Clock, "postgresql")
def _clock_postgresql(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "clock_timestamp()"


class Same(ColumnElement[bool]):
    """Both sides are equal, or both are NULL. SQLAlchemy's own construct leaves a constant unbound in a script."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True

    def __init__(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.left = comparable(left)
        self.right = comparable(right)


@compiles(Same, "sqlite")
def _same_sqlite(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS {compiler.process(element.right, **kw)})"


@compiles(Same, "postgresql")
def _same_postgresql(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS NOT DISTINCT FROM {compiler.process(element.right, **kw)})"


class InsertRows(Executable, ClauseElement):
    """`INSERT INTO target SELECT …` without a list of columns: a database may hold columns unknown to us."""

    inherit_cache = False

    def __init__(self, target: Any, rows: Relation) -> None:
        self.target = target
        self.rows = rows


@compiles(InsertRows)
def _insert_rows(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    target = compiler.process(element.target, asfrom=True, **kw)
    return f"INSERT INTO {target} {compiler.process(element.rows, **kw)}"


class PutBackRows(InsertRows):
    """The same for rows that were in `target` before, keys that the database makes itself included."""

    inherit_cache = False


@compiles(PutBackRows, "postgresql")
def _put_back_rows(element: PutBackRows, compiler: SQLCompiler, **kw: Any) -> str:
    target = compiler.process(element.target, asfrom=True, **kw)
    return f"INSERT INTO {target} OVERRIDING SYSTEM VALUE {compiler.process(element.rows, **kw)}"


class _ByCodePoint(ColumnElement[Any]):
    inherit_cache = True

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
        self.type = stored.type


@compiles(_ByCodePoint)
def _by_code_point(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(_ByCodePoint, "postgresql")
def _by_code_point_postgresql(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    return f'{stored} COLLATE "C"' if isinstance(element.type, String) else stored


class Exact(ColumnElement[Any]):
    """A stored text compared letter by letter, whatever collation its column has on SQLite (NOCASE, say)."""

    inherit_cache = False

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
        self.type = stored.type


@compiles(Exact)
def _exact(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Exact, "sqlite")
def _exact_sqlite(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.stored, **kw)} COLLATE BINARY"


class Scanned(Exact):
    """The same for a join that reads most rows: SQLite would look each one up in an index, which takes longer."""

    inherit_cache = False


@compiles(Scanned, "sqlite")
def _scanned_sqlite(element: Scanned, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+({compiler.process(element.stored, **kw)} COLLATE BINARY)"


def by_code_point(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `stored` as a sort key that no collation changes: the same order on every database."""
    return _ByCodePoint(stored)


def quoted(name: str, schema: str | None = None) -> str:
    """Return a table's name as `to_regclass` reads it, for a value: psycopg's own quoting doubles per cent signs."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)


def plpgsql(body: str) -> str:
    """Return the statement that runs `body` on PostgreSQL, between marks that no name in it can end."""
    number = 0
    while f"$rekey{number or ''}$" in body:
        number += 1
    mark = f"$rekey{number or ''}$"
    return f"DO {mark}\n{body}\n{mark}"
