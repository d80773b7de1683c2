"""Rows of slots: the facts of `SLOT_RULES`, among them who survives, and the plan that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal, not_, or_, select

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.absorbed import absorbed
from alembic_rekey.plan.groups.members import Planned, led
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, decided, flag, holding, numbered, same_key, so_far, with_original
from alembic_rekey.plan.parts.references import ITSELF
from alembic_rekey.plan.rules import SLOT_RANKS, SLOT_RULES, Action
from alembic_rekey.spec import Differing, Relation, Slots, Spec
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.expressions import by_code_point
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["judged_slots", "plan_slots"]

_STAYS = (Action.KEEP, Action.REKEY, Action.REVIVE)


def plan_slots(slots: Slots, spec: Spec, names: Names, answered: Answered | None, planned: Planned) -> Relation:
    """Return the plan of `slots` (design, section 4, Slots)."""
    judged = judged_slots(slots, spec, names, answered, planned)
    action = decided(SLOT_RULES, judged)
    if "action" in judged.c:
        action = func.coalesce(judged.c.action, action)
    # PostgreSQL takes an equality for one row of two hundred, and would look the rest up one by one.
    touched = judged.c.touched > 0
    if slots.names:
        # A row that only follows the name of its owner has nothing to do with others of its slot.
        follows = or_(not_(touched), action == Action.KEEP.value)
        action = case((and_(judged.c.follows == 1, follows), Action.REKEY.value), else_=action)
        touched = or_(touched, judged.c.follows == 1)
    acting = select(*alike(judged, "key"), action.label("action"), judged.c.canonical).where(touched)
    referred = any(part.of == slots.noun for part in spec.children)
    if referred or slots.absorb:
        return with_original(
            _leading(slots, acting.add_columns(*_place(judged)).cte(f"rekey_acting_{slots.noun}")), slots
        )
    if slots.key_moves:
        acting = acting.add_columns(*numbered("to", _own_lead(slots, alike(judged, "key"), alike(judged, "owner"))))
    return with_original(acting, slots)


def _place(judged: CTE) -> list[ColumnElement[Any]]:
    slot = [*alike(judged, "owner"), *alike(judged, "slot")]
    return [
        *alike(judged, "owner"),
        *alike(judged, "slot"),
        judged.c.place.label("rank"),
        func.count().over(partition_by=slot).label("rows"),
    ]


def _own_lead(
    slots: Slots, keys: Sequence[ColumnElement[Any]], owners: Sequence[ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    """Return the key of a row as it will be: columns of it that are owners lead elsewhere."""
    after = dict(zip(slots.owner_columns, owners, strict=True))
    return [after.get(known, key) for known, key in zip(slots.keys, keys, strict=True)]


def _leading(slots: Slots, acting: CTE) -> Relation:
    """Return `acting` with where each row leads: to the row of its slot that stays, and what that one absorbs."""
    slot = [*alike(acting, "owner"), *alike(acting, "slot")]
    stays = acting.c.action.in_([action.value for action in _STAYS])
    order = [case((stays, 0), else_=1), acting.c.rank]

    def first(of: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.first_value(of).over(partition_by=slot, order_by=order)

    keys = alike(acting, "key")
    stayed = _own_lead(slots, list(map(first, keys)), alike(acting, "owner"))
    # Where all go for being of one thing twice they lead nowhere, and verification asks who hangs on them.
    lead = [case((first(flag(stays)) == 1, own), else_=key) for own, key in zip(stayed, keys, strict=True)]
    placed = select(
        *alike(acting, "key"),
        acting.c.action,
        acting.c.canonical,
        func.row_number().over(partition_by=slot, order_by=order).label("number"),
        *numbered("lead", lead),
        acting.c.rows,
    ).cte(f"rekey_placed_{slots.noun}")
    action: ColumnElement[Any] = placed.c.action
    if slots.absorb:
        gives = numbered("gives", [slots.table.c[name] for name in slots.absorbing])
        giving = select(placed, *gives).join_from(placed, slots.table, same_key(slots.keys, alike(placed, "key")))
        placed = giving.cte(f"rekey_giving_{slots.noun}")
        stored = alike(placed, "gives")
        taken = absorbed(slots, stored, alike(placed, "lead"), placed.c.number).values()
        takes = or_(*(not_(Same(value, own)) for value, own in zip(taken, stored, strict=True)))
        staying = and_(placed.c.action == Action.KEEP.value, placed.c.number == 1)
        action = case((and_(staying, takes), Action.ABSORB.value), else_=placed.c.action)
    return select(
        *alike(placed, "key"),
        action.label("action"),
        placed.c.canonical,
        case((placed.c.rows > 1, placed.c.number), else_=0).label("place"),
        *numbered("to", alike(placed, "lead")),
    )


def judged_slots(slots: Slots, spec: Spec, names: Names, answered: Answered | None, planned: Planned) -> CTE:
    """Return the facts of `SLOT_RULES` per row of a group with shadows; with answers, also which one it is."""
    if not slots.collides:
        # Answers about other slots decide nothing here.
        answered = None
    called = slots.noun
    joined = led(slots, spec, planned, slots.table)
    source, of_answers = joined.source, list[ColumnElement[Any]]()
    if answered is not None:
        source, of_answers = answered.joined(source, slots, spec, names, joined)
    is_active = literal(1) if slots.status is None else flag(comparable(slots.status) == slots.active)
    follows = [flag(or_(*joined.follows.values())).label("follows")] if slots.names else []
    itself = []
    if joined.together is not None and slots.itself in ITSELF:
        said = case((and_(joined.moved, joined.together), literal(ITSELF[slots.itself].value)))
        itself = [said.label("action")]
    row = (
        select(
            *numbered("key", slots.keys),
            joined.canonical.label("canonical"),
            *numbered("owner", joined.owners),
            *numbered("slot", slots.slot),
            (literal(1) if slots.value is None else comparable(slots.value)).label("value"),
            flag(joined.moved).label("shadow"),
            is_active.label("active"),
            (literal(0) if slots.updated_at is None else Moment(slots.updated_at)).label("moment"),
            *follows,
            *itself,
            *of_answers,
        )
        .select_from(source)
        # The slots of other canonicals have nothing to decide, and are many.
        .where(or_(joined.concerned, *joined.follows.values()), *slots.counting)
        .cte(f"rekey_slot_row_{called}")
    )
    newest = slots.differing is Differing.NEWEST
    ranks = [{"active": 1}, *SLOT_RANKS] if newest else SLOT_RANKS
    told = [holds for facts in ranks if (holds := holding(facts, row)) is not None]
    # A column of its own: databases sort once for all windows only where these order by the same, parameters included.
    row = select(row, case(*((holds, number) for number, holds in enumerate(told))).label("rank")).cte(
        f"rekey_slot_rank_{called}"
    )
    slot = [*alike(row, "owner"), *alike(row, "slot")]
    if itself:
        # A row that refuses or goes stands in no slot.
        slot.append(row.c.action)
    order = [row.c.rank, row.c.moment.desc().nulls_last(), *([row.c.shadow] if newest else [])]
    order += [by_code_point(key) for key in alike(row, "key")]

    def first(fact: str, label: str) -> ColumnElement[Any]:
        return so_far(func.first_value(row.c[fact]), slot, order).label(label)

    # The value itself is long, and would be sorted once more.
    light = [known for known in row.c if known.name != "value"]
    won_value = so_far(func.first_value(row.c.value), slot, order)
    ranked = select(
        *light,
        so_far(func.row_number(), slot, order).label("place"),
        flag(row.c.value.is_not_distinct_from(won_value)).label("same"),
        first("shadow", "won_by_shadow"),
        first("active", "won_active"),
        *(first(known.name, f"won_{known.name}") for known in of_answers),
    ).cte(f"rekey_ranked_{called}")
    slot = [ranked.c[known.name] for known in slot]
    same = ranked.c.same == 1

    def anywhere(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(flag(and_(*conditions))).over(partition_by=slot)

    facts: list[ColumnElement[Any]] = []
    if answered is not None:
        disputed = anywhere(ranked.c.kept > 0, ranked.c.kept == ranked.c.won_kept, not_(same)).label("disputed")
        facts = [*(ranked.c[name] for name in ("active", "kept", "answer", "won_answer", "named")), disputed]
        facts.append(flag(ranked.c.won_kept > 0).label("answered"))
    elif newest:
        # The newest stays as a row does that a person keeps.
        facts = [ranked.c.active, literal(1).label("answered")]
    if slots.collides:
        facts.append(anywhere(ranked.c.active == 1, ranked.c.won_active == 1, not_(same)).label("collided"))
    return select(
        *alike(ranked, "key"),
        ranked.c.canonical,
        *alike(ranked, "owner"),
        *alike(ranked, "slot"),
        ranked.c.place,
        ranked.c.shadow,
        ranked.c.won_by_shadow,
        flag(ranked.c.place == 1).label("first"),
        ranked.c.same,
        anywhere(ranked.c.shadow == 1).label("touched"),
        *([ranked.c.follows] if follows else []),
        anywhere(ranked.c.shadow == 0, same).label("said_by_canonical"),
        *([ranked.c.action] if itself else []),
        *facts,
    ).cte(f"rekey_judged_{called}")
