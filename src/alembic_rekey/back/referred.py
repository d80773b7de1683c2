"""What deleted rows referred to beside their owners: the application may have deleted that since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, and_, not_, select, true

from alembic_rekey.guard.stored import Referred, columns_in
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import among
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Spec

__all__ = ["gone"]


def gone(keys: Iterable[Referred], spec: Spec, planned: Planned, rows: FromClause) -> list[ColumnElement[bool]]:
    """Return, per foreign key, the condition that what `rows` referred to neither stands nor comes back with them."""
    # PostgreSQL tells a foreign key to a partitioned table once more for each partition: one of them has the row.
    there: defaultdict[tuple[str, ...], list[ColumnElement[bool]]] = defaultdict(list)
    for number, key in enumerate(keys):
        before = columns_in(rows, key.columns)
        there[key.columns].append(key.stands_for(before))
        for part in spec.parts:
            if part.table.name == key.table:
                run = select(planned[part]).subquery(f"rekey_with_it_{number}")
                # Who moved with its owner gets its old key back.
                returns = true() if part.key_moves else run.c.rekey_action.in_(sorted(DELETED))
                there[key.columns].append(among(before, select(*columns_in(run, key.keys)).where(returns)))
    return [
        and_(*(value.is_not(None) for value in columns_in(rows, columns)), *map(not_, stands))
        for columns, stands in there.items()
    ]
