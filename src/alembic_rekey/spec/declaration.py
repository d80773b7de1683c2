"""What a revision declares: which tables and columns are keyed by which identity.

The engine knows no table by name. A revision builds its own frozen `sqlalchemy.Table` objects and
hands their columns over in one `Spec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

from sqlalchemy import Column, ColumnElement, DateTime, Float, Integer, Numeric, Select, String, Table, Uuid

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec.part import Part, Stamped, table_of
from alembic_rekey.spec.roles import created_faults, own_roles, role_faults
from alembic_rekey.spec.stamp import UNITS, Epoch, Stamp

__all__ = ["Check", "Identity", "Relation", "Slots", "Spec", "Tags"]

Relation = Select[*tuple[Any, ...]]
"""A select of any columns: a plan, what a check finds."""

# PostgreSQL cuts names off at 63 bytes; the longest of ours put these in front and behind.
_MOST_OF_A_NOUN, _MOST_OF_A_TABLE = 30, 63 - len("rekey_journal_")
_NOUN = re.compile(rf"[a-z][a-z0-9_]{{0,{_MOST_OF_A_NOUN - 1}}}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity(Part):
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
    deletable: ClassVar[bool] = True

    @property
    def listed(self) -> str:
        """The list of the registry that holds the names."""
        return f"{self.noun}s" if self.registered is None else self.registered

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return table_of((self.key, self.name, self.created_at, self.updated_at))

    @property
    def named(self) -> Column[str]:
        """The column of the name."""
        return self.name

    @property
    def times(self) -> tuple[Stamp, ...]:
        """Every column of times."""
        return tuple(stamp for stamp in (self.created_at, self.updated_at) if stamp is not None)

    @property
    def database_makes_keys(self) -> bool:
        """Whether a created row gets its key from the database, so that it can be found by its name only."""
        return isinstance(self.key.type, Integer)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots(Part):
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
    deletable: ClassVar[bool] = True

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return table_of((self.key, self.owner, *self.slot, self.value, self.status, self.updated_at))

    @property
    def owners(self) -> tuple[Column[Any], ...]:
        """The column of the owner."""
        return (self.owner,)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tags(Part):
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
        return table_of((self.key, self.tag, *self.agree, self.status, self.updated_at))

    @property
    def named(self) -> Column[str]:
        """The column of the tag."""
        return self.tag

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield that rows agree and no status says which of them counts."""
        if self.agree and self.status is None:
            yield (
                f"says for {self.noun!r} where rows agree, and no status",
                "name the column that is set to superseded.",
            )


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
    """All that one revision folds: `revision` is the revision's own identifier.

    `further` are parts of other kinds than these.
    """

    revision: str
    identity: Identity
    slots: tuple[Slots, ...] = ()
    tags: tuple[Tags, ...] = ()
    further: tuple[Part, ...] = ()
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
            for problem, remedy in (*role_faults(part), *part.faults()):
                self._refuse(problem, remedy)
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

    def _check_names(self, part: Part) -> None:
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
    def deletable(self) -> tuple[Part, ...]:
        """The parts whose rows a plan may delete."""
        return tuple(part for part in self.parts if part.deletable)

    @property
    def children(self) -> tuple[Part, ...]:
        """Every part but the identity."""
        return (*self.slots, *self.tags, *self.further)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, the identity first, in the order in which reports list them."""
        return (self.identity, *self.children)
