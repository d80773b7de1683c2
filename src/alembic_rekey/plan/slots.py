"""Rows of slots: the facts of `SLOT_RULES`, among them who survives, and the plan that follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, func, select

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.judged import decided, flag, holding, so_far, with_original
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import SLOT_RANKS, SLOT_RULES
from alembic_rekey.spec import Identity, Relation, Slots, Spec
from alembic_rekey.sql.expressions import Scanned, by_code_point
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["judged_slots", "plan_slots"]


def plan_slots(slots: Slots, spec: Spec, names: Names, answered: Answered | None) -> Relation:
    """Return the plan of `slots` (design, section 4, Slots)."""
    judged = judged_slots(spec.identity, slots, names, answered)
    # PostgreSQL takes an equality for one row of two hundred, and would look the rest up one by one.
    return with_original(decided(SLOT_RULES, judged).where(judged.c.touched > 0), slots.key)


def judged_slots(identity: Identity, slots: Slots, names: Names, answered: Answered | None) -> CTE:
    """Return the facts of `SLOT_RULES` per row of a canonical with shadows; with answers, also which one it is."""
    spelled, of_answers = names.spelled(identity.name), list[ColumnElement[Any]]()
    source: FromClause = slots.table.join(identity.table, identity.key == slots.owner)
    source = source.join(spelled, spelled.c.spelling == Scanned(identity.name))
    if answered is not None:
        source, of_answers = answered.joined(source, slots, spelled)
    row = (
        select(
            slots.key.label("key"),
            spelled.c.canonical,
            *(known.label(f"slot_{place}") for place, known in enumerate(slots.slot)),
            comparable(slots.value).label("value"),
            flag(spelled.c.alias != spelled.c.canonical).label("shadow"),
            flag(comparable(slots.status) == slots.active).label("active"),
            Moment(slots.updated_at).label("moment"),
            *of_answers,
        )
        .select_from(source)
        # The slots of other canonicals have nothing to decide, and are many.
        .where(spelled.c.canonical.in_(select(spelled.c.canonical).where(spelled.c.alias != spelled.c.canonical)))
        .cte("rekey_slot_row")
    )
    ranks = [holds for facts in SLOT_RANKS if (holds := holding(facts, row)) is not None]
    # A column of its own: databases sort once for all windows only where these order by the same, parameters included.
    row = select(row, case(*((holds, number) for number, holds in enumerate(ranks))).label("rank")).cte(
        "rekey_slot_rank"
    )
    slot = [row.c.canonical, *(row.c[f"slot_{place}"] for place in range(len(slots.slot)))]
    order = [row.c.rank, row.c.moment.desc().nulls_last(), by_code_point(row.c.key)]

    def first(fact: str, label: str) -> ColumnElement[Any]:
        return so_far(func.first_value(row.c[fact]), slot, order).label(label)

    ranked = select(
        row,
        so_far(func.row_number(), slot, order).label("place"),
        first("value", "won_value"),
        first("shadow", "won_by_shadow"),
        first("active", "won_active"),
        *(first(known.name, f"won_{known.name}") for known in of_answers),
    ).cte("rekey_ranked")
    slot = [ranked.c[known.name] for known in slot]
    same = ranked.c.value.is_not_distinct_from(ranked.c.won_value)

    def anywhere(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(flag(and_(*conditions))).over(partition_by=slot)

    facts: list[ColumnElement[Any]] = []
    if answered is not None:
        disputed = anywhere(ranked.c.kept > 0, ranked.c.kept == ranked.c.won_kept, ~same).label("disputed")
        facts = [*(ranked.c[name] for name in ("active", "kept", "answer", "won_answer")), disputed]
        facts.append(flag(ranked.c.won_kept > 0).label("answered"))
    return select(
        ranked.c.key,
        ranked.c.canonical,
        ranked.c.shadow,
        ranked.c.won_by_shadow,
        flag(ranked.c.place == 1).label("first"),
        flag(same).label("same"),
        anywhere(ranked.c.shadow == 1).label("touched"),
        anywhere(ranked.c.shadow == 0, same).label("said_by_canonical"),
        anywhere(ranked.c.active == 1, ranked.c.won_active == 1, ~same).label("collided"),
        *facts,
    ).cte("rekey_judged")
