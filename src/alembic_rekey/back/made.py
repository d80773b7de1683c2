"""Rows that the run created: they go when they are as they were made, and nothing hangs on them that stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, FromClause, and_, literal, not_, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.back.judged import judged
from alembic_rekey.back.places import staying
from alembic_rekey.guard.stored import Stored, columns_in
from alembic_rekey.plan.groups.members import kept_by, referring
from alembic_rekey.plan.judged import among, keys_of, numbered, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Part, Relation, Spec
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.expressions import Uncollated
from alembic_rekey.sql.references import Refers
from alembic_rekey.sql.side_tables import created

__all__ = ["hanging_on", "made_back"]


def made_back(
    identity: Identity, hanging: Iterable[ColumnElement[bool]], stored: Stored, run: ColumnElement[int]
) -> Relation:
    """Return the way back of rows that `run` created: they go when they are as made and none of `hanging` holds."""
    made, names = created(identity), stored.lasting(identity)
    as_made = SameRow(columns_in(made, names), columns_in(identity.table, names))
    drift = judged(
        (identity.keys[0].is_(None), Drift.DELETED),
        *((hangs, Drift.ATTACHED) for hangs in hanging),
        (not_(as_made), Drift.EDITED),
    )
    keys = keys_of(identity, made)
    return (
        select(
            *numbered("key", keys),
            *numbered("now", keys),
            literal(Action.CREATE.value).label("action"),
            made.c.rekey_canonical.label("canonical"),
            drift.label("drift"),
            literal(0).label("moves"),
        )
        .join_from(made, identity.table, same_key(identity.keys, keys), isouter=True)
        .where(made.c.rekey_run == run)
    )


def hanging_on(spec: Spec, back: Mapping[Part, FromClause]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a row of a part hangs on a created row of the identity, and does not leave it."""
    identity, made = spec.identity, created(spec.identity)
    keys, name = keys_of(identity, made), identity.name
    for part, returning in back.items():
        child = part.table.alias("rekey_child")
        stays = staying(part, returning, keys_of(part, child))
        for owner in part.owning if spec.parent(part) is identity else ():
            pairs = zip((child.c[known.key] for known in owner), owner, keys, identity.keys, strict=True)
            referred = select(*keys).join_from(made, child, and_(*(referring(*pair) for pair in pairs)))
            yield among(identity.keys, referred.where(stays))
        for tag in part.named if part is not identity and name is not None else ():
            assert name is not None  # noqa: S101  # the condition above, which mypy does not follow
            known_as = identity.table.alias("rekey_named")
            named = made.join(known_as, same_key(keys_of(identity, known_as), keys))
            named_so = child.c[tag.key] == Uncollated(kept_by(tag, known_as.c[name.key], name))
            tagged = select(*keys).join_from(named, child, named_so)
            yield and_(Refers(tag, name), among(identity.keys, tagged.where(stays)))
