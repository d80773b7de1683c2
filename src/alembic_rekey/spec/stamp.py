"""A column of times, as a spec declares one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column

__all__ = ["UNITS", "Epoch", "Stamp"]

UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000}
"""How many of each unit of `Epoch` a second has."""


@dataclass(frozen=True, eq=False)
class Epoch:
    """A column of times as numbers since 1970 in UTC: `unit` is "s", "ms" or "us". Stands where a time may."""

    column: Column[Any]
    unit: str

    @property
    def table(self) -> Any:
        """The table of the column."""
        return self.column.table

    @property
    def name(self) -> str:
        """The name of the column in the database."""
        return self.column.name

    @property
    def key(self) -> str:
        """The name of the column in the revision."""
        return self.column.key

    @property
    def type(self) -> Any:
        """The type of the column."""
        return self.column.type

    @property
    def per_second(self) -> int:
        """How many of the unit a second has."""
        return UNITS[self.unit]

    def __str__(self) -> str:
        """Return the column's name with that of its table."""
        return str(self.column)


Stamp = Column[Any] | Epoch
"""A column of times."""
