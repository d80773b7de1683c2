"""What the catalog of a database is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table

__all__ = ["FIRED", "Hanging", "Leaving", "Pair", "Question", "Standing"]


@dataclass(frozen=True)
class Question:
    """SQL about the parts of a spec, which it finds listed as `rekey_part`: one SELECT."""

    sql: str
    columns: tuple[str, ...]
    reads: tuple[Question, ...] = ()
    """Others that it finds by their names."""
    name: str = "rekey_asked"


FIRED = ("table", "called", "event", "change", "column", "one_way")
"""What is told of a trigger: the table and how it is called, and the event that it names: `INSERT`, `UPDATE`, …

`change`: what has to be done to a row of the table; `column`: which has to be written for that, '' for any. `one_way`,
1 or 0: it may fire for a row that is changed, and not for the same row that is changed back.
"""

Pair = tuple[Table, tuple[str, ...], tuple[str, ...]]
"""A table, columns of it, and the columns that they refer to."""


@dataclass(frozen=True)
class Hanging:
    """What a guard asks: whether rows hang on those of `parent` that a journal names.

    Through the columns that are `covered` rows may hang on one that an action of `gone` takes away, the first action
    first; an action of `written` writes columns.
    """

    guard: str
    by_name: str
    """The guard of those that hang there through columns that are `covered`."""
    left_out: str
    """The guard of those among them that are not `counted`."""
    parent: Table
    noun: str
    keys: Sequence[str]
    journal: str
    covered: Sequence[Pair]
    gone: Sequence[str]
    written: Mapping[str, Sequence[str]]
    counted: Mapping[Table, Select[*tuple[Any, ...]]]
    """The keys of the rows that are moved, of the tables where these are not all."""


@dataclass(frozen=True)
class Leaving:
    """A table with its `keys`, whose rows leave what their `written` columns refer to, as `back` says."""

    table: Table
    keys: Sequence[str]
    back: str
    written: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """What the way back asks: whether rows hang on those of `parent` that `back` names with that `action`.

    Their `drift` is set then. Not asked is what is `covered`, and of the rows `leaving` those that are `untouched`.
    """

    parent: Table
    keys: Sequence[str]
    back: str
    covered: Sequence[Pair]
    leaving: Sequence[Leaving]
    drift: str
    untouched: str
    action: str
