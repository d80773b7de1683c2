"""What a revision declares: which tables and columns are keyed by which identity.

The engine knows no table by name. A revision builds its own frozen `sqlalchemy.Table` objects and
hands their columns over in one `Spec`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NoReturn

from sqlalchemy import Column, ColumnElement, DateTime, Float, Integer, Numeric, Select, String, Table, Uuid

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec.roles import created_faults, own_roles, role_faults
from alembic_rekey.spec.stamp import UNITS, Epoch, Stamp

__all__ = ["Check", "Epoch", "Identity", "Relation", "Slots", "Spec", "Stamped", "Tags"]

Relation = Select[*tuple[Any, ...]]
"""A select of any columns: a plan, what a check finds."""

# PostgreSQL cuts names off at 63 bytes; the longest of ours put these in front and behind.
_MOST_OF_A_NOUN, _MOST_OF_A_TABLE = 30, 63 - len("rekey_journal_")
_NOUN = re.compile(rf"[a-z][a-z0-9_]{{0,{_MOST_OF_A_NOUN - 1}}}")


class Stamped(Enum):
    """Who writes `updated_at` of a row that a fold changes (design, section 3)."""

    BY_THE_RUN = "by the run"
    BY_THE_DATABASE = "by the database"
    """A trigger or ON UPDATE does: the run neither writes nor compares it, and a downgrade does not put it back."""


def _table_of(columns: tuple[Stamp | None, ...]) -> Table:
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


class _Stamping:
    """What the parts have in common about time."""

    updated_at: Stamp | None
    stamped: Stamped

    @property
    def stamp(self) -> Stamp | None:
        """The time column that the run writes, if it writes one."""
        return self.updated_at if self.stamped is Stamped.BY_THE_RUN else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity(_Stamping):
    """The table whose rows carry the registered names (design, section 3, Identities).

    `registered` names the list of the registry that holds these names, by default the noun with an s.
    `created` gives the values of a canonical row that has to be created, beside its key, name and
    timestamps: constants by column name, or expressions over `name`, which stands for the canonical name
    there. A key of text or of type Uuid is computed from the name, an integer is left to the database.
    """

    noun: str
    key: Column[Any]
    name: Column[str]
    created_at: Stamp | None = None
    updated_at: Stamp | None = None
    created: Mapping[str, str | int | float | bool | ColumnElement[Any] | None] = field(default_factory=dict)
    registered: str | None = None
    stamped: Stamped = Stamped.BY_THE_RUN

    @property
    def listed(self) -> str:
        """The list of the registry that holds the names."""
        return f"{self.noun}s" if self.registered is None else self.registered

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return _table_of((self.key, self.name, self.created_at, self.updated_at))

    @property
    def database_makes_keys(self) -> bool:
        """Whether a created row gets its key from the database, so that it can be found by its name only."""
        return isinstance(self.key.type, Integer)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots(_Stamping):
    """A table with at most one row per identity and slot (design, section 3, Slots)."""

    noun: str
    key: Column[Any]
    owner: Column[Any]
    slot: tuple[Column[Any], ...]
    value: Column[Any]
    status: Column[str]
    updated_at: Stamp
    active: str = "active"
    stamped: Stamped = Stamped.BY_THE_RUN

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return _table_of((self.key, self.owner, *self.slot, self.value, self.status, self.updated_at))


@dataclass(frozen=True, kw_only=True, eq=False)
class Tags(_Stamping):
    """A table whose rows carry a registered name in a text column (design, section 3, Tagged rows).

    With `agree` (the columns in which two rows of one canonical are duplicates) and `status`, the
    losers are superseded; without, rows are rekeyed and nothing else.
    """

    noun: str
    key: Column[Any]
    tag: Column[str]
    agree: tuple[Column[Any], ...] = ()
    status: Column[str] | None = None
    updated_at: Stamp | None = None
    superseded: str = "superseded"
    stamped: Stamped = Stamped.BY_THE_RUN

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
        # Without the schema: journals have none.
        tables = [part.table.name for part in self.parts]
        for kind, names in (("noun", nouns), ("table", tables)):
            for name in {name for name in names if names.count(name) > 1}:
                self._refuse(f"uses the {kind} {name!r} twice", f"give every part its own {kind}.")
        for part in self.parts:
            self._check_names(part)
            self._check_time(part.updated_at)
            for problem, remedy in role_faults(part):
                self._refuse(problem, remedy)
            if isinstance(part, Tags) and part.agree and part.status is None:
                self._refuse(
                    f"says for {part.noun!r} where rows agree, and no status",
                    "name the column that is set to superseded.",
                )
        self._check_time(self.identity.created_at)
        self._check_identity()

    def _check_time(self, stamp: Stamp | None) -> None:
        if stamp is None:
            return
        problem = f"has {stamp}, of type {stamp.type!r}, for a time"
        if isinstance(stamp, Epoch):
            if stamp.unit not in UNITS:
                self._refuse(f"has {stamp} in the unit {stamp.unit!r}", f"take one of {', '.join(UNITS)}.")
            if not isinstance(stamp.type, Integer | Numeric | Float):
                self._refuse(f"{problem} in numbers", "declare it as the Integer or Numeric that it is.")
        elif isinstance(stamp.type, Integer | Numeric | Float):
            remedy = f'say what its numbers count since 1970: Epoch({stamp}, "ms"), or "s", or "us".'
            self._refuse(problem, remedy)
        elif not isinstance(stamp.type, DateTime | String):
            self._refuse(problem, "declare it as DateTime, or a text as String.")

    def _check_names(self, part: Identity | Slots | Tags) -> None:
        if _NOUN.fullmatch(part.noun) is None:
            self._refuse(
                f"has the noun {part.noun!r}, which cannot stand in the names of counts and checks",
                f"take up to {_MOST_OF_A_NOUN} small letters, digits and underscores.",
            )
        if len(str(part.table.name).encode()) > _MOST_OF_A_TABLE:
            self._refuse(
                f"folds the table {part.table.name!r}, whose journal's name would be cut off",
                f"give the table a name of {_MOST_OF_A_TABLE} bytes at most.",
            )

    def _check_identity(self) -> None:
        identity = self.identity
        if not identity.listed.strip() or not identity.listed.isprintable() or identity.listed in ("id", "aliases"):
            self._refuse(
                f"names {identity.registered!r} for the list of the registry, which no list can be called",
                "write the field of the registry's document that holds the entries, or leave `registered` away.",
            )
        if identity.key is identity.name:
            self._refuse(
                f"has {identity.key} for the key and for the name",
                "give the table a key of its own: a name that is written otherwise would be another row.",
            )
        if not isinstance(identity.key.type, Integer | String | Uuid):
            self._refuse(
                f"has {identity.key}, of type {identity.key.type!r}, for the key of created rows",
                "declare it as what it is: an integer, a text or a Uuid.",
            )
        for problem, remedy in created_faults(identity.table, identity.name, own_roles(identity), identity.created):
            self._refuse(problem, remedy)

    def _refuse(self, problem: str, remedy: str) -> NoReturn:
        raise SpecRefused(f"the spec of revision {self.revision} {problem}", remedy)

    @property
    def deletable(self) -> tuple[Identity | Slots, ...]:
        """The parts whose rows a plan may delete."""
        return (self.identity, *self.slots)

    @property
    def parts(self) -> tuple[Identity | Slots | Tags, ...]:
        """Every part, the identity first, in the order in which reports list them."""
        return (self.identity, *self.slots, *self.tags)
