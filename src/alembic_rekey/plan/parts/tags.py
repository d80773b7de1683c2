"""Tagged rows: the facts of `TAG_RULES`, among them which of the duplicates wins, and the plan that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, as_read, decided, flag, held, numbered, so_far, with_original
from alembic_rekey.plan.rules import TAG_RULES, Action
from alembic_rekey.spec import Identity, Relation, Spec, Tags
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.expressions import Exact, Scanned, by_code_point
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["Tagged", "plan_tags", "tagged"]


@dataclass(frozen=True)
class Tagged:
    """Rows joined with what their tags are names of."""

    source: FromClause
    becoming: Sequence[ColumnElement[Any]]
    """Each tag as it will be."""
    moved: ColumnElement[bool]
    known: ColumnElement[bool]
    """Some tag is a name of a group."""
    canonical: ColumnElement[Any]


def tagged(tags: Tags, spec: Spec, names: Names, planned: Planned, rows: FromClause, named: str) -> Tagged:
    """Return `rows`, which have the columns of `tags`, with what their tags are names of.

    `named` tells the relations apart where a statement asks this of several `rows`.
    """
    source, becoming, moved, canonicals = rows, list[ColumnElement[Any]](), list[ColumnElement[bool]](), []
    alone = len(tags.named) == 1
    for number, tag in enumerate(tags.named):
        called = named if alone else f"{named}_{number}"
        stored = held(rows, tag)
        spelled = _spelled(tags, spec.identity, names, planned, stored, called)
        matched = [spelled.c.spelling == Scanned(written_name(spec.identity, stored))]
        within = zip(alike(spelled, "within"), tags.within if spec.identity.found else (), strict=True)
        matched += [Same(its, held(rows, mine)) for its, mine in within]
        source = source.join(spelled, and_(*matched)) if alone else source.outerjoin(spelled, and_(*matched))
        moved.append(spelled.c.spelling != spelled.c.canonical)
        becoming.append(spelled.c.canonical if alone else func.coalesce(spelled.c.canonical, stored))
        canonicals.append(spelled.c.canonical)
    first = [case((moves, canonical)) for moves, canonical in zip(moved, canonicals, strict=True)]
    return Tagged(
        source=source,
        becoming=becoming,
        moved=or_(*moved),
        known=or_(*(canonical.is_not(None) for canonical in canonicals)),
        canonical=canonicals[0] if alone else func.coalesce(*first, *canonicals),
    )


def _spelled(
    tags: Tags, identity: Identity, names: Names, planned: Planned, stored: ColumnElement[Any], called: str
) -> CTE:
    if not identity.found:
        return names.spelled(stored, called, identity.match)
    # Names that nobody registered are those of the rows that are one.
    rows = planned[identity]
    assert identity.name is not None  # noqa: S101  # the spec refuses it: `Spec._check_tags`
    within = identity.within if tags.within else ()
    return (
        select(
            written_name(identity, rows.c[identity.name.name]).label("spelling"),
            rows.c.rekey_canonical.label("canonical"),
            *numbered("within", [comparable(rows.c[known.name]) for known in within]),
        )
        .where(rows.c.rekey_place > 0)
        .distinct()
        .cte(f"rekey_of_{called}")
    )


def plan_tags(tags: Tags, spec: Spec, names: Names, _answered: Answered | None, planned: Planned) -> Relation:
    """Return the plan of `tags`: rows under an alias are rekeyed, and duplicates lose where they are declared."""
    found = tagged(tags, spec, names, planned, tags.table, tags.noun)
    if not tags.rivals:
        rekeying = as_read(tags, literal(Action.REKEY.value), found.canonical)
        return rekeying.select_from(found.source).where(found.moved, *tags.counting)
    judged = _judged(tags, found)
    action: ColumnElement[Any] = decided(TAG_RULES, judged)
    if tags.deletable:
        action = case((action == Action.SUPERSEDE.value, Action.MERGE.value), else_=action)
    return with_original(select(*alike(judged, "key"), action.label("action"), judged.c.canonical), tags)


def _judged(tags: Tags, found: Tagged) -> CTE:
    """Return the facts of `TAG_RULES` per row that a rule acts on."""
    row = (
        select(
            *numbered("key", tags.keys),
            found.canonical.label("canonical"),
            *numbered("name", found.becoming if len(tags.named) == 1 else [Exact(name) for name in found.becoming]),
            *numbered("agree", [comparable(known) for known in (*tags.agree, *tags.within)]),
            flag(found.moved).label("rekeyed"),
            (Moment(tags.updated_at) if tags.updated_at is not None else literal(0)).label("moment"),
        )
        .select_from(found.source)
        .where(found.known, *tags.counting)
        .cte(f"rekey_tagged_{tags.noun}")
    )
    group = [*alike(row, "name"), *alike(row, "agree")]
    keys = alike(row, "key")
    order = [row.c.moment.desc().nulls_last(), row.c.rekeyed, *map(by_code_point, keys)]
    ranked = select(
        *keys,
        row.c.canonical,
        row.c.rekeyed,
        so_far(func.row_number(), group, order).label("place"),
        so_far(func.sum(row.c.rekeyed), group, order).label("rekeyed_so_far"),
        *numbered("won", [so_far(func.first_value(key), group, order) for key in keys]),
        so_far(func.first_value(row.c.rekeyed), group, order).label("won_by_rekeyed"),
    ).cte(f"rekey_ranked_{tags.noun}")
    facts = union_all(select(literal("row").label("of")), select(literal("survivor"))).subquery("rekey_facts")
    own = facts.c.of == "row"
    # Where the row that wins is a canonical's, the first rekeyed row of the group, and it alone, brings it along.
    brings = and_(ranked.c.won_by_rekeyed == 0, ranked.c.rekeyed == 1, ranked.c.rekeyed_so_far == 1)
    won = [column for column in ranked.c if column.name.startswith("won_") and column.name != "won_by_rekeyed"]
    either = [case((own, key), else_=winner) for key, winner in zip(alike(ranked, "key"), won, strict=True)]
    return (
        select(
            *numbered("key", either),
            ranked.c.canonical,
            case((own, ranked.c.rekeyed), else_=0).label("rekeyed"),
            case((own, flag(ranked.c.place == 1)), else_=1).label("first"),
            ranked.c.won_by_rekeyed,
        )
        .join_from(ranked, facts, or_(own, brings))
        .where(or_(ranked.c.rekeyed > 0, ranked.c.won_by_rekeyed > 0))
        .cte(f"rekey_judged_{tags.noun}")
    )
