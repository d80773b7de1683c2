"""What every kind of part is changed by: its table, and the rows that the journal of the run names for an action."""

from __future__ import annotations

from sqlalchemy import ColumnElement, TableClause, and_, delete, select, update
from sqlalchemy.sql.dml import Delete, Update

from alembic_rekey.plan.actions import written
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import among, keys_of, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.side_tables import current_run, journal, run_time
from alembic_rekey.sql.times import written_time

__all__ = ["deleting", "of_this_run", "updating"]


def of_this_run(kept: TableClause, *actions: Action) -> ColumnElement[bool]:
    """Tell whether a line of the journal `kept` is of this run and of one of `actions`."""
    names = sorted(action.value for action in actions)
    return and_(kept.c.rekey_run == current_run(), kept.c.rekey_action.in_(names))


def deleting(part: Part, action: Action) -> Delete:
    """Return what deletes the rows of `action`."""
    kept = journal(part)
    gone: Relation = select(*(kept.c[known.name] for known in part.keys)).where(of_this_run(kept, action))
    return delete(part.table).where(among(part.keys, gone))


def updating(part: Part, spec: Spec, names: Names, planned: Planned, action: Action) -> Update:
    """Return what writes the new values of the rows of `action`, and the time of the run beside them."""
    lines, new = becoming(part, spec, names, planned, [action])
    changes = {known.key: new[str(known.name)] for known in written(part)[action]}
    if part.stamp is not None:
        changes[part.stamp.key] = written_time(run_time(), part.stamp, lines.c[part.stamp.name])
    matched = same_key(part.keys, keys_of(part, lines))
    return update(part.table).values(changes).where(matched)
