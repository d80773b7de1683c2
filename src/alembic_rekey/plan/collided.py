"""The rows of every slot in collision, with what a person needs to decide which of them stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal, null, select

from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.standing import standing
from alembic_rekey.plan.judged import key_text, keys_of, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Relation, Slots, Spec
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["collided"]


def collided(slots: Slots, spec: Spec, planned: Planned, hanging: FromClause | None) -> Relation:
    """Return the rows of every slot in collision, those of one slot in succession.

    Which slot: `canonical`, `slot_0` and so on, `lead_0` and so on: the columns of all owners as they will be, and
    `called_0` and so on: per owner the canonical. Of the row `key`, `key_0` and so on, `active`, `written_under`,
    `value`, `status`, `updated_at`, `newest`, and `hanging`: how many `rows` the relation of that name has for `key`.
    """
    relation = planned[slots]
    slot = [relation.c[known.name] for known in slots.slot]
    keys = keys_of(slots, relation)
    stands = standing(slots, spec, planned)
    joined, leads = stands.source, [column for owner in stands.leads for column in owner]
    active: ColumnElement[Any] = literal(1)
    if slots.status is not None:
        active = case((comparable(relation.c[slots.status.name]) == slots.active, 1), else_=0)
    moment: ColumnElement[Any] = cast(null(), Text)
    if slots.updated_at is not None:
        moment = case((active == 1, Moment(slots.updated_at, relation.c[slots.updated_at.name])))
    hang: ColumnElement[Any] = literal(0)
    if hanging is not None:
        joined = joined.outerjoin(hanging, hanging.c.key == cast(key_text(keys), Text))
        hang = func.coalesce(hanging.c.rows, 0)
    told_of = {"value": slots.value, "status": slots.status, "updated_at": slots.updated_at}

    def told(known: Any) -> ColumnElement[Any]:
        return cast(null() if known is None else relation.c[known.name], Text)

    latest = func.max(moment).over(partition_by=[stands.canonical, *leads, *slot])
    return (
        select(
            stands.canonical.label("canonical"),
            *numbered("lead", leads),
            *numbered("called", stands.called),
            *numbered("slot", [cast(known, Text) for known in slot]),
            active.label("active"),
            stands.under.label("written_under"),
            cast(key_text(keys), Text).label("key"),
            *numbered("key", [cast(key, Text) for key in keys]),
            *(told(known).label(field) for field, known in told_of.items()),
            hang.label("hanging"),
            case((moment == latest, 1), else_=0).label("newest"),
        )
        .select_from(joined)
        .where(relation.c.rekey_action == Action.COLLISION.value)
        # Found names may be one in several groups.
        .order_by(stands.canonical, *leads, *slot, *keys)
    )
