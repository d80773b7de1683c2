"""What the catalog says of constraints: texts of SQL over the columns of a table, and what they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["Condition", "Conditions", "Kept", "Room", "UniqueIndex"]


@dataclass(frozen=True)
class UniqueIndex:
    """One unique index or constraint: what must differ from row to row, as SQL over the columns of the table."""

    name: str
    expressions: tuple[str, ...]
    condition: str | None
    """Which rows it is about, as SQL."""
    plain: frozenset[str]
    """The columns that are compared as they are, letter by letter."""
    covered: frozenset[str] | None
    """The columns that it depends on; None where only its text tells."""
    nulls_differ: bool
    generated: tuple[tuple[str, str], ...] = ()
    """The columns that the database makes of others of a row, and how, as SQL."""
    operators: tuple[str, ...] = ()
    """By what an exclusion constraint compares each expression: rows of which all hold exclude each other."""
    immediate: bool = True
    """Whether it is asked of each row that a statement writes, and not at the end of that."""
    only: str = ""
    """Where the table has heirs, whose rows are none of its: the table as `to_regclass` reads it."""


@dataclass(frozen=True)
class Condition:
    """What a row must be: the database refuses one of which it is false."""

    name: str
    """What a person would call it."""
    said: str
    """It as SQL over the columns of the table."""
    covered: frozenset[str]


@dataclass(frozen=True)
class Room:
    """Which numbers a column has room for, when they are rounded as it rounds them."""

    least: Decimal
    most: Decimal
    scale: int


@dataclass(frozen=True)
class Kept:
    """How a column keeps what is written to it."""

    type: str
    length: int | None = None
    """The letters that it has room for; blanks behind them are cut off."""
    room: Room | None = None
    collation: str = ""
    """As SQL, where it is not that of the type."""


@dataclass(frozen=True)
class Conditions:
    """What a table asks of its rows, in the order in which it asks."""

    asked: tuple[Condition, ...] = ()
    kept: Mapping[str, Kept] = field(default_factory=dict)
    """By the name of a column."""
    required: tuple[str, ...] = ()
    """The columns that take no NULL, but for those that the database makes."""
    inserts_as_given: bool = True
    """Whether a row that is inserted is asked as it was given: no trigger comes before."""
