"""Rows of the identity: which are shadows, which are misspelt, and which canonical has none and gets one."""

from __future__ import annotations

from sqlalchemy import case, func, literal, null, or_, select, union_all

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.judged import all_columns, flag
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Spec
from alembic_rekey.sql.expressions import Scanned

__all__ = ["plan_identity"]


def plan_identity(identity: Identity, _spec: Spec, names: Names, _answered: Answered | None) -> Relation:
    """Return the plan of `identity`: shadows go, misspelt canonicals are renamed, missing ones created."""
    spelled = names.spelled(identity.name)
    known = (
        select(identity.key.label("key"), spelled.c.spelling.label("name"), spelled.c.alias, spelled.c.canonical)
        .join_from(identity.table, spelled, spelled.c.spelling == Scanned(identity.name))
        .cte("rekey_known")
    )
    shadow, misspelt = known.c.alias != known.c.canonical, known.c.name != known.c.canonical
    touched = select(
        known.c.key,
        case((shadow, Action.DELETE.value), (misspelt, Action.RENAME.value), else_=Action.KEEP.value).label("action"),
        known.c.canonical,
    ).where(or_(shadow, misspelt, known.c.canonical.in_(select(known.c.canonical).where(shadow))))
    orphaned = (
        select(null().label("key"), literal(Action.CREATE.value).label("action"), known.c.canonical)
        .group_by(known.c.canonical)
        .having(func.min(flag(shadow)) == 1)
    )
    chosen = union_all(touched, orphaned).cte("rekey_decided")
    original = identity.table.alias("rekey_original")
    # A created row has no before-image: the outer join leaves all of its columns NULL.
    return all_columns(chosen).join_from(chosen, original, original.c[identity.key.key] == chosen.c.key, isouter=True)
