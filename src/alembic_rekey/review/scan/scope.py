"""What a scan looks at: tables, the folds that are declared, and the names that they know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, false, func, or_, true
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.review.schema.description import Described, Schema
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.spec import Part, Spec

__all__ = ["Folded", "Naming", "Scope"]


@dataclass(frozen=True)
class Folded:
    """One fold, and the names that the registry has for its identity."""

    spec: Spec
    registry: Registry
    names: Names

    @property
    def noun(self) -> str:
        """What its rows are."""
        return self.spec.identity.noun

    @cached_property
    def longest(self) -> int:
        """How many letters the longest name has."""
        return max((len(name.alias) for name in self.registry.names), default=0)


@dataclass(frozen=True)
class Naming:
    """A column that a part declares for names, and the rows of it that are looked at; `counts` are those that count."""

    part: Part
    described: Described
    known: Column[Any]
    rows: FromClause
    stored: ColumnElement[Any]
    written: ColumnElement[Any]
    counts: Sequence[ColumnElement[bool]]

    @property
    def follows(self) -> bool:
        """Whether the name stands beside an owner, with which it changes."""
        return self.known in getattr(self.part, "names", ())


@dataclass(frozen=True)
class Scope:
    """Every fold of the project, and the tables to look at."""

    schema: Schema
    looking: Looking
    specs: Sequence[Spec]

    @cached_property
    def declared(self) -> frozenset[tuple[str | None, str, str]]:
        """The columns that some spec declares for names."""
        return _places((part, _names_of(part)) for part in self._parts())

    @cached_property
    def followed(self) -> frozenset[tuple[str | None, str, str]]:
        """The columns of keys, and those that a spec declares to refer to one."""
        return _places((part, (*part.keys, *part.owner_columns)) for part in self._parts())

    def _parts(self) -> Iterator[Part]:
        return (part for spec in self.specs for part in spec.parts)

    def readable(self) -> Iterator[Described]:
        """Yield the tables whose rows this account sees whole."""
        return (described for described in self.schema.tables.values() if not described.unread)

    def described(self, part: Part) -> Described | None:
        """Return the table of a part, where it is there and can be read."""
        found = self.schema.tables.get((part.table.schema, str(part.table.name)))
        return None if found is None or found.unread else found

    def uncovered(self, parent: Part, described: Described, column: str, rows: FromClause) -> ColumnElement[bool]:
        """Return which of `rows` no fold reaches by that column, as an owner that refers to rows of `parent`."""
        parts = [part for spec in self.specs for part in spec.parts if spec.parent(part).noun == parent.noun]
        reached = [
            and_(true(), *(_of(part, each, rows) for each in part.counting))
            for part in parts
            if (*described.place, column) in _places(iter([(part, part.owner_columns)]))
        ]
        return func.coalesce(or_(false(), *reached), false()).is_(false())

    def naming(self, folded: Folded) -> Iterator[Naming]:
        """Yield the columns of a fold that hold names, where they are there."""
        for part in folded.spec.parts:
            described = self.described(part)
            fields = () if described is None else {field.name for field in described.fields}
            for known in _names_of(part):
                if described is not None and known.name in fields:
                    rows = self.looking.rows(described)
                    stored = rows.c[str(known.name)]
                    written = written_name(folded.spec.identity, stored)
                    counts = [_of(part, each, rows) for each in part.counting]
                    yield Naming(part, described, known, rows, stored, written, counts)


def _names_of(part: Part) -> tuple[Column[Any], ...]:
    called = () if part.called is None else (part.called,)
    return tuple(dict.fromkeys((*called, *part.named, *getattr(part, "names", ()))))


def _places(declared: Iterator[tuple[Part, Sequence[Column[Any]]]]) -> frozenset[tuple[str | None, str, str]]:
    return frozenset(
        (part.table.schema, str(part.table.name), str(known.name)) for part, columns in declared for known in columns
    )


def _of(part: Part, condition: ColumnElement[bool], rows: FromClause) -> ColumnElement[bool]:
    """Return a condition of a part as one of the rows that are looked at."""

    def stored(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        return rows.c[element.name] if isinstance(element, Column) and element.table is part.table else None

    return replacement_traverse(condition, {}, stored)
