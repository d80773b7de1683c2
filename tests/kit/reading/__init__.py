"""A second, plain reading of the design's sections 3 and 4: any declaration, tables as lists of rows.

It shares no code with `src/`, and is deliberately slow and literal: where the two disagree, one of them has
misread the design.
"""

from __future__ import annotations

from reading.counts import Counts, counts_of
from reading.declaration import (
    SURVIVOR,
    Absorb,
    Declaration,
    Differing,
    Duplicates,
    Expression,
    ForeignKey,
    Identity,
    Itself,
    Match,
    Missing,
    Most,
    OnFold,
    Part,
    References,
    Row,
    Slots,
    Stamped,
    Tables,
    Tags,
    Time,
)
from reading.fold import folded
from reading.outcome import RUN_TIME, Created, Decision, LeftBehind, Outcome
from reading.values import instant, key

__all__ = [
    "RUN_TIME",
    "SURVIVOR",
    "Absorb",
    "Counts",
    "Created",
    "Decision",
    "Declaration",
    "Differing",
    "Duplicates",
    "Expression",
    "ForeignKey",
    "Identity",
    "Itself",
    "LeftBehind",
    "Match",
    "Missing",
    "Most",
    "OnFold",
    "Outcome",
    "Part",
    "References",
    "Row",
    "Slots",
    "Stamped",
    "Tables",
    "Tags",
    "Time",
    "counts_of",
    "folded",
    "instant",
    "key",
]
