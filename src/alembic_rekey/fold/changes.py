"""What every kind of part is changed by: its table, and the rows that the journal of the run names for an action."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, TableClause, and_, delete, select, update
from sqlalchemy.sql.dml import Delete, Update

from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.side_tables import current_run, journal, run_time
from alembic_rekey.sql.times import written_time

__all__ = ["deleting", "of_this_run", "updating"]


def of_this_run(kept: TableClause, *actions: Action) -> ColumnElement[bool]:
    """Tell whether a line of the journal `kept` is of this run and of one of `actions`."""
    names = sorted(action.value for action in actions)
    return and_(kept.c.rekey_run == current_run(), kept.c.rekey_action.in_(names))


def deleting(part: Part, action: Action) -> Delete:
    """Return what deletes the rows of `action`."""
    kept = journal(part.table)
    gone: Relation = select(kept.c[part.key.name]).where(of_this_run(kept, action))
    return delete(part.table).where(part.key.in_(gone))


def updating(part: Part, action: Action, changes: dict[str, Any]) -> Update:
    """Return what makes `changes` in the rows of `action`, and writes the time of the run beside them."""
    kept = journal(part.table)
    if part.stamp is not None:
        changes = {
            **changes,
            part.stamp.key: written_time(run_time(), part.stamp, kept.c[part.stamp.name]),
        }
    return update(part.table).values(changes).where(part.key == kept.c[part.key.name], of_this_run(kept, action))
