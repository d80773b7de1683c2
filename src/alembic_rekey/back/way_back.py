"""Per journalled row, whether it can go back as it was.

As a plan is a relation, so is a way back: `key_0` and so on, `now_0` and so on: the key by which the row is found now,
`action`, `canonical`, `drift`, and whether it `moves` to another place. The relations build on each other: a row cannot
return to an owner that cannot return, nor to a place whose present holder stays. Nothing else decides what a downgrade
does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import FromClause, select, union_all

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.hindered.held import held
from alembic_rekey.back.made import hanging_on, made_back
from alembic_rekey.back.rows import changed_back, deleted_back
from alembic_rekey.spec import Part, Relation

__all__ = ["created_back", "returnings", "way_back"]


def created_back(backward: Backward, back: Mapping[Part, FromClause]) -> Relation:
    """Return the way back of created rows: they go when they are as made and nothing hangs on them.

    `back` holds the way back of every part.
    """
    identity = backward.spec.identity
    foreign = backward.hindrances.hanging.get(identity.noun, ())
    outside = (held(identity, backward, identity.keys, each) for each in foreign if not each.is_owner)
    return made_back(identity, [*outside, *hanging_on(backward.spec, back)], backward.stored, backward.run)


Returning = Callable[[FromClause | None, FromClause | None], Relation]


def returnings(part: Part, backward: Backward) -> list[Returning]:
    """Return the ways back of the rows of `part`, in their order: given that of their owners, and the first of these.

    Shadows first: rows of the identity may return to them. Elsewhere rows that move first, whose places are free then.
    """

    def changed(parent: FromClause | None, _first: FromClause | None) -> Relation:
        return changed_back(part, backward, parent)

    def deleted(parent: FromClause | None, first: FromClause | None) -> Relation:
        return deleted_back(part, backward, None if part is backward.spec.identity else parent, first)

    if not part.deletable:
        return [changed]
    return [deleted, changed] if part is backward.spec.identity else [changed, deleted]


def way_back(backward: Backward) -> dict[Part, FromClause]:
    """Return the whole way back as relations, where nothing is stored in between: to show it."""
    spec, back = backward.spec, dict[Part, FromClause]()
    for part in spec.parts:
        lines = list[FromClause]()
        for number, returning in enumerate(returnings(part, backward)):
            parent = back.get(spec.parent(part), lines[0] if lines and part is spec.identity else None)
            goes = returning(parent, lines[0] if lines else None).cte(f"rekey_back_{number}_{part.noun}")
            # Else PostgreSQL takes who leaves for a few, and goes through all owners for each of them.
            lines.append(goes.prefix_with("MATERIALIZED"))
        both = union_all(*map(select, lines)).cte(f"rekey_back_{part.noun}")
        back[part] = both if len(lines) > 1 else lines[0]
    if spec.identity.creates:
        made = created_back(backward, back)
        every = union_all(select(back[spec.identity]), made)
        back[spec.identity] = every.cte(f"rekey_every_{spec.identity.noun}")
    return back
