"""What a revision declares: which tables and columns are keyed by which identity.

The engine knows no table by name. A revision builds its own frozen `sqlalchemy.Table` objects and
hands their columns over in one `Spec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Select, Table

from alembic_rekey.errors import SpecRefused

__all__ = ["Check", "Identity", "Relation", "Slots", "Spec", "Tags"]

Relation = Select[*tuple[Any, ...]]
"""A select of any columns: a plan, what a check finds."""


def _table_of(columns: tuple[Column[Any] | None, ...]) -> Table:
    tables = {column.table for column in columns if column is not None}
    if len(tables) != 1:
        names = sorted(str(table) for table in tables)
        raise SpecRefused(
            f"one part of a spec names columns of several tables: {', '.join(names)}",
            "give each Identity, Slots and Tags the columns of one table.",
        )
    table = tables.pop()
    if not isinstance(table, Table):
        raise SpecRefused(f"{table} is not a table", "declare a sqlalchemy.Table in the revision.")
    return table


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity:
    """The table whose rows carry the registered names (design, section 3, Identities).

    `created` gives the values of a canonical row that has to be created, beside its key, name and
    timestamps: constants by column name.
    """

    noun: str
    key: Column[Any]
    name: Column[str]
    created_at: Column[Any] | None = None
    updated_at: Column[Any] | None = None
    created: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return _table_of((self.key, self.name, self.created_at, self.updated_at))


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots:
    """A table with at most one row per identity and slot (design, section 3, Slots)."""

    noun: str
    key: Column[Any]
    owner: Column[Any]
    slot: tuple[Column[Any], ...]
    value: Column[Any]
    status: Column[str]
    updated_at: Column[Any]
    active: str = "active"

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return _table_of((self.key, self.owner, *self.slot, self.value, self.status, self.updated_at))


@dataclass(frozen=True, kw_only=True, eq=False)
class Tags:
    """A table whose rows carry a registered name in a text column (design, section 3, Tagged rows).

    With `agree` (the columns in which two rows of one canonical are duplicates) and `status`, the
    losers are superseded; without, rows are rekeyed and nothing else.
    """

    noun: str
    key: Column[Any]
    tag: Column[str]
    agree: tuple[Column[Any], ...] = ()
    status: Column[str] | None = None
    updated_at: Column[Any] | None = None
    superseded: str = "superseded"

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return _table_of((self.key, self.tag, *self.agree, self.status, self.updated_at))


@dataclass(frozen=True, kw_only=True, eq=False)
class Check:
    """A check of the guard, as a relation: each row of `offending` is one finding.

    `name` is the name of the CHECK constraint that a script stops at, at most 63 bytes of lower-case
    letters, digits and underscores. `claim` says what must hold; a script shows it. `sentence` is a
    format string over the labels of `offending` and says what one of its rows is.
    """

    name: str
    claim: str
    sentence: str
    remedy: str
    offending: Relation


@dataclass(frozen=True, kw_only=True, eq=False)
class Spec:
    """All that one revision folds: `revision` is the revision's own identifier."""

    revision: str
    identity: Identity
    slots: tuple[Slots, ...] = ()
    tags: tuple[Tags, ...] = ()
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        nouns = [part.noun for part in self.parts]
        tables = [part.table.fullname for part in self.parts]
        for kind, names in (("noun", nouns), ("table", tables)):
            for name in {name for name in names if names.count(name) > 1}:
                raise SpecRefused(
                    f"the spec of revision {self.revision} uses the {kind} {name!r} twice",
                    f"give every part its own {kind}.",
                )

    @property
    def deletable(self) -> tuple[Identity | Slots, ...]:
        """The parts whose rows a plan may delete."""
        return (self.identity, *self.slots)

    @property
    def parts(self) -> tuple[Identity | Slots | Tags, ...]:
        """Every part, the identity first, in the order in which reports list them."""
        return (self.identity, *self.slots, *self.tags)
