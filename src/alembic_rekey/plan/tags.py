"""Tagged rows: the facts of `TAG_RULES`, among them which of the duplicates wins, and the plan that follows."""

from __future__ import annotations

from sqlalchemy import CTE, and_, case, func, literal, or_, select, union_all

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.judged import decided, flag, so_far, with_original
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import TAG_RULES, Action
from alembic_rekey.spec import Relation, Spec, Tags
from alembic_rekey.sql.expressions import Scanned, by_code_point
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["plan_tags"]


def plan_tags(tags: Tags, _spec: Spec, names: Names, _answered: Answered | None) -> Relation:
    """Return the plan of `tags`: rows under an alias are rekeyed, and duplicates superseded where they are declared."""
    if tags.status is None:
        spelled = names.spelled(tags.tag)
        rekeying = (
            select(tags.key.label("key"), literal(Action.REKEY.value).label("action"), spelled.c.canonical)
            .join_from(tags.table, spelled, spelled.c.spelling == Scanned(tags.tag))
            .where(spelled.c.spelling != spelled.c.canonical)
        )
        return with_original(rekeying, tags.key)
    return with_original(decided(TAG_RULES, _judged(tags, names)), tags.key)


def _judged(tags: Tags, names: Names) -> CTE:
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
        so_far(func.row_number(), group, order).label("place"),
        so_far(func.sum(row.c.rekeyed), group, order).label("rekeyed_so_far"),
        so_far(func.first_value(row.c.key), group, order).label("won"),
        so_far(func.first_value(row.c.rekeyed), group, order).label("won_by_rekeyed"),
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
