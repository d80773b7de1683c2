"""Rows of the identity on their way back: shadows return, misspelt names too, and what was created goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, literal, not_, or_, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.back.judged import judged, line, of_run, unedited
from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.side_tables import created, journal

__all__ = ["identity_back", "made_back"]


def identity_back(identity: Identity, stored: Stored) -> Relation:
    """Return the way back of shadows and of renamed rows."""
    kept, key, name = journal(identity.table), identity.key, identity.name
    other = identity.table.alias("rekey_other")
    name_taken = exists(
        select(literal(1)).where(other.c[name.key] == kept.c[name.name], other.c[key.key] != kept.c[key.name])
    )
    deleted = kept.c.rekey_action == Action.DELETE.value
    drift = judged(
        (and_(deleted, or_(key.is_not(None), name_taken)), Drift.TAKEN),
        (and_(not_(deleted), key.is_(None)), Drift.DELETED),
        (and_(not_(deleted), not_(unedited(identity, {name.name: kept.c.rekey_canonical}, stored))), Drift.EDITED),
        (and_(not_(deleted), name_taken), Drift.TAKEN),
    )
    return (
        line(identity, drift)
        .join_from(kept, identity.table, key == kept.c[key.name], isouter=True)
        .where(of_run(identity, (Action.DELETE, Action.RENAME)))
    )


def made_back(
    identity: Identity,
    hanging: Iterable[ColumnElement[bool]],
    altered: Sequence[ColumnElement[bool]],
    stored: Stored,
) -> Relation:
    """Return the way back of created rows: they go when they are as made and none of `hanging` holds.

    `altered` are conditions under which a created row has changed in a column that the revision does not know.
    """
    kept, made, columns = journal(identity.table), created(identity.table), compared(identity, stored)
    as_made = SameRow([made.c[known.name] for known in columns], columns)
    drift = judged(
        (identity.key.is_(None), Drift.DELETED),
        *((hangs, Drift.ATTACHED) for hangs in hanging),
        (or_(not_(as_made), *altered), Drift.EDITED),
    )
    of_canonical = and_(made.c.rekey_run == kept.c.rekey_run, made.c.rekey_canonical == kept.c.rekey_canonical)
    return (
        line(identity, drift, identity.key)
        .join_from(kept, made, of_canonical, isouter=True)
        .join(identity.table, identity.key == made.c[identity.key.name], isouter=True)
        .where(of_run(identity, (Action.CREATE,)))
    )
