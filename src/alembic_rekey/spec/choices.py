"""The words of a spec: what it chooses among (design, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Column

__all__ = [
    "SURVIVOR",
    "Absorb",
    "Differing",
    "Duplicates",
    "Itself",
    "Match",
    "Missing",
    "Most",
    "OnFold",
    "Stamped",
    "most",
]


class Duplicates(Enum):
    """Where the groups of one identity come from."""

    REGISTERED = "registered"
    FOUND = "found"
    """Rows whose `match` is equal are one; no registry is read."""


class Match(Enum):
    """When two names are one."""

    FOLDED = "folded"
    """Trimmed and in small letters, as Python does it."""
    EXACT = "exact"


class Missing(Enum):
    """What happens where no row carries the canonical name."""

    CREATE = "create"
    PROMOTE = "promote"
    """The first alias row is renamed in place."""


class Absorb(Enum):
    """How a row that stays takes from those that go, in the order of their ranks."""

    COALESCE = "coalesce"
    """The first value that is one."""
    SUM = "sum"
    MIN = "min"
    MAX = "max"


class OnFold(Enum):
    """What becomes of a row that refers to a shadow."""

    MOVE = "move"
    DELETE = "delete"
    SET_NULL = "set null"


class Itself(Enum):
    """What becomes of a row two owners of which become one, or of a row that would be its own parent."""

    REFUSE = "refuse"
    KEEP = "keep"
    DELETE = "delete"
    SET_NULL = "set null"
    """Only of the identity's own owners: the row has no parent then."""


class Differing(Enum):
    """What happens where live values of one slot differ."""

    REFUSE = "refuse"
    """Until a person decides."""
    CANONICAL = "canonical"
    """The survivor's own row stays; where there is none, the first by rank."""
    NEWEST = "newest"


class Stamped(Enum):
    """Who writes `updated_at` of a row that a fold changes."""

    BY_THE_RUN = "by the run"
    BY_THE_DATABASE = "by the database"
    """A trigger or ON UPDATE does: the run neither writes nor compares it, and a downgrade does not put it back."""


class _Survivor(Enum):
    SURVIVOR = "the survivor's key"


SURVIVOR: Final = _Survivor.SURVIVOR
"""Among the columns of `retire`: the key of the row that a shadow is folded into."""


@dataclass(frozen=True, eq=False)
class Most:
    """See `most`."""

    column: Column[Any]


def most(column: Column[Any]) -> Most:
    """Return what puts the row first that most rows refer to by `column`, among the `survivor` expressions."""
    return Most(column)
