"""What a fold leads to: what is refused, what happens to each row, the rows afterwards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from reading.declaration import Row

__all__ = ["RUN_TIME", "Created", "Decision", "LeftBehind", "Outcome"]

RUN_TIME = Enum("RUN_TIME", ["NOW"]).NOW
"""Stands for the run's own timestamp, one and the same in all rows."""

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Created:
    """Stands for the key of a row that the run creates."""

    canonical: str
    within: Key = ()
    as_text: bool = False
    """Whether a column keeps it as text that is none."""


class Decision(NamedTuple):
    """What happens to one row, and to which name it belongs; `survivor`: the key of the row that takes its place."""

    action: str
    canonical: str
    survivor: Key | None = None


class LeftBehind(NamedTuple):
    """A value of a shadow that the row which stays does not get."""

    key: Key
    column: str
    value: Any
    instead: Any


@dataclass
class Outcome:
    """What the design asks for."""

    refusals: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    """What stands against it: `two canonical rows`, `collision`, `crowded`, `itself`, `unique`, `foreign key`."""
    actions: dict[str, dict[Key, Decision]] = field(default_factory=lambda: defaultdict(dict))
    """By noun and key (as it was before), what happens to a row; rows that are not touched are not named."""
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """The rows afterwards by table; nothing if refused."""
    lost: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    """By noun, the keys of rows that go and lead nowhere."""
    stand_ins: dict[Created, Any] = field(default_factory=dict)
    """Under which key the plan has a row that is still to be created: that of its first shadow."""
    leads: dict[str, dict[Key, Key]] = field(default_factory=lambda: defaultdict(dict))
    """By noun, where the key of a row that is gone, or is another now, leads."""
    left_behind: list[LeftBehind] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(self.refusals.values())

    @property
    def is_empty(self) -> bool:
        """Whether no row at all is touched."""
        return not any(self.actions.values())

    def said(self, noun: str) -> dict[Any, str]:
        """The action of each row of a part; keys of one column stand for themselves."""
        return {key[0] if len(key) == 1 else key: decision.action for key, decision in self.actions[noun].items()}
