"""What every part of a spec has, whatever its kind: a table with a key, its times, how it refers to the identity."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, ClassVar

from sqlalchemy import Column, Table

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec.stamp import Stamp

__all__ = ["Part", "Stamped", "table_of", "unhandled"]


class Stamped(Enum):
    """Who writes `updated_at` of a row that a fold changes (design, section 3)."""

    BY_THE_RUN = "by the run"
    BY_THE_DATABASE = "by the database"
    """A trigger or ON UPDATE does: the run neither writes nor compares it, and a downgrade does not put it back."""


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
            "give each Identity, Slots and Tags the columns of one table.",
        )
    table = tables.pop()
    if not isinstance(table, Table):
        raise SpecRefused(f"{table} is not a table", "declare a sqlalchemy.Table in the revision.")
    return table


class Part:
    """One table of a spec. What a phase does with a part it looks up by the part's class.

    A kind of part is a class of its own, and per phase what it registers with that phase's dispatcher, from
    `plan.plan.decisions` to `undo.restore.returned`: `git grep -A1 "^@singledispatch"` lists them all.
    """

    noun: str
    key: Column[Any]
    updated_at: Stamp | None
    stamped: Stamped
    deletable: ClassVar[bool] = False
    """Whether a plan may delete rows of this kind."""

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        raise NotImplementedError

    @property
    def stamp(self) -> Stamp | None:
        """The time column that the run writes, if it writes one."""
        return self.updated_at if self.stamped is Stamped.BY_THE_RUN else None

    @property
    def times(self) -> tuple[Stamp, ...]:
        """Every column of times."""
        return () if self.updated_at is None else (self.updated_at,)

    @property
    def named(self) -> Column[str] | None:
        """The column whose text is a registered name, where there is one."""
        return None

    @property
    def owners(self) -> tuple[Column[Any], ...]:
        """The columns that refer to the identity by its key."""
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
