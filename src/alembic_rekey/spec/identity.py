"""The table whose rows are the things themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, String, Table, Uuid
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.spec.choices import SURVIVOR, Absorb, Duplicates, Itself, Match, Missing, Most, Stamped
from alembic_rekey.spec.part import Key, Owners, Part, by_name, table_of
from alembic_rekey.spec.roles import taken_faults
from alembic_rekey.spec.stamp import Stamp

__all__ = ["Identity"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity(Part):
    """The table whose rows are projects, customers, tags (design, section 3, Identity).

    `registered` names the list of the registry that holds the names, by default the noun with an s. `created` gives
    the values of a canonical row that has to be created, beside its key, name, `within` and timestamps: constants by
    column name, or expressions over `name`, which stands for the canonical name there. A key of text or of type Uuid
    is computed from the name, an integer is left to the database.
    """

    noun: str
    key: Key
    name: Column[Any] | None = None
    duplicates: Duplicates = Duplicates.REGISTERED
    registered: str | None = None
    match: Match | ColumnElement[Any] | tuple[ColumnElement[Any], ...] = Match.FOLDED
    within: tuple[Column[Any], ...] = ()
    where: ColumnElement[bool] | None = None
    survivor: tuple[ColumnElement[Any] | Most, ...] = ()
    missing: Missing = Missing.CREATE
    absorb: Mapping[Any, Absorb] = field(default_factory=dict)
    retire: Mapping[Any, Any] | None = None
    owners: Owners = ()
    itself: Itself = Itself.REFUSE
    created_at: Stamp | None = None
    updated_at: Stamp | None = None
    created: Mapping[Any, str | int | float | bool | ColumnElement[Any] | None] = field(default_factory=dict)
    stamped: Stamped = Stamped.BY_THE_RUN

    @property
    def found(self) -> bool:
        """Whether the groups are found in the data."""
        return self.duplicates is Duplicates.FOUND

    @property
    def is_named_by_key(self) -> bool:
        """Whether the names are the keys, as where pairs of ids are listed."""
        return any(known is self.name for known in self.keys)

    @property
    def creates(self) -> bool:
        """Whether a fold may create rows."""
        return not self.found and self.missing is Missing.CREATE and not self.is_named_by_key

    @property
    def listed(self) -> str:
        """The list of the registry that holds the names."""
        return f"{self.noun}s" if self.registered is None else self.registered

    @property
    def matching(self) -> tuple[ColumnElement[Any], ...]:
        """The expressions that are equal for rows that are one; none where names are compared."""
        if isinstance(self.match, Match):
            return ()
        return self.match if isinstance(self.match, tuple) else (self.match,)

    @property
    def reading(self) -> Mapping[str, Sequence[ColumnElement[Any]]]:
        """Those that match rows and that choose among them, too."""
        ranks = [each for each in self.survivor if not isinstance(each, Most)]
        return {**super().reading, "match": self.matching, "survivor": ranks}

    @property
    def retiring(self) -> dict[str, Any] | None:
        """The columns that are set in a shadow, by name; None where it is deleted."""
        return None if self.retire is None else by_name(self.retire)

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        own = (*self.keys, self.name, *self.within, *self.owner_columns)
        return table_of((*own, self.created_at, self.updated_at))

    @property
    def apart(self) -> tuple[Column[Any], ...]:
        """The columns by which rows of one name are told apart: also what is matched beside the name."""
        read = (element for each in self.matching for element in iterate(each))
        matched = {known: None for known in read if isinstance(known, Column) and known is not self.name}
        return (*self.within, *matched)

    @property
    def told(self) -> tuple[Column[Any], ...]:
        """The columns of the key that tell the rows of a group apart: what they agree in does not."""
        agreed = {*self.within}
        return tuple(known for known in self.keys if known not in agreed)

    @property
    def deletable(self) -> bool:
        """Shadows are deleted, where they are not retired."""
        return self.retire is None

    @property
    def named(self) -> tuple[Column[Any], ...]:
        """The column of the name, where it is written."""
        return () if self.name is None or self.is_named_by_key else (self.name,)

    @property
    def emptied(self) -> tuple[Column[Any], ...]:
        """Those of a parent that a row would be itself, and those that a shadow is left without."""
        owners = self.owner_columns if self.itself is Itself.SET_NULL else ()
        left = [self.table.c[name] for name, value in (self.retiring or {}).items() if value is None]
        return (*owners, *left)

    @property
    def called(self) -> Column[Any] | None:
        """The column of the name."""
        return self.name

    @property
    def creating(self) -> dict[str, Any]:
        """What a created row holds, by the column's name."""
        return by_name(self.created)

    @property
    def given_at_creation(self) -> list[str]:
        """The columns that a created row is given a value for, NULL too."""
        given = [str(known.name) for known in (*self.named, *self.within)]
        times = [str(stamp.name) for stamp in (self.created_at, self.stamp) if stamp is not None]
        return [*given, *self.creating, *self.absorbing, *times]

    @property
    def keeps_created(self) -> bool:
        """An identity is the only kind of part in which rows are created."""
        return True

    @property
    def times(self) -> tuple[Stamp, ...]:
        """Every column of times."""
        return tuple(stamp for stamp in (self.created_at, self.updated_at) if stamp is not None)

    @property
    def database_makes_keys(self) -> bool:
        """Whether a created row gets its key from the database, so that it can be found by its name only."""
        return len(self.keys) == 1 and isinstance(self.keys[0].type, Integer)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        if self.found and self.registered is not None:
            yield "finds its duplicates in the data, and names a list of the registry", "leave `registered` away."
        if not self.found and self.name is None:
            yield "has no name, and takes its groups from the registry", "name the column, or find: Duplicates.FOUND."
        if not self.found and self.matching:
            yield (
                "matches by an expression what the registry lists",
                "match FOLDED or EXACT, or find: Duplicates.FOUND.",
            )
        if self.found and self.name is None and not self.matching:
            yield "has neither a name nor an expression to match by", "say what makes two rows one: match=(…,)."
        named_by_key = not self.found and self.name is not None and self.is_named_by_key
        if named_by_key and isinstance(self.keys[0].type, String) and self.match is not Match.EXACT:
            yield (
                f"has {self.name} for the key and for the name",
                "match=Match.EXACT, if the registry lists pairs of keys; else give the table a key of its own: a name "
                "that is written otherwise would be another row.",
            )
        yield from self._column_faults()
        if not self.found and self.missing is Missing.CREATE:
            yield from self._creation_faults()

    def _column_faults(self) -> Iterator[tuple[str, str]]:
        for role, named in (("absorb", self.absorbing), ("retire", self.retiring or {})):
            for name in named:
                if name not in {str(known.name) for known in self.table.columns}:
                    yield f"says {role} for {name!r}, which its table is not declared with", "declare the column."
        # Found rows keep the survivor's name, unless it takes another.
        written = ("key", "within", "owners", "updated_at", *(() if self.found else ("name",)))
        yield from taken_faults(self, self.absorbing, role="absorb", others=written)
        yield from taken_faults(self, self.retiring or (), role="retire", others=("key", "updated_at"))
        if self.itself is Itself.DELETE:
            yield "would delete a row that becomes its own parent", "take Itself.SET_NULL, KEEP or REFUSE."
        wanting = [name for name, value in (self.retiring or {}).items() if value is SURVIVOR]
        if wanting and len(self.told) != 1:
            yield f"sets {wanting[0]!r} to the survivor's key, which has several columns", "leave it away."

    def _creation_faults(self) -> Iterator[tuple[str, str]]:
        for name in self.creating.keys() & self.absorbing.keys():
            yield (
                f"gives created rows a value for {name!r}, which they absorb from the shadows",
                "leave it out of created, or of absorb.",
            )
        if self.name is None or self.is_named_by_key:
            # The names are the keys: there is none to be made.
            return
        if len(self.keys) > 1:
            yield "would create rows whose key has several columns", "take missing=Missing.PROMOTE."
        elif not isinstance(self.keys[0].type, Integer | String | Uuid):
            yield (
                f"has {self.keys[0]}, of type {self.keys[0].type!r}, for the key of created rows",
                "declare it as what it is: an integer, a text or a Uuid; or rename an alias row instead, "
                "missing=Missing.PROMOTE.",
            )
        elif self.within and not self.database_makes_keys:
            yield "would make keys from names that are one within other columns only", "take missing=Missing.PROMOTE."
