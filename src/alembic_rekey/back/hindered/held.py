"""Rows on which others hang by a foreign key: these may not go, nor get another key or name, while those stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.hindered.rivals import leaving_unedited
from alembic_rekey.guard.claims.hindrances import Referring
from alembic_rekey.guard.stored import columns_in
from alembic_rekey.plan.judged import among, keys_of, missing_in
from alembic_rekey.spec import Part

__all__ = ["held", "held_as_it_is"]


def held(part: Part, backward: Backward, keys: Sequence[ColumnElement[Any]], each: Referring) -> ColumnElement[bool]:
    """Return the condition that a row hangs by `each` on that of `part` with these keys, and does not leave it."""
    parent = part.table.alias("rekey_parent")
    child, hangs = each.on(parent)
    found = select(*keys_of(part, parent)).join_from(parent, child, hangs)
    if each.child is not None:
        own = [child.c[str(known.name)] for known in each.child.keys]
        found = found.where(missing_in(own, leaving_unedited(each.child, backward)))
    return among(keys, found)


def held_as_it_is(part: Part, backward: Backward, now: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
    """Yield per foreign key the condition that a row hangs on what a changed row is now, and would not be."""
    lines, new = backward.lines[part]
    for each in backward.hindrances.hanging.get(part.noun, ()):
        if names := [name for name in each.key.referred if name in new]:
            becomes = or_(
                *(lines.c[name] != its for name, its in zip(names, columns_in(part.table, names), strict=True))
            )
            yield and_(becomes, held(part, backward, now, each))
