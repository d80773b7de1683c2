"""The place of a row that goes back: its name, or its slot; one other row at most may stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, or_, select

from alembic_rekey.back.drift import untouched
from alembic_rekey.plan.judged import about, alike, among, keys_of, missing_in, same_key
from alembic_rekey.spec import Identity, Part, Relation, Slots
from alembic_rekey.sql.equality import Same, SameSlot
from alembic_rekey.sql.values import named

__all__ = ["Place", "place_of", "staying"]


@dataclass(frozen=True)
class Place:
    """Rows of the table as it is now, `holder`, and the condition that one holds the old place of a line."""

    part: Part
    lines: FromClause
    columns: Sequence[Column[Any]]
    """What a row writes that moves to another place."""
    holder: FromClause
    holds: ColumnElement[bool]

    def is_taken(self, *of_those: ColumnElement[bool], back: FromClause | None = None) -> ColumnElement[bool]:
        """Return the condition that another row holds the place of a line, `of_those` alone, and does not leave it.

        `back` is the way back of rows that leave their places.
        """
        held: Relation = select(*keys_of(self.part, self.lines)).join_from(self.lines, self.holder, self.holds)
        if back is not None:
            of_those = (*of_those, staying(self.part, back, keys_of(self.part, self.holder)))
        return among(keys_of(self.part, self.lines), held.where(*of_those))

    def is_own(self, now: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
        """Return the condition that the row whose key is `now` is the holder."""
        return same_key(keys_of(self.part, self.holder), now)


def staying(part: Part, back: FromClause, keys: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return the condition that the row of `part` with these keys does not go back to another place."""
    going = select(*alike(back, "now" if part.key_moves else "key"))
    return missing_in(keys, going.where(untouched(back), back.c.moves != 0))


@singledispatch
def place_of(_part: Part, _lines: FromClause) -> Place | None:
    """Return the place of the rows of `_lines`, which have the columns of `_part`; None where any number may stand."""
    return None


@place_of.register
def _name(identity: Identity, lines: FromClause) -> Place | None:
    if identity.found or not identity.named or identity.name is None:
        return None
    other = identity.table.alias("rekey_other")
    # Groups are told apart letter by letter; what a unique index takes for equal is asked by itself: `rivals`.
    within = (Same(other.c[known.key], lines.c[known.name]) for known in identity.within)
    keys = [other.c[known.key] != lines.c[known.name] for known in identity.keys]
    # A shadow that is spelt as the canonical stood beside one of that name before: nobody took its place.
    renamed = lines.c[identity.name.name] != named(lines.c.rekey_canonical, identity.name)
    if identity.owners:
        # A row of no group moves with its owners alone.
        renamed = and_(renamed, lines.c.rekey_place.is_not(None))
    named_so = and_(other.c[identity.name.key] == lines.c[identity.name.name], renamed)
    holds = and_(named_so, *within, or_(*keys), *_counting(identity, other))
    return Place(identity, lines, identity.named, other, holds)


@place_of.register
def _slot(slots: Slots, lines: FromClause) -> Place:
    holder = slots.table.alias("rekey_holder")
    at_owners = [holder.c[known.key] == lines.c[known.name] for known in slots.owner_columns]
    in_slot = (SameSlot(holder.c[known.key], lines.c[known.name]) for known in slots.slot)
    return Place(slots, lines, slots.owner_columns, holder, and_(*at_owners, *in_slot, *_counting(slots, holder)))


def _counting(part: Part, holder: FromClause) -> list[ColumnElement[bool]]:
    """Return the condition that the spec is about a row: others stand in no place of it."""
    values = {known: holder.c[known.key] for known in part.table.columns}
    return [about(condition, values) for condition in part.counting]
