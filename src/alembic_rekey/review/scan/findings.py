"""What a scan found, as values that a person reads and a program gets as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Holding", "KeysHeld", "Scan", "Unrecorded", "Unregistered", "WrittenSince"]


@dataclass(frozen=True)
class Holding:
    """A column, or a place in its documents, that holds registered names; `values` are those that say something."""

    table: str
    column: str
    path: str
    noun: str
    declared: bool
    rows: int
    values: int
    names: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class KeysHeld:
    """A column without a foreign key that holds keys of rows that went, or that the next fold takes away.

    `where` is the column of a type that stands beside it, and what that says in these rows.
    """

    table: str
    column: str
    noun: str
    rows: int
    where: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unregistered:
    """A name in a folded column that no list registers, and the canonical that it nearly is, if there is one."""

    table: str
    column: str
    noun: str
    name: str
    rows: int
    near: str | None


@dataclass(frozen=True)
class Unrecorded:
    """A fold whose revision counts as applied, and that never ran: rows under its aliases are still there."""

    revision: str
    noun: str


@dataclass(frozen=True)
class WrittenSince:
    """Rows that were written under an alias since the last fold, or never folded; `day` where a time tells."""

    table: str
    column: str
    noun: str
    alias: str
    canonical: str
    day: str | None
    rows: int


@dataclass
class Scan:
    """All that was found; `notes` are about what was not looked at, or not whole."""

    tables: int = 0
    holdings: list[Holding] = field(default_factory=list)
    keys: list[KeysHeld] = field(default_factory=list)
    unregistered: list[Unregistered] = field(default_factory=list)
    since: list[WrittenSince] = field(default_factory=list)
    unrecorded: list[Unrecorded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[Holding]:
        """The columns that hold registered names and are in no spec."""
        return [one for one in self.holdings if not one.declared]

    @property
    def alarms(self) -> bool:
        """Whether a monitor is to be told."""
        return bool(self.outside or self.keys or self.since)

    @property
    def document(self) -> dict[str, Any]:
        """What a program reads."""
        return asdict(self)
