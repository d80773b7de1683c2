"""Deleted rows that hung on deleted rows of their own table: where one stays out, what hung on it stays out as well."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import CTE, ColumnElement, FromClause, Subquery, and_, case, literal, outerjoin, select, union_all

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.drift import Drift, untouched
from alembic_rekey.guard.stored import columns_in
from alembic_rekey.plan.groups.members import refers
from alembic_rekey.plan.judged import alike, keys_of, numbered, same_key
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Part, Relation

__all__ = ["with_what_hung"]


def with_what_hung(part: Part, backward: Backward, alone: Relation) -> Relation:
    """Return `alone`, the way back of deleted rows each by itself, with those lost that hung on one that stays out.

    Else such a row would come back to nothing, or to another row that has the key by now.
    """
    links = list(_links(part, backward))
    if not links:
        return alone
    # Asked twice, and decided once.
    decided = alone.cte(f"rekey_alone_{part.noun}").prefix_with("MATERIALIZED")
    out = _staying_out(part, decided, union_all(*links).cte(f"rekey_hung_{part.noun}").prefix_with("MATERIALIZED"))
    lost = and_(untouched(decided), alike(out, "key")[0].is_not(None))
    drift = case((lost, literal(Drift.TAKEN.value)), else_=decided.c.drift).label("drift")
    # Joined: PostgreSQL takes what a recursion finds for too many rows to look them up.
    found = outerjoin(decided, out, same_key(alike(decided, "key"), alike(out, "key")))
    return select(*(drift if known.name == "drift" else known for known in decided.c)).select_from(found)


def _staying_out(part: Part, decided: FromClause, hung: FromClause) -> CTE:
    """Return the keys of rows that stay out, of themselves or since they hung on one that does, however far."""
    of_themselves = select(*alike(decided, "key")).where(~untouched(decided))
    out = of_themselves.cte(f"rekey_out_{part.noun}", recursive=True)
    further = select(*alike(hung, "key")).join_from(hung, out, same_key(alike(hung, "on"), alike(out, "key")))
    # Rows may hang on each other in a circle: none is told twice.
    return out.union(further)


def _links(part: Part, backward: Backward) -> Iterator[Relation]:
    """Yield the keys of each deleted row and of the one it hung on, per owner and per foreign key within the table."""
    child, parent = _deleted(part, backward, "child"), _deleted(part, backward, "parent")
    owners = part.owning if part is backward.spec.identity else ()
    for owner in owners:
        before = [child.c[known.name] for known in owner]
        yield _linked(part, child, parent, refers(part, owner, before, keys_of(part, parent)))
    owned = [{str(known.name) for known in owner} for owner in owners]
    for key in backward.hindrances.referred.get(part.noun, ()):
        if key.table == part.table.name and {*key.columns} not in owned:
            yield _linked(part, child, parent, same_key(columns_in(child, key.columns), columns_in(parent, key.keys)))


def _deleted(part: Part, backward: Backward, called: str) -> Subquery:
    rows = backward.planned[part]
    actions = sorted(action.value for action in DELETED)
    return select(rows).where(rows.c.rekey_action.in_(actions)).subquery(f"rekey_{called}")


def _linked(part: Part, child: FromClause, parent: FromClause, hangs: ColumnElement[bool]) -> Relation:
    keys = [*numbered("key", keys_of(part, child)), *numbered("on", keys_of(part, parent))]
    return select(*keys).join_from(child, parent, hangs)
