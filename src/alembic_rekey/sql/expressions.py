"""SQL expressions that the dialects spell differently: the clock, equality, exact text, whole rows.

Everything here compiles for SQLite and PostgreSQL, online and in a script, to the same meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, DateTime, Enum, String, Text, and_, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.expression import Executable

from alembic_rekey.spec import Relation

__all__ = [
    "Clock",
    "Exact",
    "InsertRows",
    "PutBackRows",
    "Scanned",
    "Uncollated",
    "Written",
    "by_code_point",
    "plpgsql",
    "quoted",
    "sought",
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


class Written(ColumnElement[Any]):
    """A value as a column holds it once it is written: TIMESTAMP(0) rounds, CHAR pads, an enum is its own type."""

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], stored: Column[Any]) -> None:
        self.value = value
        self.stored = stored
        self.type = stored.type


@compiles(Written, "sqlite")
def _written_sqlite(element: Written, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.value, **kw)


@compiles(Written, "postgresql")
def _written_postgresql(element: Written, compiler: SQLCompiler, **kw: Any) -> str:
    table = compiler.preparer.format_table(element.stored.table)
    column = compiler.preparer.quote(element.stored.name)
    name = compiler.process(literal(str(element.stored.name), Text()), **kw)
    value = compiler.process(element.value, **kw)
    # The one way to say "of the type that this column has" without the catalog; a subquery is asked once.
    return (
        f"(SELECT (jsonb_populate_record(CAST(NULL AS {table}), "  # names that the dialect quoted
        f"jsonb_build_object({name}, CAST({value} AS TEXT)))).{column})"
    )


class InsertRows(Executable, ClauseElement):
    """`INSERT INTO target SELECT …`, all columns where none are named: a database may hold columns unknown to us."""

    inherit_cache = False

    def __init__(self, target: Any, rows: Relation, columns: Sequence[str] | None = None) -> None:
        self.target = target
        self.rows = rows
        self.columns = columns


def _into(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    target = compiler.process(element.target, asfrom=True, **kw)
    listed = "" if element.columns is None else f" ({', '.join(map(compiler.preparer.quote, element.columns))})"
    return f"INSERT INTO {target}{listed}"


@compiles(InsertRows)
def _insert_rows(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{_into(element, compiler, **kw)} {compiler.process(element.rows, **kw)}"


class PutBackRows(InsertRows):
    """The same for rows that were in `target` before, keys that the database makes itself included."""

    inherit_cache = False


@compiles(PutBackRows, "postgresql")
def _put_back_rows(element: PutBackRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{_into(element, compiler, **kw)} OVERRIDING SYSTEM VALUE {compiler.process(element.rows, **kw)}"


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
    """A stored text compared letter by letter, whatever its column's collation or type takes for equal.

    That is NOCASE on SQLite, and on PostgreSQL a collation that is not deterministic, or citext.
    """

    inherit_cache = False

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
        # Without the collation that a type may declare: constants on the other side would get it.
        plain = isinstance(stored.type, String) and not isinstance(stored.type, Enum)
        self.type = Text() if plain else stored.type


@compiles(Exact)
def _exact(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Exact, "sqlite")
def _exact_sqlite(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.stored, **kw)} COLLATE BINARY"


@compiles(Exact, "postgresql")
def _exact_postgresql(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    # A database's own collation is deterministic: equal is the same, and what indexes most columns have serves.
    return f'(CAST({stored} AS TEXT) COLLATE "default")' if isinstance(element.type, String) else stored


class Uncollated(ColumnElement[Any]):
    """A stored text without its column's collation, so that the other side's decides: no two that differ compare."""

    inherit_cache = False
    type = Text()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


@compiles(Uncollated)
def _uncollated(element: Uncollated, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Uncollated, "postgresql")
def _uncollated_postgresql(element: Uncollated, compiler: SQLCompiler, **kw: Any) -> str:
    # A type without collations in between; COLLATE would decide for both sides.
    return f"(to_jsonb(CAST({compiler.process(element.stored, **kw)} AS TEXT)) #>> '{{}}')"


class Scanned(Exact):
    """The same for a join that reads most rows: SQLite would look each one up in an index, which takes longer."""

    inherit_cache = False


@compiles(Scanned, "sqlite")
def _scanned_sqlite(element: Scanned, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+({compiler.process(element.stored, **kw)} COLLATE BINARY)"


def sought(stored: ColumnElement[Any], text: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that `stored` is `text` letter by letter, for a look-up: an index of its column serves."""
    return and_(stored == text, Exact(stored) == text)


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
