"""What refuses times: one that cannot be read must not count as none where times decide which row stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    not_,
    select,
)

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import flag, key_text, keys_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Differing, Part, Relation, Slots, Spec, Tags
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.times import Unread
from alembic_rekey.sql.values import comparable

__all__ = ["by_time", "time_checks", "time_types"]


def time_types(parts: Iterable[Part], stored: CTE, dialect: str) -> list[Check]:
    """Return the check that times are kept as they are declared, where the database has types for them.

    `stored` are the columns as the catalog has them.
    """
    stamps = [(part.table, stamp) for part in parts for stamp in part.times]
    return [check("time_type", "", mistaken) for mistaken in database(dialect).mistyped_times(stamps, stored)]


def time_checks(spec: Spec, dialect: str, planned: Planned) -> Iterator[Check]:
    """Yield the checks that each row which could have stayed for its time has one that is read, or none."""
    for part in spec.parts:
        stamp = part.updated_at
        if stamp is None or not database(dialect).may_be_unread(stamp):
            continue
        yield from by_time(part, stamp, planned[part])


@singledispatch
def by_time(_part: Part, _stamp: Stamp, _relation: FromClause) -> Iterable[Check]:
    """Return the checks of the rows of a part among which the newest wins, where its kind has any."""
    return ()


@by_time.register
def _among_duplicates(tags: Tags, stamp: Stamp, relation: FromClause) -> Iterable[Check]:
    group = [comparable(relation.c[known.name]) for known in tags.agree]
    return [_unreadable(tags, stamp, relation, group, literal(1))] if tags.rivals else []


@by_time.register
def _among_shadows(slots: Slots, stamp: Stamp, relation: FromClause) -> Iterable[Check]:
    """Return the check of the rows of slots that a shadow's row wins: among those of its rank, the newest."""
    action = relation.c.rekey_action
    status = None if slots.status is None else comparable(relation.c[slots.status.name])
    active = literal(1) if status is None else flag(status == slots.active)
    group = [*(relation.c[known.name] for known in slots.slot), active]
    of_shadows = action.in_([one.value for one in (Action.REKEY, Action.MERGE, Action.DROP)])
    # An active row that is dropped lost to a person's answer, not to a newer one.
    beaten = not_(and_(action == Action.DROP.value, active == 1))
    won = flag(action == Action.REKEY.value)
    conditions = [] if slots.differing is Differing.NEWEST else [of_shadows, beaten]
    return [_unreadable(slots, stamp, relation, group, won, *conditions)]


def _unreadable(
    part: Part,
    stamp: Stamp,
    relation: FromClause,
    group: Sequence[ColumnElement[Any]],
    won: ColumnElement[int],
    *conditions: ColumnElement[bool],
) -> Check:
    stored = relation.c[stamp.name]
    rows = (
        select(
            relation.c.rekey_canonical.label("canonical"),
            cast(key_text(keys_of(part, relation)), Text).label("key"),
            cast(stored, Text).label("value"),
            Unread(stamp, stored).label("unread"),
            won.label("won"),
            *(known.label(f"group_{place}") for place, known in enumerate(group)),
        )
        .where(*conditions)
        .cte("rekey_timed")
    )
    together = [rows.c.canonical, *(rows.c[f"group_{place}"] for place in range(len(group)))]
    # Asked first: mostly there is none, and nothing has to be sorted.
    any_at_all = exists(select(literal(1)).select_from(relation).where(Unread(stamp, stored), *conditions))
    several = select(
        rows,
        func.count().over(partition_by=together).label("rows"),
        func.max(rows.c.won).over(partition_by=together).label("decided"),
    ).where(any_at_all)
    counted = several.subquery("rekey_contested")
    offending: Relation = (
        select(
            literal(str(part.table.name)).label("table"),
            literal(str(stamp.name)).label("column"),
            counted.c.canonical,
            counted.c.key,
            counted.c.value,
        )
        .where(counted.c.unread, counted.c.rows > 1, counted.c.decided == 1)
        .order_by(counted.c.canonical, counted.c.key)
    )
    return check("unreadable_time", part.noun, offending)
