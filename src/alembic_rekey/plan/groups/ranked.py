"""Which rows of the identity are one thing, and in which order of rank: from the registry, or from the data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Text,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from alembic_rekey.plan.groups.order import Direction, ordered
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, flag, key_text, numbered, so_far
from alembic_rekey.spec import Identity, Match, Relation, Spec
from alembic_rekey.sql.expressions import Exact, Scanned, by_code_point
from alembic_rekey.sql.registry_text import FoldedName
from alembic_rekey.sql.values import comparable

__all__ = ["groups", "still_several", "written_name"]


def written_name(identity: Identity, name: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """Return what a row of the identity is called: its name as text, or its key where it has none."""
    known = identity.name if name is None else name
    if known is None:
        return cast(key_text(identity.keys), Text)
    return comparable(known) if isinstance(comparable(known), Exact) else cast(known, Text)


def groups(identity: Identity, spec: Spec, names: Names) -> CTE:
    """Return every row of a group that has to do with a fold.

    `key_0` and so on, `name` (as text), `canonical`, `lead_0` and so on: the key of the row that stays, or of the
    first alias row where the canonical's is still to be created, and `place`: 0 alone in its group, 1 the row that
    stays, more for shadows.
    """
    known, sorts = _found(identity, spec, names) if identity.found else _registered(identity, spec, names)
    group = alike(known, "group")
    order = [*alike(known, "spelt"), *(sort(rank) for rank, sort in zip(alike(known, "rank"), sorts, strict=True))]
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


def still_several(identity: Identity, spec: Spec, names: Names) -> Relation:
    """Return what the rows of each found group of more than one are called: the first of their names, and the last."""
    known, _ = _found(identity, spec, names)
    spelled = func.max(known.c.name).label("spelling"), func.min(known.c.name).label("canonical")
    return select(*spelled).group_by(*alike(known, "group")).having(func.count() > 1)


def _registered(identity: Identity, spec: Spec, names: Names) -> tuple[CTE, list[Direction]]:
    assert identity.name is not None  # noqa: S101  # the spec refuses it: `Identity.faults`
    name = written_name(identity)
    spelled = names.spelled(identity.name, identity.noun, identity.match)
    spelt = [flag(spelled.c.spelling != spelled.c.canonical), flag(spelled.c.alias != spelled.c.canonical)]
    source, ranks, sorts = ordered(identity, spec, identity.table.join(spelled, spelled.c.spelling == Scanned(name)))
    rows = (
        select(
            *numbered("key", identity.keys),
            spelled.c.spelling.label("name"),
            spelled.c.canonical,
            flag(spelled.c.alias == spelled.c.canonical).label("is_canonical"),
            *numbered("group", [spelled.c.canonical, *map(comparable, identity.within)]),
            *numbered("spelt", spelt),
            *numbered("rank", ranks),
        )
        .select_from(source)
        .where(*identity.counting)
    )
    return rows.cte(f"rekey_known_{identity.noun}"), sorts


def _found(identity: Identity, spec: Spec, names: Names) -> tuple[CTE, list[Direction]]:
    source, ranks, sorts = ordered(identity, spec, identity.table)
    matched: list[ColumnElement[Any]] = [comparable(each) for each in identity.matching]
    if not matched:
        name = written_name(identity)
        matched = [name]
        if identity.match is Match.FOLDED:
            beyond = names.beyond_ascii(name, identity.table, identity.noun)
            source = source.outerjoin(beyond, beyond.c.spelling == Scanned(name))
            matched = [func.coalesce(beyond.c.key, FoldedName(name, (), first=True))]
    # Blank as Python has it, whatever the database trims.
    says = [FoldedName(cast(each, Text), (), first=True) != "" for each in matched]
    rows = (
        select(
            *numbered("key", identity.keys),
            # A row without a name is called by its key.
            func.coalesce(written_name(identity), cast(key_text(identity.keys), Text)).label("name"),
            cast(null(), Text).label("canonical"),
            literal(1).label("is_canonical"),
            *numbered("group", [*matched, *map(comparable, identity.within)]),
            *numbered("rank", ranks),
        )
        .select_from(source)
        .where(*says, *identity.counting)
    )
    return rows.cte(f"rekey_known_{identity.noun}"), sorts
