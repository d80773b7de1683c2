"""What a spec declares (design, section 3), as plain data: tables and columns by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

__all__ = [
    "SURVIVOR",
    "Absorb",
    "Columns",
    "Declaration",
    "Differing",
    "Duplicates",
    "Expression",
    "ForeignKey",
    "Identity",
    "Itself",
    "Match",
    "Missing",
    "Most",
    "OnFold",
    "Owned",
    "Part",
    "References",
    "Row",
    "Slots",
    "Stamped",
    "Tables",
    "Tags",
    "Time",
]

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]
Columns = tuple[str, ...]


class Duplicates(Enum):
    REGISTERED = auto()
    FOUND = auto()


class Match(Enum):
    FOLDED = auto()
    EXACT = auto()


class Missing(Enum):
    CREATE = auto()
    PROMOTE = auto()


class Absorb(Enum):
    COALESCE = auto()
    SUM = auto()
    MIN = auto()
    MAX = auto()


class OnFold(Enum):
    MOVE = auto()
    DELETE = auto()
    SET_NULL = auto()


class Itself(Enum):
    REFUSE = auto()
    KEEP = auto()
    DELETE = auto()
    SET_NULL = auto()
    """For the owners of the identity itself."""


class Differing(Enum):
    REFUSE = auto()
    CANONICAL = auto()
    NEWEST = auto()


class Stamped(Enum):
    BY_THE_RUN = auto()
    BY_THE_DATABASE = auto()


SURVIVOR = Enum("SURVIVOR", ["KEY"]).KEY
"""In `retire`: the key of the row that stays."""


@dataclass(frozen=True)
class Expression:
    """Something about a row: `sql` as a revision writes it, `read` as Python has it from the row's columns."""

    sql: str
    read: Callable[[Row], Any]


@dataclass(frozen=True)
class Most:
    """Ranks first what most rows refer to by this column of another table."""

    table: str
    column: str


@dataclass(frozen=True)
class Time:
    """A column of times; numbers since 1970 have a unit: "s", "ms" or "us"."""

    column: str
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """What every part has: its table, what names a row there, which rows count, who writes the time."""

    table: str
    noun: str
    key: Columns
    where: Expression | None = None
    updated_at: Time | None = None
    stamped: Stamped = Stamped.BY_THE_RUN

    def key_of(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in self.key)

    def counts(self, row: Row) -> bool:
        """Whether the row is one of those that the part is about."""
        return self.where is None or bool(self.where.read(row))


@dataclass(frozen=True, kw_only=True)
class Identity(Part):
    """The things themselves."""

    name: str | None = None
    duplicates: Duplicates = Duplicates.REGISTERED
    match: Match | tuple[Expression, ...] = Match.FOLDED
    within: Columns = ()
    survivor: tuple[Expression | Most, ...] = ()
    missing: Missing = Missing.CREATE
    absorb: Mapping[str, Absorb] = field(default_factory=dict)
    retire: Mapping[str, Any] | None = None
    owners: tuple[Columns, ...] = ()
    itself: Itself = Itself.REFUSE
    created: Mapping[str, Any] = field(default_factory=dict)
    created_at: Time | None = None


@dataclass(frozen=True, kw_only=True)
class Owned(Part):
    """Rows that refer to the identity, or by `of` to the rows of a `Slots` with that noun."""

    owners: tuple[Columns, ...]
    of: str | None = None
    names: Columns = ()
    itself: Itself = Itself.REFUSE


@dataclass(frozen=True, kw_only=True)
class References(Owned):
    """Rows that all stay."""

    on_fold: OnFold = OnFold.MOVE


@dataclass(frozen=True, kw_only=True)
class Slots(Owned):
    """At most one row per owners and slot."""

    slot: Columns = ()
    value: str | None = None
    status: str | None = None
    active: str = "active"
    differing: Differing = Differing.REFUSE
    absorb: Mapping[str, Absorb] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tags(Part):
    """Rows that carry the name as text, in one column or several."""

    tag: Columns
    agree: Columns = ()
    status: str | None = None
    superseded: str = "superseded"
    within: Columns = ()


@dataclass(frozen=True)
class ForeignKey:
    """What the database itself holds together: these columns of a table, and those that they refer to."""

    table: str
    columns: Columns
    target: str
    referred: Columns


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One spec, and what the database holds its tables to: unique columns by table, foreign keys."""

    identity: Identity
    references: tuple[References, ...] = ()
    slots: tuple[Slots, ...] = ()
    tags: tuple[Tags, ...] = ()
    unique: Mapping[str, tuple[Columns, ...]] = field(default_factory=dict)
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def children(self) -> tuple[Part, ...]:
        return (*self.references, *self.slots, *self.tags)
