"""What every part of a spec has, whatever its kind: a table with a key, its times, how it refers to the identity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Table

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec.choices import Absorb, Itself, Stamped
from alembic_rekey.spec.stamp import Stamp

__all__ = ["Key", "Owner", "Owners", "Part", "by_name", "columns_of", "table_of", "unhandled"]

Key = Column[Any] | tuple[Column[Any], ...]
"""A key of one column, or of several."""

Owner = tuple[Column[Any], ...]
"""The columns by which a row refers to another, as many as that one's key has."""

Owners = tuple[Key, ...]
"""As a spec declares them."""


def columns_of(key: Key) -> tuple[Column[Any], ...]:
    """Return the columns of a key."""
    return key if isinstance(key, tuple) else (key,)


def by_name(given: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a spec gives per column, by the column's name, whether it was written as a column or as its name."""
    return {str(getattr(known, "name", known)): value for known, value in given.items()}


def table_of(columns: Iterable[Stamp | None]) -> Table:
    """Return the one table that `columns` belong to.

    Raises:
        SpecRefused: if they belong to several, or to what is no table.
    """
    tables = {column.table for column in columns if column is not None}
    if len(tables) != 1:
        names = sorted(str(table) for table in tables)
        raise SpecRefused(
            f"one part of a spec names columns of several tables: {', '.join(names)}",
            "give each Identity, References, Slots and Tags the columns of one table.",
        )
    table = tables.pop()
    if not isinstance(table, Table):
        raise SpecRefused(f"{table} is not a table", "declare a sqlalchemy.Table in the revision.")
    return table


class Part:
    """One table of a spec. What a phase does with a part it looks up by the part's class.

    A kind of part is a class of its own, and per phase what it registers with that phase's dispatcher, from
    `plan.plan.decisions` on: `git grep -A1 "^@singledispatch"` lists them all.
    """

    noun: str
    key: Key
    owners: Owners = ()
    of: str | None = None
    """The noun of the slots whose rows the owners refer to, if it is not the identity."""
    where: ColumnElement[bool] | None = None
    """The rows that count."""
    itself: Itself = Itself.REFUSE
    names: tuple[Column[Any], ...] = ()
    """The columns that carry the owner's name, and follow it."""
    absorb: Mapping[Any, Absorb] = {}
    updated_at: Stamp | None = None
    stamped: Stamped = Stamped.BY_THE_RUN

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        """The columns of the key."""
        return columns_of(self.key)

    @property
    def key_moves(self) -> bool:
        """Whether a row that moves to another owner, or carries another name, gets another key."""
        return bool({*self.keys} & {*self.named, *self.owner_columns})

    @property
    def owner_columns(self) -> tuple[Column[Any], ...]:
        """The columns of all owners, in their order."""
        return tuple(column for owner in self.owning for column in owner)

    @property
    def counting(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions of a row that counts: none where all do."""
        return () if self.where is None else (self.where,)

    @property
    def reading(self) -> Mapping[str, Sequence[ColumnElement[Any]]]:
        """The expressions that read rows of its table, by the field that gives them."""
        return {"where": self.counting}

    @property
    def apart(self) -> tuple[Column[Any], ...]:
        """The columns by which rows of one name are told apart."""
        return ()

    @property
    def owning(self) -> tuple[Owner, ...]:
        """The owners, each as a tuple of columns."""
        return tuple(map(columns_of, self.owners))

    @property
    def absorbing(self) -> dict[str, Absorb]:
        """How each column is absorbed, by its name."""
        return by_name(self.absorb)

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        raise NotImplementedError

    @property
    def deletable(self) -> bool:
        """Whether a plan may delete rows of this part."""
        return False

    @property
    def detaches(self) -> bool:
        """Whether a plan may set owners of rows to NULL."""
        return False

    @property
    def emptied(self) -> tuple[Column[Any], ...]:
        """The columns that a plan may set to NULL."""
        return self.owner_columns if self.detaches else ()

    @property
    def stamp(self) -> Stamp | None:
        """The time column that the run writes, if it writes one."""
        return self.updated_at if self.stamped is Stamped.BY_THE_RUN else None

    @property
    def called(self) -> Column[Any] | None:
        """The column of the name that a row is called by, where it has one."""
        return None

    @property
    def keeps_created(self) -> bool:
        """Whether rows may be created here, and are kept as they were made."""
        return False

    @property
    def times(self) -> tuple[Stamp, ...]:
        """Every column of times."""
        return () if self.updated_at is None else (self.updated_at,)

    @property
    def named(self) -> tuple[Column[Any], ...]:
        """The columns whose text is a name of the identity."""
        return ()

    def faults(self) -> Iterable[tuple[str, str]]:
        """Return what is wrong with the part by itself and what to do, as the ends of sentences."""
        return ()


def unhandled(part: Part, phase: str) -> SpecRefused:
    """Return what a dispatcher raises for a kind of part that nobody registered with it."""
    return SpecRefused(
        f"the part {part.noun!r} is a {type(part).__name__}, and nothing says how such a part {phase}",
        "register the kind of part with this step, or leave the part out of the spec.",
    )
