"""SQL expressions that the dialects spell differently: the clock, equality, exact text, whole rows.

Everything here compiles for SQLite and PostgreSQL, online and in a script, to the same meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, DateTime, Enum, FromClause, String, Table, Text, and_, column
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, ColumnElement
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import TypeEngine

from alembic_rekey.spec import Relation

__all__ = [
    "Asserted",
    "ByCodePoint",
    "Clock",
    "EveryColumn",
    "Exact",
    "InsertRows",
    "Item",
    "PutBackRows",
    "Quoted",
    "Scanned",
    "Sentence",
    "Uncollated",
    "Verbatim",
    "Written",
    "by_code_point",
    "column_of",
    "quoted",
    "sought",
]


class Asserted(ColumnElement[bool]):
    """A condition that each database says in its own words."""

    inherit_cache = False
    type = Boolean()
    # As it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True


class Clock(ColumnElement[Any]):
    """The time now, as `rekey_run` keeps it: on SQLite the text that SQLAlchemy writes for a UTC time."""

    inherit_cache = True
    type = DateTime(timezone=True)


class Written(ColumnElement[Any]):
    """A value as a column holds it once it is written: TIMESTAMP(0) rounds, CHAR pads, an enum is its own type."""

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], stored: ColumnElement[Any]) -> None:
        self.value = value
        self.stored = stored
        self.type = stored.type


class EveryColumn(ColumnClause[Any]):
    """All columns of a table as they stand, those that the revision does not know included."""

    inherit_cache = False
    # Not that of a column, which any database would write.
    __visit_name__ = "every_column"

    def __init__(self, of: Table) -> None:
        super().__init__("*", is_literal=True)
        self.of = of


def column_of(source: FromClause, name: str, type_: TypeEngine[Any] | None = None) -> ColumnClause[Any]:
    """Return the column `name` of `source`, whether that knows of it or not.

    SQLAlchemy shortens names of more than 57 letters wherever it writes a column of a relation, and no others.
    """
    made: ColumnClause[Any] = column(name, type_)
    made.table = source
    return made


class InsertRows(Executable, ClauseElement):
    """`INSERT INTO target SELECT …`, all columns where none are named: a database may hold columns unknown to us."""

    inherit_cache = False

    def __init__(self, target: Any, rows: Relation, columns: Sequence[str] | None = None) -> None:
        self.target = target
        self.rows = rows
        self.columns = columns


class PutBackRows(InsertRows):
    """The same for rows that were in `target` before, keys that the database makes itself included."""

    inherit_cache = False


class Item(ColumnElement[str]):
    """One text of a JSON list of texts, by its place."""

    inherit_cache = False
    type = Text()

    def __init__(self, listed: ColumnElement[Any], place: int) -> None:
        self.listed = listed
        self.place = place


@dataclass(frozen=True, eq=False)
class Quoted:
    """A value of a `Sentence` that stands in quotes there."""

    value: ColumnElement[Any]


class Sentence(ColumnElement[str]):
    """A sentence that the database itself makes of values: what a guard of a script says of a finding.

    Its texts are plain ASCII.
    """

    inherit_cache = False
    type = Text()

    def __init__(self, pieces: Sequence[str | ColumnElement[Any] | Quoted]) -> None:
        self.pieces = tuple(pieces)


class Verbatim(Executable, ClauseElement):
    """SQL that no construct of SQLAlchemy writes, as it stands."""

    inherit_cache = False

    def __init__(self, said: str) -> None:
        self.said = said


class ByCodePoint(ColumnElement[Any]):
    """A stored value as a sort key; see `by_code_point`."""

    inherit_cache = True

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
        self.type = stored.type


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


class Uncollated(ColumnElement[Any]):
    """A stored text without its column's collation, so that the other side's decides: no two that differ compare."""

    inherit_cache = False
    type = Text()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


class Scanned(Exact):
    """The same for a join that reads most rows: SQLite would look each one up in an index, which takes longer."""

    inherit_cache = False


def sought(stored: ColumnElement[Any], text: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that `stored` is `text` letter by letter, for a look-up: an index of its column serves."""
    return and_(stored == text, Exact(stored) == text) if isinstance(stored.type, String) else stored == text


def by_code_point(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `stored` as a sort key that no collation changes: the same order on every database."""
    return ByCodePoint(stored)


def quoted(name: str, schema: str | None = None) -> str:
    """Return a table's name as `to_regclass` reads it, for a value: psycopg's own quoting doubles per cent signs."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)
