"""Rows that an upgrade created: whether they still are as they were made, in columns unknown to the revision too.

Which columns those are only the catalog knows, so it is read first; a script asks `script_created`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Text, cast, column, exists, literal, not_, or_, select, table

from alembic_rekey.drift import restorable_run
from alembic_rekey.expressions import Same
from alembic_rekey.shape import columns_of
from alembic_rekey.side_tables import created_name
from alembic_rekey.spec import Identity

__all__ = ["altered"]


def altered(connection: Connection, identity: Identity) -> ColumnElement[bool]:
    """Return the condition that a row of `identity` was created by the run and has changed in any column since.

    It does not hold where the row as made is not known, as after a report of an earlier version.
    """
    names = list(columns_of(connection, identity.table))
    made = table(created_name(identity.table), *map(column, ("run_id", *names)))
    now = table(identity.table.name, *map(column, names), schema=identity.table.schema).alias("now")
    key = identity.key.name
    exact = connection.dialect.name == "postgresql"
    differs = [
        # Not every type of PostgreSQL has an equality, but every one has a text.
        not_(Same(cast(made.c[name], Text), cast(now.c[name], Text)) if exact else Same(made.c[name], now.c[name]))
        for name in names
    ]
    return exists(
        select(literal(1))
        .select_from(made.join(now, made.c[key] == now.c[key]))
        .where(made.c.run_id == restorable_run(), now.c[key] == identity.key, or_(*differs))
    )
