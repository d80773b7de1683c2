"""The facts of the decision tables as relations, and the tables of `rules` as CASE expressions over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, func, literal, null, or_, over, select, union_all
from sqlalchemy.sql.functions import FunctionElement

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import SLOT_RANKS, Rule
from alembic_rekey.spec import Identity, Relation, Slots, Tags
from alembic_rekey.sql.expressions import Scanned, by_code_point
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["decided", "flag", "judged_slots", "judged_tags"]


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where `condition` holds, else 0: NULL holds nowhere."""
    return case((condition, 1), else_=0)


def _hold(when: Mapping[str, int], facts: FromClause) -> ColumnElement[bool] | None:
    """Return the condition that all is as `when` says, None if it cannot be: a fact that is not there is 0."""
    if any(wanted and name not in facts.c for name, wanted in when.items()):
        return None
    return and_(*(facts.c[name] == wanted for name, wanted in when.items() if name in facts.c))


def decided(rules: Sequence[Rule], facts: FromClause) -> Relation:
    """Return `key`, `action`, `canonical` per row of `facts`: the first of `rules` that holds tells the action."""
    lines = [(_hold(rule.when, facts), literal(rule.action.value)) for rule in rules]
    action = case(*((holds, action) for holds, action in lines if holds is not None), else_=null())
    return select(facts.c.key, action.label("action"), facts.c.canonical)


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
    ranks = [holds for facts in SLOT_RANKS if (holds := _hold(facts, row)) is not None]
    # A column of its own: databases sort once for all windows only where these order by the same, parameters included.
    row = select(row, case(*((holds, number) for number, holds in enumerate(ranks))).label("rank")).cte(
        "rekey_slot_rank"
    )
    slot = [row.c.canonical, *(row.c[f"slot_{place}"] for place in range(len(slots.slot)))]
    order = [row.c.rank, row.c.moment.desc().nulls_last(), by_code_point(row.c.key)]

    def first(fact: str, label: str) -> ColumnElement[Any]:
        return _so_far(func.first_value(row.c[fact]), slot, order).label(label)

    ranked = select(
        row,
        _so_far(func.row_number(), slot, order).label("place"),
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


def judged_tags(tags: Tags, names: Names) -> CTE:
    """Return the facts of `TAG_RULES` per row that a rule acts on."""
    spelled = names.spelled(tags.tag)
    row = (
        select(
            tags.key.label("key"),
            spelled.c.canonical,
            *(comparable(known).label(f"agree_{place}") for place, known in enumerate(tags.agree)),
            flag(spelled.c.spelling != spelled.c.canonical).label("rekeyed"),
            (Moment(tags.updated_at) if tags.updated_at is not None else literal(0)).label("moment"),
        )
        .join_from(tags.table, spelled, spelled.c.spelling == Scanned(tags.tag))
        .cte("rekey_tagged")
    )
    group = [row.c.canonical, *(row.c[f"agree_{place}"] for place in range(len(tags.agree)))]
    order = [row.c.moment.desc().nulls_last(), row.c.rekeyed, by_code_point(row.c.key)]
    ranked = select(
        row.c.key,
        row.c.canonical,
        row.c.rekeyed,
        _so_far(func.row_number(), group, order).label("place"),
        _so_far(func.sum(row.c.rekeyed), group, order).label("rekeyed_so_far"),
        _so_far(func.first_value(row.c.key), group, order).label("won"),
        _so_far(func.first_value(row.c.rekeyed), group, order).label("won_by_rekeyed"),
    ).cte("rekey_ranked")
    facts = union_all(select(literal("row").label("of")), select(literal("survivor"))).subquery("rekey_facts")
    own = facts.c.of == "row"
    # Where the row that wins is a canonical's, the first rekeyed row of the group, and it alone, brings it along.
    brings = and_(ranked.c.won_by_rekeyed == 0, ranked.c.rekeyed == 1, ranked.c.rekeyed_so_far == 1)
    return (
        select(
            case((own, ranked.c.key), else_=ranked.c.won).label("key"),
            ranked.c.canonical,
            case((own, ranked.c.rekeyed), else_=0).label("rekeyed"),
            case((own, flag(ranked.c.place == 1)), else_=1).label("first"),
            ranked.c.won_by_rekeyed,
        )
        .join_from(ranked, facts, or_(own, brings))
        .where(or_(ranked.c.rekeyed > 0, ranked.c.won_by_rekeyed > 0))
        .cte("rekey_judged")
    )


def _so_far(function: FunctionElement[Any], group: Sequence[Any], order: Sequence[Any]) -> ColumnElement[Any]:
    """Return `function` over the rows of `group` up to the row itself.

    One frame for all of a select, so that the database sorts once; SQLite keeps no row back for it.
    """
    return over(function, partition_by=group, order_by=order, rows=(None, 0))
