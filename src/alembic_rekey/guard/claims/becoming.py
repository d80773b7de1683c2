"""What a fold makes of the columns that a unique index may cover: their values to be, and those alone of their kind."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, case, func, literal, select, union_all

from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.expressions import Exact
from alembic_rekey.sql.registry_text import FoldedName

__all__ = ["alone", "becoming"]

Becoming = tuple[FromClause, dict[str, ColumnElement[Any]]]


@singledispatch
def alone(_part: Part) -> set[str] | None:
    """Return the columns by which rows of `part` are each one of a kind after a fold, where its kind says so."""
    return None


@alone.register
def _alone_by_name(identity: Identity) -> set[str] | None:
    return {identity.name.name}


@alone.register
def _alone_in_its_slot(slots: Slots) -> set[str] | None:
    return {slots.owner.name, *(known.name for known in slots.slot)}


@singledispatch
def becoming(
    part: Part, _spec: Spec, _joined: FromClause, _stored: FromClause, _acting: CTE, _left: FromClause
) -> Becoming:
    """Return `joined`, rows `stored` with what the plan does, and what their columns will hold; each kind has its own.

    `left` are the same rows once more, for who has to ask for others.
    """
    raise unhandled(part, "changes columns under a unique index")


@becoming.register
def _identity_becoming(
    identity: Identity, _spec: Spec, joined: FromClause, _stored: FromClause, acting: CTE, _left: FromClause
) -> Becoming:
    return joined, {identity.name.name: acting.c.rekey_canonical}


@becoming.register
def _slots_becoming(
    slots: Slots, spec: Spec, joined: FromClause, stored: FromClause, acting: CTE, left: FromClause
) -> Becoming:
    target, action = _targets(spec.identity, slots, left, acting), acting.c.rekey_action
    owner, status = stored.c[slots.owner.name], stored.c[slots.status.name]
    new: dict[str, ColumnElement[Any]] = {
        slots.owner.name: case((action == Action.REKEY.value, target.c.key), else_=owner),
        slots.status.name: case((action == Action.REVIVE.value, literal(slots.active)), else_=status),
    }
    return joined.outerjoin(target, target.c.canonical == acting.c.rekey_canonical), new


@becoming.register
def _tags_becoming(
    tags: Tags, _spec: Spec, joined: FromClause, stored: FromClause, acting: CTE, _left: FromClause
) -> Becoming:
    new: dict[str, ColumnElement[Any]] = {tags.tag.name: acting.c.rekey_canonical}
    if tags.status is not None:
        superseded = acting.c.rekey_action == Action.SUPERSEDE.value
        new[tags.status.name] = case((superseded, literal(tags.superseded)), else_=stored.c[tags.status.name])
    return joined, new


def _targets(identity: Identity, slots: Slots, stored: FromClause, acting: CTE) -> FromClause:
    """Return the key that each canonical's row has, or will have: for one that is still to be made, a stand-in.

    That is the smallest owner that a row leaves for it: rows of shadows all move, so nobody else has that one.
    """
    named = select(acting.c.rekey_canonical).distinct().subquery("rekey_named")
    canonical = named.c.rekey_canonical
    # Spelt otherwise, it is renamed.
    folded = [FoldedName(name, (), first=True) for name in (Exact(identity.name), canonical)]
    there = select(
        canonical.label("canonical"),
        identity.key.label("key"),
        case((Exact(identity.name) == canonical, 0), else_=1).label("rank"),
    ).join_from(named, identity.table, folded[0] == folded[1])
    left = (
        select(acting.c.rekey_canonical, stored.c[slots.owner.name], literal(2))
        .join_from(acting, stored, acting.c.rekey_acting == stored.c[slots.key.name])
        .where(acting.c.rekey_action == Action.REKEY.value)
    )
    every = union_all(there, left).subquery("rekey_every_target")
    place = func.row_number().over(partition_by=every.c.canonical, order_by=(every.c.rank, every.c.key)).label("place")
    ranked = select(every.c.canonical, every.c.key, place).subquery("rekey_ranked_target")
    return select(ranked.c.canonical, ranked.c.key).where(ranked.c.place == 1).subquery("rekey_target")
