"""Tables as they stand, whoever declared them: columns, keys, what must differ, what refers to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.types import TypeEngine

from alembic_rekey.sql.dialects.survey import Place

__all__ = ["Described", "Field", "Link", "Schema", "Uniqueness", "called"]


@dataclass(frozen=True)
class Field:
    """One column. `filled`: the database has a value for it where none is given."""

    name: str
    type: TypeEngine[Any]
    nullable: bool = True
    filled: bool = False
    default: str | None = None
    computed: str | None = None


@dataclass(frozen=True)
class Link:
    """A foreign key: `columns` refer to the columns `referred` of the table at `to`."""

    columns: tuple[str, ...]
    to: Place
    referred: tuple[str, ...]


@dataclass(frozen=True)
class Uniqueness:
    """Columns in which no two rows agree; `whole` unless that is so among some rows only, or of expressions."""

    name: str
    columns: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True)
class Described:
    """One table, partitions included."""

    place: Place
    fields: tuple[Field, ...]
    primary: tuple[str, ...] = ()
    unique: tuple[Uniqueness, ...] = ()
    links: tuple[Link, ...] = ()
    rows: int | None = None
    unread: str = ""

    @property
    def name(self) -> str:
        """The name without its schema."""
        return self.place[1]

    @cached_property
    def table(self) -> Table:
        """The table for queries."""
        columns = [Column(field.name, field.type) for field in self.fields]
        return Table(self.name, MetaData(), *columns, schema=self.place[0])

    def field(self, name: str) -> Field:
        """Return the column of that name."""
        return next(field for field in self.fields if field.name == name)

    @property
    def unlinked(self) -> list[Field]:
        """The columns that refer to nothing, as far as foreign keys tell, and are not generated."""
        linked = {name for link in self.links for name in link.columns}
        return [field for field in self.fields if field.name not in linked and field.computed is None]

    @property
    def identifying(self) -> tuple[tuple[str, ...], ...]:
        """What tells rows apart, the primary key first: columns without NULL in which no two rows agree."""
        needed = {field.name for field in self.fields if not field.nullable}
        others = [each.columns for each in self.unique if each.whole and {*each.columns} <= needed]
        found = [self.primary, *sorted(others, key=len)] if self.primary else sorted(others, key=len)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Schema:
    """Every table that was found, by its place."""

    tables: Mapping[Place, Described]

    def linked(self, parent: Place) -> Iterator[tuple[Described, Link]]:
        """Yield each foreign key that leads to the table at `parent`, with the table it is of."""
        for described in self.tables.values():
            yield from ((described, link) for link in described.links if link.to == parent)


def called(place: Place) -> str:
    """Return what a person calls a table."""
    return ".".join(part for part in place if part is not None)
