"""What the catalog says of the columns of a spec's tables: which there are, made by whom, and what they refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from warnings import catch_warnings, simplefilter

from sqlalchemy import ColumnElement, Connection, FromClause, column, exists, false, inspect, literal, select, table
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.exc import SAWarning

from alembic_rekey.guard.shape import catalog
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.expressions import column_of

__all__ = ["Referred", "Stored", "by_columns", "columns_in", "references_of", "referred"]


@dataclass(frozen=True)
class Stored:
    """Per noun of a part: every column in its order, those that are generated, and the owners with a foreign key.

    Without a connection, for a script, it is what the revision declares, which knows no foreign key.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    generated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bound: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By their places among several owners."""
    filled: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    """What the database gives a created row of the identity, by column: asked by who creates some (`filled`)."""

    @classmethod
    def declared(cls, spec: Spec) -> Stored:
        """Return what the revision itself says, for a script: `columns_declared` holds it against the catalog."""
        generated = {
            part.noun: frozenset(str(known.name) for known in part.table.columns if known.computed is not None)
            for part in spec.parts
        }
        return cls(
            {part.noun: tuple(str(known.name) for known in part.table.columns) for part in spec.parts},
            {noun: names for noun, names in generated.items() if names},
        )

    @classmethod
    def of(cls, connection: Connection, parts: Sequence[Part]) -> Stored:
        """Ask the catalog for the columns of `parts` alone."""
        of_table = _columns(connection, parts)
        found = {part.noun: of_table[str(part.table.name)] for part in parts}
        return cls(
            {noun: tuple(name for name, _ in columns) for noun, columns in found.items()},
            {noun: frozenset(name for name, made in columns if made) for noun, columns in found.items()},
        )

    @classmethod
    def read(cls, connection: Connection, spec: Spec) -> Stored:
        """Ask the catalog."""
        led = [part for part in spec.parts if len(part.owning) > 1 or part is spec.identity]
        bound = {part.noun: _bound(connection, part, spec) for part in led}
        return replace(cls.of(connection, spec.parts), bound=bound)

    def lasting(self, part: Part) -> list[str]:
        """Return every column in which an edit shows: all but those that the database itself writes."""
        made = self.generated.get(part.noun, frozenset())
        stamp = _stamped_by_the_database(part)
        return [name for name in self.columns[part.noun] if name not in made and name != stamp]

    def writable(self, part: Part) -> tuple[str, ...] | None:
        """Return the columns that a row is put back with, None for all: only where some are generated."""
        made = self.generated.get(part.noun)
        return tuple(name for name in self.columns[part.noun] if name not in made) if made else None


def columns_in(source: FromClause, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return the columns of `source` with these names, whether the revision knows them or not."""
    known = {str(each.name): each for each in source.columns}
    return [known[name] if name in known else column_of(source, name) for name in names]


def _stamped_by_the_database(part: Part) -> str | None:
    return part.updated_at.name if part.updated_at is not None and part.stamp is None else None


def _columns(connection: Connection, parts: Sequence[Part]) -> Mapping[str, list[tuple[str, bool]]]:
    sources = dict.fromkeys((part.table.name, part.table.schema) for part in parts)
    known = catalog([*sources], connection.dialect.name)
    found = defaultdict[str, list[tuple[str, bool]]](list)
    for place, name, made in connection.execute(
        select(known.c.table, known.c.name, known.c.generated).order_by(known.c.place)
    ):
        found[place].append((name, bool(made)))
    return found


def _bound(connection: Connection, part: Part, spec: Spec) -> frozenset[int]:
    """Return which owners of `part` a foreign key leads to what they refer to."""
    to, keys = spec.parent(part).table.name, _foreign_keys(connection, part)
    led = [set(key["constrained_columns"]) for key in keys if key["referred_table"] == to]
    # Two owners may share a column, a tenant's: the key of one binds not the other.
    return frozenset(
        number for number, owner in enumerate(part.owning) if any(key <= {known.name for known in owner} for key in led)
    )


@dataclass(frozen=True)
class Referred:
    """One foreign key: the columns that refer, and what they refer to; `there` says whether that table is."""

    columns: tuple[str, ...]
    table: str
    schema: str | None
    keys: tuple[str, ...]
    there: bool

    def stands_for(self, values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
        """Return the condition that there is a row which these values of its columns refer to."""
        if not self.there:
            return false()
        standing = table(self.table, *map(column, self.keys), schema=self.schema).alias("rekey_standing")
        pairs = zip(columns_in(standing, self.keys), values, strict=True)
        return exists(select(literal(1)).where(*(its == mine for its, mine in pairs)))


def referred(connection: Connection, spec: Spec) -> Mapping[str, Sequence[Referred]]:
    """Return, by noun, the foreign keys of the tables, but for those of their owners."""
    return {part.noun: tuple(_referred(connection, part, spec)) for part in spec.parts}


def references_of(connection: Connection, part: Part) -> list[Referred]:
    """Return the foreign keys of the table of `part`."""
    asked, found = inspect(connection), []
    for key in _foreign_keys(connection, part):
        # SQLite lets a foreign key lead to a table that is not there.
        to = key["referred_table"], key["referred_schema"]
        keys = tuple(key["referred_columns"])
        found.append(Referred(tuple(key["constrained_columns"]), *to, keys, there=asked.has_table(*to)))
    return found


def by_columns(keys: Iterable[Referred]) -> Mapping[tuple[str, ...], Sequence[Referred]]:
    """Return the foreign keys of one table by their columns: one of several has the row.

    PostgreSQL tells a foreign key to a partitioned table once more for each partition.
    """
    found = defaultdict[tuple[str, ...], list[Referred]](list)
    for key in keys:
        found[key.columns].append(key)
    return found


def _referred(connection: Connection, part: Part, spec: Spec) -> Iterable[Referred]:
    parent, keys = spec.parent(part), references_of(connection, part)
    owned = [] if part is spec.identity else [{str(known.name) for known in owner} for owner in part.owning]
    to_parent = [set(key.columns) for key in keys if key.table == parent.table.name]
    for key in keys:
        # One to the parent is told once more for each of its partitions.
        is_owner = set(key.columns) in owned and set(key.columns) in to_parent
        if key.there and not is_owner:
            yield key


def _foreign_keys(connection: Connection, part: Part) -> list[ReflectedForeignKeyConstraint]:
    asked, place = inspect(connection), (part.table.name, part.table.schema)
    with catch_warnings():
        # SQLAlchemy looks for a name in the text of a table of SQLite too, and wonders at a quote in it.
        simplefilter("ignore", SAWarning)
        return asked.get_foreign_keys(*place) if asked.has_table(*place) else []
