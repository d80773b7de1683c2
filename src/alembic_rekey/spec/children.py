"""The tables that hang on an identity: rows that refer to it, slots that it holds, rows that carry its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Integer, String, Table

from alembic_rekey.spec.choices import Absorb, Differing, Itself, OnFold, Stamped
from alembic_rekey.spec.part import Key, Owners, Part, columns_of, table_of
from alembic_rekey.spec.roles import taken_faults
from alembic_rekey.spec.stamp import Stamp

__all__ = ["References", "Slots", "Tags"]


@dataclass(frozen=True, kw_only=True, eq=False)
class References(Part):
    """A table whose rows refer to identities, any number of them (design, section 3).

    `names` are text columns of the same row that carry the identity's name, and follow it.
    """

    noun: str
    key: Key
    owners: Owners
    of: str | None = None
    names: tuple[Column[Any], ...] = ()
    on_fold: OnFold = OnFold.MOVE
    where: ColumnElement[bool] | None = None
    updated_at: Stamp | None = None
    stamped: Stamped = Stamped.BY_THE_RUN
    itself: Itself = Itself.REFUSE

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return table_of((*self.keys, *self.owner_columns, *self.names, self.updated_at))

    @property
    def deletable(self) -> bool:
        """Rows go with a shadow, or when they refer to one thing twice."""
        return self.on_fold is OnFold.DELETE or self.itself is Itself.DELETE

    @property
    def detaches(self) -> bool:
        """Owners are set to NULL."""
        return self.on_fold is OnFold.SET_NULL

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        yield from _owner_faults(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots(Part):
    """A table with at most one row per owners and slot (design, section 3).

    `slot=()` is one row per identity; without `value` rows of a slot say the same; without `status` all are active.
    """

    noun: str
    key: Key
    owners: Owners
    of: str | None = None
    slot: tuple[Column[Any], ...] = ()
    names: tuple[Column[Any], ...] = ()
    value: Column[Any] | None = None
    status: Column[Any] | None = None
    active: str | int = "active"
    """What the status of a row in force says: a text, a number or a truth value, as its column is."""
    differing: Differing = Differing.REFUSE
    absorb: Mapping[Any, Absorb] = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    updated_at: Stamp | None = None
    stamped: Stamped = Stamped.BY_THE_RUN
    itself: Itself = Itself.REFUSE

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        read = (*self.slot, *self.names, self.value, self.status, self.updated_at)
        return table_of((*self.keys, *self.owner_columns, *read))

    @property
    def deletable(self) -> bool:
        """One row of a slot stays."""
        return True

    @property
    def collides(self) -> bool:
        """Whether live rows of a slot may disagree, and a person decides."""
        return self.value is not None and self.differing is Differing.REFUSE

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        yield from _owner_faults(self)
        yield from _status_faults(self.status, "active", self.active)
        written = ("key", "owners", "slot", "names", "value", "status", "updated_at")
        yield from taken_faults(self, self.absorbing, role="absorb", others=written)
        if self.differing is Differing.NEWEST and self.updated_at is None:
            yield "lets the newest value stay, and has no time", "name the column: updated_at=…."
        for name in self.absorbing:
            if name not in {str(known.name) for known in self.table.columns}:
                yield f"says absorb for {name!r}, which its table is not declared with", "declare the column."


@dataclass(frozen=True, kw_only=True, eq=False)
class Tags(Part):
    """A table whose rows carry a name of the identity as text, in a column or in several (design, section 3).

    With `agree` (the columns in which two rows of one canonical are duplicates) the losers are superseded, or deleted
    where there is no `status`.
    """

    noun: str
    key: Key
    tag: Key
    agree: tuple[Column[Any], ...] = ()
    status: Column[Any] | None = None
    superseded: str | int = "superseded"
    updated_at: Stamp | None = None
    stamped: Stamped = Stamped.BY_THE_RUN
    where: ColumnElement[bool] | None = None
    within: tuple[Column[Any], ...] = ()

    @property
    def table(self) -> Table:
        """The one table that all columns belong to."""
        return table_of((*self.keys, *self.named, *self.agree, self.status, *self.within, self.updated_at))

    @property
    def named(self) -> tuple[Column[Any], ...]:
        """The columns of the tag."""
        return columns_of(self.tag)

    @property
    def rivals(self) -> bool:
        """Whether rows can be duplicates of each other."""
        return bool(self.agree) or self.status is not None

    @property
    def deletable(self) -> bool:
        """Losers without a status go."""
        return bool(self.agree) and self.status is None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        yield from _status_faults(self.status, "superseded", self.superseded)


def _status_faults(status: Column[Any] | None, role: str, said: object) -> Iterator[tuple[str, str]]:
    if status is None:
        return
    kinds = {Boolean: bool, Integer: int, String: str}
    kind = next((kind for type_, kind in kinds.items() if isinstance(status.type, type_)), None)
    if kind is not None and type(said) is not kind:
        yield f"says {role}={said!r} for {status}, of type {status.type!r}", f"say it as a {kind.__name__}: {role}=…."


def _owner_faults(part: References | Slots) -> Iterator[tuple[str, str]]:
    if not part.owners:
        yield f"has no owners in {part.noun!r}", "name the columns that refer to the identity: owners=(…,)."
    if part.itself is Itself.SET_NULL:
        yield f"would set an owner of {part.noun!r} to NULL where two become one", "take DELETE, KEEP or REFUSE."
    if part.names and len(part.owners) > 1:
        yield (
            f"has names in {part.noun!r} beside several owners, and nothing says whose they are",
            "declare these columns as Tags of a second Spec of this identity, folded behind this one in the same "
            "revision (op.rekey(this), op.rekey(second); op.restore in reverse), or leave them away.",
        )
