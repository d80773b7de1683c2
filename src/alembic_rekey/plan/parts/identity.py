"""Rows of the identity: which are shadows, which row stays and what it gets, and which canonical has none."""

from __future__ import annotations

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union,
    union_all,
)

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.absorbed import absorbed
from alembic_rekey.plan.groups.members import Planned, refers
from alembic_rekey.plan.groups.ranked import groups
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, all_columns, flag, keys_of, numbered, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Spec
from alembic_rekey.sql.equality import Same

__all__ = ["plan_identity"]


def plan_identity(
    identity: Identity, spec: Spec, names: Names, _answered: Answered | None, _planned: Planned
) -> Relation:
    """Return the plan of `identity`: shadows go, misspelt canonicals are renamed, missing ones created."""
    grouped = groups(identity, spec, names)
    gone = Action.DELETE if identity.retire is None else Action.RETIRE
    lines: list[tuple[ColumnElement[bool], str]] = [(grouped.c.place > 1, gone.value)]
    source: FromClause = grouped
    moving = _moving(identity, grouped) if identity.owners else None
    moves: ColumnElement[bool] = false()
    if moving is not None:
        source = source.outerjoin(moving, same_key(alike(moving, "key"), alike(grouped, "key")))
        moves = moving.c.canonical.is_not(None)
    if identity.absorb:
        taking = _taking(identity, grouped)
        source = source.outerjoin(taking, same_key(alike(taking, "key"), alike(grouped, "key")))
        takes = taking.c.takes > 0
        if moving is not None:
            lines.append((and_(takes, moves), Action.REKEY.value))
        lines.append((takes, Action.ABSORB.value))
    if not identity.found and identity.named:
        lines.append((grouped.c.name != grouped.c.canonical, Action.RENAME.value))
    if moving is not None:
        lines.append((moves, Action.REKEY.value))
    chosen = [
        select(
            *alike(grouped, "key"),
            case(*lines, else_=Action.KEEP.value).label("action"),
            grouped.c.canonical,
            grouped.c.place,
            *numbered("to", alike(grouped, "lead")),
        ).select_from(source)
    ]
    if moving is not None:
        keys = alike(moving, "key")
        member = same_key(alike(grouped, "key"), keys)
        chosen.append(
            select(*keys, literal(Action.REKEY.value), moving.c.canonical, null(), *keys)
            .join_from(moving, grouped, member, isouter=True)
            .where(grouped.c.place.is_(None))
        )
    if identity.creates:
        leads = alike(grouped, "lead")
        headless = select(*(null() for _ in leads), literal(Action.CREATE.value), grouped.c.canonical, null(), *leads)
        chosen.append(headless.where(grouped.c.place > 1, same_key(alike(grouped, "key"), leads)))
    made = union_all(*chosen).cte(f"rekey_decided_{identity.noun}")
    original = identity.table.alias("rekey_original")
    matched = same_key(keys_of(identity, original), alike(made, "key"))
    # A created row has no before-image: the outer join leaves all of its columns NULL.
    return all_columns(made, identity).join_from(made, original, matched, isouter=True)


def _taking(identity: Identity, grouped: CTE) -> CTE:
    """Return of each row that stays whether a column of it takes another value from the shadows."""
    table = identity.table
    rows = (
        select(*alike(grouped, "key"), *alike(grouped, "lead"), grouped.c.place)
        .add_columns(*numbered("gives", [table.c[name] for name in identity.absorbing]))
        .join_from(grouped, table, same_key(identity.keys, alike(grouped, "key")))
        .where(grouped.c.place > 0)
        .cte(f"rekey_giving_{identity.noun}")
    )
    gives = alike(rows, "gives")
    taken = absorbed(identity, gives, alike(rows, "lead"), rows.c.place).values()
    takes = [flag(not_(Same(value, stored))) for value, stored in zip(taken, gives, strict=True)]
    new = select(*alike(rows, "key"), rows.c.place, *numbered("takes", takes)).subquery("rekey_taken")
    return (
        select(*alike(new, "key"), flag(or_(*(each == 1 for each in alike(new, "takes")))).label("takes"))
        .where(new.c.place == 1)
        .cte(f"rekey_taking_{identity.noun}")
    )


def _moving(identity: Identity, grouped: CTE) -> CTE:
    """Return the rows that count, of a group or not, an owner of which is a shadow, and the name of what it becomes."""
    led = []
    for number, owner in enumerate(identity.owning):
        member = grouped.alias(f"rekey_owner_{number}")
        led.append(
            select(*numbered("key", identity.keys), member.c.canonical)
            .join_from(identity.table, member, refers(identity, owner, owner, alike(member, "key")))
            .where(member.c.place > 1, *identity.counting)
        )
    every = union(*led).subquery("rekey_led")
    keys = alike(every, "key")
    return (
        select(*keys, func.min(every.c.canonical).label("canonical"))
        .group_by(*keys)
        .cte(f"rekey_moving_{identity.noun}")
    )
