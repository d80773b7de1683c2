"""A plan is a relation: spec and registered names -> one `select()` per table; opens no connection.

Each select has the columns `rekey_action` and `rekey_canonical`, then all columns of the table as they stand,
those that the revision does not know included. A dry run streams it, the upgrade inserts it into the
journal. The decisions are the tables of `rules`; here they become CASE expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Text,
    case,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.judged import decided, flag, judged_slots, judged_tags
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import SLOT_RULES, TAG_RULES, Action
from alembic_rekey.spec import Identity, Relation, Slots, Spec, Tags
from alembic_rekey.sql.expressions import Scanned
from alembic_rekey.sql.side_tables import journal

__all__ = ["Part", "Planned", "journalled", "plan", "streamed"]

Part = Identity | Slots | Tags

Planned = Mapping[Part, FromClause]
"""Per part the plan as a relation with `rekey_action`, `rekey_canonical` and the columns that the revision knows."""


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
    return {part: _known(part, decided.subquery("rekey_planned")) for part, decided in made.items()}


def journalled(spec: Spec, run: ColumnElement[int]) -> Planned:
    """Return the plan of `run` as relations over its journal."""
    planned: dict[Part, FromClause] = {}
    for part in spec.parts:
        kept = journal(part.table)
        columns = [known for known in kept.columns if known.name != "rekey_run"]
        planned[part] = select(*columns).where(kept.c.rekey_run == run).subquery("rekey_planned")
    return planned


def _known(part: Part, planned: FromClause) -> FromClause:
    columns = [column("rekey_action", Text()), column("rekey_canonical", Text())]
    columns += [column(known.name, known.type) for known in part.table.columns]
    return select(*columns).select_from(planned).subquery("rekey_known_columns")


def _with_original(chosen: Relation, key: Column[Any]) -> Relation:
    """Join what was decided per key, its first column, with the row itself, all of its columns as they stand."""
    # SQLite finds rows through the index of their keys, here and all along: in its order, a page is read once.
    # To sort the keys alone costs a fraction of sorting the rows.
    in_order = chosen.suffix_with("ORDER BY 1", dialect="sqlite")
    decided = in_order.cte("rekey_decided").prefix_with("MATERIALIZED", dialect="sqlite")
    original = key.table.alias("rekey_original")
    return _all_columns(decided).join_from(decided, original, original.c[key.key] == decided.c.key)


def _all_columns(chosen: FromClause) -> Relation:
    return select(
        chosen.c.action.label("rekey_action"),
        chosen.c.canonical.label("rekey_canonical"),
        literal_column("rekey_original.*"),
    )


def _identity_plan(identity: Identity, names: Names) -> Relation:
    spelled = names.spelled(identity.name)
    known = (
        select(identity.key.label("key"), spelled.c.spelling.label("name"), spelled.c.alias, spelled.c.canonical)
        .join_from(identity.table, spelled, spelled.c.spelling == Scanned(identity.name))
        .cte("rekey_known")
    )
    shadow, misspelt = known.c.alias != known.c.canonical, known.c.name != known.c.canonical
    touched = select(
        known.c.key,
        case((shadow, Action.DELETE.value), (misspelt, Action.RENAME.value), else_=Action.KEEP.value).label("action"),
        known.c.canonical,
    ).where(or_(shadow, misspelt, known.c.canonical.in_(select(known.c.canonical).where(shadow))))
    orphaned = (
        select(null().label("key"), literal(Action.CREATE.value).label("action"), known.c.canonical)
        .group_by(known.c.canonical)
        .having(func.min(flag(shadow)) == 1)
    )
    chosen = union_all(touched, orphaned).cte("rekey_decided")
    original = identity.table.alias("rekey_original")
    # A created row has no before-image: the outer join leaves all of its columns NULL.
    return _all_columns(chosen).join_from(chosen, original, original.c[identity.key.key] == chosen.c.key, isouter=True)


def _slots_plan(identity: Identity, slots: Slots, names: Names, answered: Answered | None) -> Relation:
    judged = judged_slots(identity, slots, names, answered)
    # PostgreSQL takes an equality for one row of two hundred, and would look the rest up one by one.
    return _with_original(decided(SLOT_RULES, judged).where(judged.c.touched > 0), slots.key)


def _tags_plan(tags: Tags, names: Names) -> Relation:
    if tags.status is None:
        spelled = names.spelled(tags.tag)
        rekeying = (
            select(tags.key.label("key"), literal(Action.REKEY.value).label("action"), spelled.c.canonical)
            .join_from(tags.table, spelled, spelled.c.spelling == Scanned(tags.tag))
            .where(spelled.c.spelling != spelled.c.canonical)
        )
        return _with_original(rekeying, tags.key)
    return _with_original(decided(TAG_RULES, judged_tags(tags, names)), tags.key)
