"""Triggers of the application, as far as the catalog tells them: what a script, which cannot look, must not run into.

A connection compares every column that there is, and tries the way back before the commit. A script does neither.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, literal, not_, select, union_all

from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.shape import declared_columns, stored_columns
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Relation, Spec, Stamped
from alembic_rekey.sql.dialects import database

__all__ = ["firing", "firing_back", "trigger_on_way_back", "trigger_undeclared"]


def trigger_undeclared(parts: Sequence[Part], dialect: str) -> Check:
    """Return the check that no trigger fires when rows are updated of a table that is not declared whole.

    A script compares the columns that the revision declares, and what a trigger writes into others it would not see.
    """
    fired = _triggers(parts, dialect)
    stored, declared = stored_columns(parts, dialect), declared_columns(parts)
    same = and_(declared.c.table == stored.c.table, declared.c.name == stored.c.name)
    updated = union_all(*(_called(fired, part, "UPDATE") for part in parts)).subquery("rekey_updated")
    undeclared = (
        select(stored.c.table, updated.c.called, stored.c.name.label("column"))
        .distinct()
        .select_from(stored.join(updated, updated.c.table == stored.c.table).outerjoin(declared, same))
        .where(stored.c.generated == 0, declared.c.name.is_(None))
    )
    return check("trigger_undeclared", "", undeclared)


def trigger_on_way_back(spec: Spec, dialect: str, planned: Planned) -> Check:
    """Return the check that no trigger fires on the way back that has not fired before the commit.

    What the plan deletes is inserted then, and what it creates is deleted, where nothing was before. What it updates is
    updated again, from other values to other ones: one may fire that asks for these, or that one partition alone has.
    Not asked where the spec says that a trigger writes the time: such a one may well ask what that is.
    """
    fired = _triggers(spec.parts, dialect)
    lines = list[Relation]()
    for part in spec.parts:
        acts = DELETED, [Action.CREATE], list(written(part))
        going, coming, staying = (_there(planned[part], actions) for actions in acts)
        lines += [_called(fired, part, "INSERT").where(going)] if part.deletable else []
        lines += [_called(fired, part, "DELETE").where(coming, not_(going))] if part.keeps_created else []
        asked = written(part) and part.stamped is Stamped.BY_THE_RUN
        lines += [_called(fired, part, "UPDATE").where(fired.c.one_way == 1, staying)] if asked else []
    none = select(fired.c.table, fired.c.called, fired.c.event).where(false())
    return check("trigger_on_way_back", "", select(union_all(*(lines or [none])).subquery("rekey_returning")))


def firing(parts: Sequence[Part], dialect: str, planned: Planned) -> Relation:
    """Return the triggers that fire while the plan is applied: `table`, `called`, `event`."""
    return _fired_by(parts, dialect, planned, inserting=[Action.CREATE], deleting=DELETED)


def firing_back(spec: Spec, dialect: str, planned: Planned) -> Relation:
    """Return the triggers that fire on the way back, whether they have before or not: `table`, `called`, `event`."""
    return _fired_by(spec.parts, dialect, planned, inserting=DELETED, deleting=[Action.CREATE])


def _fired_by(
    parts: Sequence[Part],
    dialect: str,
    planned: Planned,
    *,
    inserting: Collection[Action],
    deleting: Collection[Action],
) -> Relation:
    fired = _triggers(parts, dialect)
    lines = list[Relation]()
    for part in parts:
        acting = {"INSERT": inserting, "DELETE": deleting, "UPDATE": list(written(part))}
        for change, acts in acting.items():
            lines += [_called(fired, part, change).where(_there(planned[part], acts))] if acts else []
    return select(union_all(*lines).subquery("rekey_returning"))


def _called(fired: FromClause, part: Part, change: str) -> Relation:
    """Return those that a `change` of rows of `part` may call: `table`, `called`, `event`."""
    columns = {str(known.name) for known in chain(*written(part).values())}
    columns |= set() if part.updated_at is None else {str(part.updated_at.name)}
    return select(fired.c.table, fired.c.called, fired.c.event).where(
        fired.c.table == str(part.table.name), fired.c.change == change, fired.c.column.in_(["", *sorted(columns)])
    )


def _there(rows: FromClause, actions: Collection[Action]) -> ColumnElement[bool]:
    return exists(select(literal(1)).select_from(rows).where(rows.c.rekey_action.in_(sorted(actions))))


def _triggers(parts: Sequence[Part], dialect: str) -> FromClause:
    return about(parts, database(dialect).triggers).cte("rekey_fired")
