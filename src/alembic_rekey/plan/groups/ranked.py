"""Which rows of the identity are one thing, and in which order of rank: from the registry, or from the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    FromClause,
    Text,
    and_,
    asc,
    cast,
    desc,
    func,
    literal,
    null,
    nulls_first,
    nulls_last,
    or_,
    select,
)
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, flag, key_text, numbered, so_far
from alembic_rekey.spec import Identity, Match
from alembic_rekey.spec.choices import Most
from alembic_rekey.sql.expressions import Exact, Scanned, by_code_point
from alembic_rekey.sql.registry_text import FoldedName
from alembic_rekey.sql.values import comparable

__all__ = ["groups", "written_name"]


def written_name(identity: Identity, name: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """Return what a row of the identity is called: its name as text, or its key where it has none."""
    known = identity.name if name is None else name
    if known is None:
        return cast(key_text(identity.keys), Text)
    return comparable(known) if isinstance(comparable(known), Exact) else cast(known, Text)


def groups(identity: Identity, names: Names) -> CTE:
    """Return every row of a group that has to do with a fold.

    `key_0` and so on, `name` (as text), `canonical`, `lead_0` and so on: the key of the row that stays, or of the
    first alias row where the canonical's is still to be created, and `place`: 0 alone in its group, 1 the row that
    stays, more for shadows.
    """
    known = _found(identity, names) if identity.found else _registered(identity, names)
    group = alike(known, "group")
    ranks, chosen = alike(known, "rank"), _chosen(identity)
    first = len(ranks) - len(chosen)
    order = [*ranks[:first], *(sort(rank) for rank, (_, sort) in zip(ranks[first:], chosen, strict=True))]
    order += [by_code_point(key) for key in alike(known, "key")]
    ranked = select(
        known,
        so_far(func.row_number(), group, order).label("number"),
        *numbered("lead", [so_far(func.first_value(key), group, order) for key in alike(known, "key")]),
        so_far(func.first_value(known.c.name), group, order).label("first_name"),
        func.count().over(partition_by=group).label("rows"),
        func.max(known.c.is_canonical).over(partition_by=group).label("has_canonical"),
    ).cte(f"rekey_ranked_{identity.noun}")
    place: ColumnElement[int] = ranked.c.number
    alone = and_(ranked.c.rows == 1, ranked.c.has_canonical == 1)
    if identity.creates:
        # The place of the row that stays is free until it is created.
        place = place + 1 - ranked.c.has_canonical
    else:
        alone = ranked.c.rows == 1
    place = place * (1 - flag(alone))
    several = or_(ranked.c.rows > 1, ranked.c.has_canonical == 0)
    touched = ranked.c.rows > 1 if identity.found else or_(several, ranked.c.name != ranked.c.canonical)
    return (
        select(
            *alike(ranked, "key"),
            ranked.c.name,
            (ranked.c.first_name if identity.found else ranked.c.canonical).label("canonical"),
            *alike(ranked, "lead"),
            place.label("place"),
        )
        .where(touched)
        .cte(f"rekey_group_{identity.noun}")
        .prefix_with("MATERIALIZED", dialect="sqlite")
    )


def _registered(identity: Identity, names: Names) -> CTE:
    assert identity.name is not None  # noqa: S101  # the spec refuses it: `Identity.faults`
    name = written_name(identity)
    spelled = names.spelled(identity.name, identity.noun, identity.match)
    rank = [flag(spelled.c.spelling != spelled.c.canonical), flag(spelled.c.alias != spelled.c.canonical)]
    rows = (
        select(
            *numbered("key", identity.keys),
            spelled.c.spelling.label("name"),
            spelled.c.canonical,
            flag(spelled.c.alias == spelled.c.canonical).label("is_canonical"),
            *numbered("group", [spelled.c.canonical, *map(comparable, identity.within)]),
            *numbered("rank", [*rank, *(chosen for chosen, _ in _chosen(identity))]),
        )
        .join_from(identity.table, spelled, spelled.c.spelling == Scanned(name))
        .where(*identity.counting)
    )
    return rows.cte(f"rekey_known_{identity.noun}")


def _found(identity: Identity, names: Names) -> CTE:
    source: FromClause = identity.table
    matched: list[ColumnElement[Any]] = [comparable(each) for each in identity.matching]
    if not matched:
        name = written_name(identity)
        matched = [name]
        if identity.match is Match.FOLDED:
            beyond = names.beyond_ascii(name, identity.table, identity.noun)
            source = source.outerjoin(beyond, beyond.c.spelling == Scanned(name))
            matched = [func.coalesce(beyond.c.key, FoldedName(name, (), first=True))]
    says = [func.trim(cast(each, Text)) != "" for each in matched]
    rows = (
        select(
            *numbered("key", identity.keys),
            # A row without a name is called by its key.
            func.coalesce(written_name(identity), cast(key_text(identity.keys), Text)).label("name"),
            cast(null(), Text).label("canonical"),
            literal(1).label("is_canonical"),
            *numbered("group", [*matched, *map(comparable, identity.within)]),
            *numbered("rank", [chosen for chosen, _ in _chosen(identity)]),
        )
        .select_from(source)
        .where(*says, *identity.counting)
    )
    return rows.cte(f"rekey_known_{identity.noun}")


Direction = Callable[[ColumnElement[Any]], ColumnElement[Any]]


def _chosen(identity: Identity) -> list[tuple[ColumnElement[Any], Direction]]:
    return [_ordered(identity, each) for each in identity.survivor]


def _ordered(identity: Identity, expression: Any) -> tuple[ColumnElement[Any], Direction]:
    """Return what a survivor expression compares, and how it is sorted: NULL last on every database, unless told."""
    if isinstance(expression, Most):
        referring: Column[Any] = expression.column
        rows = select(func.count()).select_from(referring.table).where(referring == identity.keys[0])
        return rows.correlate(identity.table).scalar_subquery(), desc
    told, inner = list[Any](), expression
    while getattr(inner, "modifier", None) in (desc_op, asc_op, nulls_first_op, nulls_last_op):
        told.append(inner.modifier)
        inner = inner.element
    direction = desc if desc_op in told else asc
    nulls = nulls_first if nulls_first_op in told else nulls_last
    return inner, lambda known: nulls(direction(known))
