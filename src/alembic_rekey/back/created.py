"""Rows that an upgrade created: which they are, and whether they still are as they were made.

Columns unknown to the revision count too. Only the catalog knows them, so it is read first; a script
asks `script_created`.
"""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    column,
    not_,
    select,
    table,
)

from alembic_rekey.guard.stored import Stored
from alembic_rekey.spec import Identity
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.side_tables import created_name

__all__ = ["altered"]


def altered(identity: Identity, stored: Stored, run: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that a row of `identity` was created by `run` and has changed in any column since."""
    # A row that is created has a key of one column.
    names, key = stored.lasting(identity), identity.keys[0].name
    made = table(created_name(identity.table), *map(column, ("rekey_run", *names)))
    now = table(identity.table.name, *map(column, names), schema=identity.table.schema).alias("rekey_now")
    changed = (
        select(now.c[key])
        .select_from(made.join(now, made.c[key] == now.c[key]))
        .where(
            made.c.rekey_run == run,
            not_(SameRow([made.c[name] for name in names], [now.c[name] for name in names])),
        )
    )
    # Asked once, not once per created row: those can be as many as the registry has names.
    return identity.keys[0].in_(changed)
