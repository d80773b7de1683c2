"""Per journalled row, whether it can go back as it was.

As a plan is a relation, so is a way back: `key`, `action`, `canonical` and `drift` of each journalled
row. The relations build on each other: a row cannot return to an owner that cannot return, nor to a
slot whose present holder stays. Nothing else decides what a downgrade does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch

from sqlalchemy import ColumnElement, FromClause, select, union_all

from alembic_rekey.back.identity import identity_back, made_back
from alembic_rekey.back.slots import displaced_slots, hanging_slots, slots_back
from alembic_rekey.back.tags import hanging_tags, tags_back
from alembic_rekey.guard.foreign_keys import Attached
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.plan import Part
from alembic_rekey.spec import Identity, Relation, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled

__all__ = ["created_back", "displaced_back", "first_back", "hanging_on", "identity_back", "way_back"]


@singledispatch
def first_back(part: Part, _spec: Spec, _back_identity: FromClause, _stored: Stored) -> Relation:
    """Return the way back of the rows of `part` whose fate needs no other row of the same table.

    That is all but displaced rows; `part` is not the identity, whose result is `_back_identity`. Each kind has its own.
    """
    raise unhandled(part, "goes back")


first_back.register(Slots, slots_back)
first_back.register(Tags, tags_back)


@singledispatch
def displaced_back(_part: Part, _spec: Spec, _first: FromClause, _back_identity: FromClause) -> Relation | None:
    """Return the way back of rows whose place another one took; None where the kind of part has none."""
    return None


displaced_back.register(Slots, displaced_slots)


@singledispatch
def hanging_on(part: Part, _identity: Identity, _back: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `part` hangs on a row of the identity and stays there; each kind has its own.

    `_back` is the way back of `part`.
    """
    raise unhandled(part, "hangs on a created row")


hanging_on.register(Slots, hanging_slots)
hanging_on.register(Tags, hanging_tags)


def created_back(
    identity: Identity,
    back: Mapping[Part, FromClause],
    attached: Attached,
    altered: Sequence[ColumnElement[bool]],
    stored: Stored,
) -> Relation:
    """Return the way back of created rows: they go when they are as made and nothing hangs on them.

    `back` holds the way back of every other part. `altered` are conditions under which a created row has
    changed in a column that the revision does not know.
    """
    hanging = [*attached(identity.key), *(hanging_on(part, identity, returning) for part, returning in back.items())]
    return made_back(identity, hanging, altered, stored)


def way_back(spec: Spec, stored: Stored, attached: Attached, *altered: ColumnElement[bool]) -> dict[Part, FromClause]:
    """Return the whole way back as relations, where nothing is stored in between: to show it, or to prove it."""
    back: dict[Part, FromClause] = {}
    identity = identity_back(spec.identity, stored).cte(f"rekey_first_{spec.identity.noun}")
    for part in spec.children:
        first = first_back(part, spec, identity, stored).cte(f"rekey_first_{part.noun}")
        displaced = displaced_back(part, spec, first, identity)
        both = select(first) if displaced is None else union_all(select(first), displaced)
        back[part] = both.cte(f"rekey_back_{part.noun}")
    made = created_back(spec.identity, back, attached, altered, stored)
    back[spec.identity] = union_all(select(identity), made).cte(f"rekey_back_{spec.identity.noun}")
    return back
