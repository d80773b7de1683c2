"""When two stored values, or two rows, are the same: NULL included, and in every type that a database has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.sql.values import comparable, equatable

__all__ = ["Same", "SameRow", "SameSlot", "as_text"]


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


class SameRow(ColumnElement[bool]):
    """All columns of `left` hold the very same as those of `right`, NULL included; each pair has one type.

    PostgreSQL compares what is stored, byte for byte, so a type needs no equality (json, xml, point). On SQLite the
    left column's collation decides; an expression of one level, since 1,000 levels are all that it takes.
    """

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True

    def __init__(self, left: Sequence[ColumnElement[Any]], right: Sequence[ColumnElement[Any]]) -> None:
        self.left = left
        self.right = right


def _sides(element: SameRow, compiler: SQLCompiler, **kw: Any) -> tuple[str, str]:
    left, right = (", ".join(compiler.process(one, **kw) for one in side) for side in (element.left, element.right))
    return left, right


@compiles(SameRow, "sqlite")
def _same_row_sqlite(element: SameRow, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = _sides(element, compiler, **kw)
    return f"(({left}) IS ({right}))"


@compiles(SameRow, "postgresql")
def _same_row_postgresql(element: SameRow, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = _sides(element, compiler, **kw)
    # As records: between two ROW() the parser would compare column by column.
    return f"(CAST(ROW({left}) AS RECORD) OPERATOR(pg_catalog.*=) CAST(ROW({right}) AS RECORD))"


class SameSlot(ColumnElement[bool]):
    """Two stored values of one column are one slot: equal, or both NULL, as `PARTITION BY` takes them.

    In a form that a join can be made of: PostgreSQL finds no row by IS NOT DISTINCT FROM, SQLite does by IS.
    """

    inherit_cache = False
    type = Boolean()
    _is_implicitly_boolean = True

    def __init__(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.left = left
        self.right = right


@compiles(SameSlot, "sqlite")
def _same_slot_sqlite(element: SameSlot, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS {compiler.process(element.right, **kw)})"


@compiles(SameSlot, "postgresql")
def _same_slot_postgresql(element: SameSlot, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = (compiler.process(equatable(side), **kw) for side in (element.left, element.right))
    return (
        f"(coalesce(CAST({left} AS TEXT), '') = coalesce(CAST({right} AS TEXT), '') "
        f"AND {left} IS NOT DISTINCT FROM {right})"
    )


def as_text(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a stored text, of whatever type it is kept in (an enum, CHAR, a domain), as plain text on PostgreSQL."""
    return _AsText(stored)


class _AsText(ColumnElement[Any]):
    inherit_cache = False
    type = Text()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


@compiles(_AsText, "sqlite")
def _as_text_sqlite(element: _AsText, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(_AsText, "postgresql")
def _as_text_postgresql(element: _AsText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.stored, **kw)} AS TEXT)"
