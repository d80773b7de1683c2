"""Tagged rows on their way back: the old name, and the old status where they were superseded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, exists, literal, not_, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.back.judged import judged, line, of_run, unedited
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Spec, Tags
from alembic_rekey.sql.expressions import Uncollated
from alembic_rekey.sql.references import Refers
from alembic_rekey.sql.side_tables import journal

__all__ = ["hanging_tags", "tags_back"]


def tags_back(tags: Tags, _spec: Spec, _back_identity: FromClause, stored: Stored) -> Relation:
    """Return the way back of rows that were rekeyed or superseded."""
    kept = journal(tags.table)
    changed: dict[str, ColumnElement[Any] | None] = {tags.tag.name: kept.c.rekey_canonical}
    superseded = {**changed}
    if tags.status is not None:
        superseded[tags.status.name] = literal(tags.superseded, Text())
    rekeyed = kept.c.rekey_action == Action.REKEY.value
    drift = judged(
        (tags.key.is_(None), Drift.DELETED),
        (and_(rekeyed, not_(unedited(tags, changed, stored))), Drift.EDITED),
        (and_(not_(rekeyed), not_(unedited(tags, superseded, stored))), Drift.EDITED),
    )
    return (
        line(tags, drift)
        .join_from(kept, tags.table, tags.key == kept.c[tags.key.name], isouter=True)
        .where(of_run(tags, (Action.REKEY, Action.SUPERSEDE)))
    )


def hanging_tags(tags: Tags, identity: Identity, back: FromClause) -> ColumnElement[bool]:
    """Return the condition that a foreign key leads from `tags` to names, and a row stands under the name and stays."""
    leaves = select(literal(1)).where(back.c.key == tags.key, back.c.drift == Drift.UNTOUCHED.value)
    stays = select(literal(1)).select_from(tags.table)
    named_so = exists(stays.where(tags.tag == Uncollated(identity.name), not_(exists(leaves))))
    return and_(Refers(tags.tag, identity.name), named_so)
