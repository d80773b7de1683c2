"""The place of a row that goes back: its name, or its slot; one other row at most may stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, exists, literal, not_, or_, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.plan.judged import about, alike, keys_of, same_key
from alembic_rekey.spec import Identity, Part, Slots
from alembic_rekey.sql.equality import SameSlot, SoughtFirst
from alembic_rekey.sql.values import equatable

__all__ = ["Place", "leaving", "place_of"]


@dataclass(frozen=True)
class Place:
    """Rows of the table as it is now, `holder`, and the condition that one holds the old place of a line."""

    part: Part
    columns: Sequence[Column[Any]]
    """What a row writes that moves to another place."""
    holder: FromClause
    holds: ColumnElement[bool]
    slots: Sequence[tuple[ColumnElement[Any], ColumnElement[Any]]] = ()
    """What must be the same too, NULL included: of the holder, and of the line."""

    def is_taken(
        self, now: Sequence[ColumnElement[Any]] | None = None, back: FromClause | None = None
    ) -> ColumnElement[bool]:
        """Return the condition that another row than the one whose key is `now` holds it, and does not leave it.

        `back` is the way back of rows that leave their places.
        """
        keys = keys_of(self.part, self.holder)
        conditions = [self.holds]
        if now is not None:
            conditions.append(not_(same_key(keys, now)))
        if back is not None:
            conditions.append(not_(leaving(self.part, back, keys)))

        def stands(*at: ColumnElement[bool]) -> ColumnElement[bool]:
            return exists(select(literal(1)).select_from(self.holder).where(*conditions, *at))

        whole = stands(*(SameSlot(*pair) for pair in self.slots))
        if not self.slots:
            return whole
        equal = stands(*(equatable(its) == equatable(mine) for its, mine in self.slots))
        return SoughtFirst(equal, or_(*(mine.is_(None) for _, mine in self.slots)), whole)


def leaving(part: Part, back: FromClause, keys: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return the condition that the row of `part` with these keys goes back to another place."""
    # Where both are the same, there is an index of the first alone.
    found = same_key(alike(back, "now" if part.key_moves else "key"), keys)
    going = select(literal(1)).select_from(back)
    return exists(going.where(found, back.c.drift == Drift.UNTOUCHED.value, back.c.moves == 1))


@singledispatch
def place_of(_part: Part, _lines: FromClause) -> Place | None:
    """Return the place of the rows of `_lines`, which have the columns of `_part`; None where any number may stand."""
    return None


@place_of.register
def _name(identity: Identity, lines: FromClause) -> Place | None:
    if identity.found or not identity.named or identity.name is None:
        return None
    other = identity.table.alias("rekey_other")
    within = (SameSlot(other.c[known.key], lines.c[known.name]) for known in identity.within)
    keys = [other.c[known.key] != lines.c[known.name] for known in identity.keys]
    # A shadow that is spelt as the canonical stood beside one of that name before: nobody took its place.
    renamed = lines.c[identity.name.name] != lines.c.rekey_canonical
    if identity.owners:
        # A row of no group moves with its owners alone.
        renamed = and_(renamed, lines.c.rekey_place.is_not(None))
    named_so = and_(other.c[identity.name.key] == lines.c[identity.name.name], renamed)
    return Place(identity, identity.named, other, and_(named_so, *within, or_(*keys), *_counting(identity, other)))


@place_of.register
def _slot(slots: Slots, lines: FromClause) -> Place:
    holder = slots.table.alias("rekey_holder")
    at_owners = [holder.c[known.key] == lines.c[known.name] for known in slots.owner_columns]
    place = [(holder.c[known.key], lines.c[known.name]) for known in slots.slot]
    return Place(slots, slots.owner_columns, holder, and_(*at_owners, *_counting(slots, holder)), place)


def _counting(part: Part, holder: FromClause) -> list[ColumnElement[bool]]:
    """Return the condition that the spec is about a row: others stand in no place of it."""
    values = {known: holder.c[known.key] for known in part.table.columns}
    return [about(condition, values) for condition in part.counting]
