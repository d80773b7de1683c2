"""A plan is a relation: spec and registered names -> one `select()` per table; opens no connection.

Each select has the columns `action` and `canonical`, then all columns of the table as they stand,
those that the revision does not know included. A dry run streams it, the upgrade inserts it into the
journal. The decisions are the tables of `rules`; here they become CASE expressions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    FromClause,
    Text,
    and_,
    case,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    over,
    select,
    union_all,
)
from sqlalchemy.sql.functions import FunctionElement

from alembic_rekey.answered import Answered
from alembic_rekey.expressions import Moment, Scanned, by_code_point
from alembic_rekey.names import Names
from alembic_rekey.rules import SLOT_RANKS, SLOT_RULES, TAG_RULES, Action, Rule
from alembic_rekey.side_tables import journal
from alembic_rekey.spec import Identity, Relation, Slots, Spec, Tags
from alembic_rekey.values import comparable

__all__ = ["Part", "Planned", "journalled", "judged_slots", "plan", "streamed"]

Part = Identity | Slots | Tags

Planned = Mapping[Part, FromClause]
"""Per part the plan as a relation with `action`, `canonical` and the columns that the revision knows."""


def plan(spec: Spec, names: Names, answered: Answered | None = None) -> dict[Part, Relation]:
    """Return the plan: for each part of `spec` the select that decides; `answered` are a person's answers, if any."""
    return {
        spec.identity: _identity_plan(spec.identity, names),
        **{slots: _slots_plan(spec.identity, slots, names, answered) for slots in spec.slots},
        **{tags: _tags_plan(tags, names) for tags in spec.tags},
    }


def streamed(spec: Spec, names: Names, answered: Answered | None = None) -> Planned:
    """Return the plan as relations over the tables themselves: for a dry run."""
    made = plan(spec, names, answered)
    return {part: _known(part, decided.subquery("planned")) for part, decided in made.items()}


def journalled(spec: Spec, run: ColumnElement[int]) -> Planned:
    """Return the plan of `run` as relations over its journal."""
    planned: dict[Part, FromClause] = {}
    for part in spec.parts:
        kept = journal(part.table)
        columns = [known for known in kept.columns if known.name != "run_id"]
        planned[part] = select(*columns).where(kept.c.run_id == run).subquery("planned")
    return planned


def _known(part: Part, planned: FromClause) -> FromClause:
    columns = [column("action", Text()), column("canonical", Text())]
    columns += [column(known.name, known.type) for known in part.table.columns]
    return select(*columns).select_from(planned).subquery("known_columns")


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _hold(when: Mapping[str, int], facts: FromClause) -> ColumnElement[bool] | None:
    """Return the condition that all is as `when` says, None if it cannot be: a fact that is not there is 0."""
    if any(wanted and name not in facts.c for name, wanted in when.items()):
        return None
    return and_(*(facts.c[name] == wanted for name, wanted in when.items() if name in facts.c))


def _decide(rules: Sequence[Rule], facts: FromClause) -> ColumnElement[str]:
    lines = [(_hold(rule.when, facts), literal(rule.action.value)) for rule in rules]
    return case(*((holds, action) for holds, action in lines if holds is not None), else_=null())


def _with_original(decided: FromClause, key: Column[Any]) -> Relation:
    """Join what was decided per key with the row itself, all of its columns as they stand."""
    original = key.table.alias("original")
    return _all_columns(decided).join_from(decided, original, original.c[key.key] == decided.c.key)


def _all_columns(decided: FromClause) -> Relation:
    return select(decided.c.action, decided.c.canonical, literal_column("original.*"))


def _identity_plan(identity: Identity, names: Names) -> Relation:
    spelled = names.spelled(identity.name)
    known = (
        select(identity.key.label("key"), spelled.c.spelling.label("name"), spelled.c.alias, spelled.c.canonical)
        .join_from(identity.table, spelled, spelled.c.spelling == Scanned(identity.name))
        .cte("known")
    )
    shadow = known.c.alias != known.c.canonical
    touched = select(
        known.c.key,
        case((shadow, literal(Action.DELETE.value)), else_=literal(Action.RENAME.value)).label("action"),
        known.c.canonical,
    ).where(or_(shadow, known.c.name != known.c.canonical))
    orphaned = (
        select(null().label("key"), literal(Action.CREATE.value).label("action"), known.c.canonical)
        .group_by(known.c.canonical)
        .having(func.min(_flag(shadow)) == 1)
    )
    decided = union_all(touched, orphaned).cte("decided")
    original = identity.table.alias("original")
    # A created row has no before-image: the outer join leaves all of its columns NULL.
    return _all_columns(decided).join_from(
        decided, original, original.c[identity.key.key] == decided.c.key, isouter=True
    )


def _slots_plan(identity: Identity, slots: Slots, names: Names, answered: Answered | None) -> Relation:
    judged = judged_slots(identity, slots, names, answered)
    decided = (
        select(judged.c.key, _decide(SLOT_RULES, judged).label("action"), judged.c.canonical)
        # PostgreSQL takes an equality for one row of two hundred, and would look the rest up one by one.
        .where(judged.c.touched > 0)
        .cte("decided")
    )
    return _with_original(decided, slots.key).where(decided.c.action.is_not(None))


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
            _flag(spelled.c.alias != spelled.c.canonical).label("shadow"),
            _flag(slots.status == slots.active).label("active"),
            Moment(slots.updated_at).label("moment"),
            *of_answers,
        )
        .select_from(source)
        # The slots of other canonicals have nothing to decide, and are many.
        .where(spelled.c.canonical.in_(select(spelled.c.canonical).where(spelled.c.alias != spelled.c.canonical)))
        .cte("slot_row")
    )
    slot = [row.c.canonical, *(row.c[f"slot_{place}"] for place in range(len(slots.slot)))]
    ranks = [holds for facts in SLOT_RANKS if (holds := _hold(facts, row)) is not None]
    rank = case(*((holds, number) for number, holds in enumerate(ranks)))
    order = [rank, row.c.moment.desc().nulls_last(), by_code_point(row.c.key)]

    def first(fact: str, label: str) -> ColumnElement[Any]:
        return func.first_value(row.c[fact]).over(partition_by=slot, order_by=order).label(label)

    ranked = select(
        row,
        func.row_number().over(partition_by=slot, order_by=order).label("place"),
        first("value", "won_value"),
        first("shadow", "won_by_shadow"),
        first("active", "won_active"),
        *(first(known.name, f"won_{known.name}") for known in of_answers),
    ).cte("ranked")
    slot = [ranked.c[known.name] for known in slot]
    same = ranked.c.value.is_not_distinct_from(ranked.c.won_value)

    def anywhere(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(_flag(and_(*conditions))).over(partition_by=slot)

    facts: list[ColumnElement[Any]] = []
    if answered is not None:
        disputed = anywhere(ranked.c.kept > 0, ranked.c.kept == ranked.c.won_kept, ~same).label("disputed")
        facts = [*(ranked.c[name] for name in ("active", "kept", "answer", "won_answer")), disputed]
        facts.append(_flag(ranked.c.won_kept > 0).label("answered"))
    return select(
        ranked.c.key,
        ranked.c.canonical,
        ranked.c.shadow,
        ranked.c.won_by_shadow,
        _flag(ranked.c.place == 1).label("first"),
        _flag(same).label("same"),
        anywhere(ranked.c.shadow == 1).label("touched"),
        anywhere(ranked.c.shadow == 0, same).label("said_by_canonical"),
        anywhere(ranked.c.active == 1, ranked.c.won_active == 1, ~same).label("collided"),
        *facts,
    ).cte("judged")


def _tags_plan(tags: Tags, names: Names) -> Relation:
    spelled = names.spelled(tags.tag)
    rekeyed = spelled.c.spelling != spelled.c.canonical
    if tags.status is None:
        decided = (
            select(tags.key.label("key"), literal(Action.REKEY.value).label("action"), spelled.c.canonical)
            .join_from(tags.table, spelled, spelled.c.spelling == Scanned(tags.tag))
            .where(rekeyed)
            .cte("decided")
        )
        return _with_original(decided, tags.key)
    row = (
        select(
            tags.key.label("key"),
            spelled.c.canonical,
            *(comparable(known).label(f"agree_{place}") for place, known in enumerate(tags.agree)),
            _flag(rekeyed).label("rekeyed"),
            (Moment(tags.updated_at) if tags.updated_at is not None else literal(0)).label("moment"),
        )
        .join_from(tags.table, spelled, spelled.c.spelling == Scanned(tags.tag))
        .cte("tagged")
    )
    group = [row.c.canonical, *(row.c[f"agree_{place}"] for place in range(len(tags.agree)))]
    order = [row.c.moment.desc().nulls_last(), row.c.rekeyed, by_code_point(row.c.key)]

    def over_group(function: FunctionElement[Any]) -> ColumnElement[Any]:
        # One frame for all three, so that the database sorts the groups once.
        return over(function, partition_by=group, order_by=order, rows=(None, None))

    judged = select(
        row.c.key,
        row.c.canonical,
        row.c.rekeyed,
        _flag(over_group(func.row_number()) == 1).label("first"),
        over_group(func.first_value(row.c.rekeyed)).label("won_by_rekeyed"),
        over_group(func.max(row.c.rekeyed)).label("touched"),
    ).cte("judged")
    decided = (
        select(judged.c.key, _decide(TAG_RULES, judged).label("action"), judged.c.canonical)
        # PostgreSQL takes an equality for one row of two hundred, and would look the rest up one by one.
        .where(judged.c.touched > 0)
        .cte("decided")
    )
    return _with_original(decided, tags.key).where(decided.c.action.is_not(None))
