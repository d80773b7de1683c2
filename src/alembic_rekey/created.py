"""Rows that an upgrade created: which they are, and whether they still are as they were made.

Columns unknown to the revision count too. Only the catalog knows them, so it is read first; a script
asks `script_created`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Text,
    cast,
    column,
    not_,
    or_,
    select,
    table,
)

from alembic_rekey.drift import restorable_run
from alembic_rekey.expressions import Same
from alembic_rekey.shape import columns_of
from alembic_rekey.side_tables import aliases, created, created_name
from alembic_rekey.spec import Identity
from alembic_rekey.values import Key

__all__ = ["altered", "created_keys"]


def altered(connection: Connection, identity: Identity) -> ColumnElement[bool]:
    """Return the condition that a row of `identity` was created by the run and has changed in any column since.

    It does not hold where the row as made is not known, as after a report of an earlier version.
    """
    names = list(columns_of(connection, identity.table))
    made = table(created_name(identity.table), *map(column, ("rekey_run", *names)))
    now = table(identity.table.name, *map(column, names), schema=identity.table.schema).alias("rekey_now")
    key = identity.key.name
    as_text = connection.dialect.name == "postgresql"
    differs = [
        # Not every type of PostgreSQL has an equality, but every one has a text.
        not_(Same(cast(made.c[name], Text), cast(now.c[name], Text)) if as_text else Same(made.c[name], now.c[name]))
        for name in names
    ]
    changed = (
        select(now.c[key])
        .select_from(made.join(now, made.c[key] == now.c[key]))
        .where(made.c.rekey_run == restorable_run(), or_(*differs))
    )
    # Asked once, not once per created row: those can be as many as the registry has names.
    return identity.key.in_(changed)


def created_keys(identity: Identity) -> tuple[FromClause, ColumnElement[Any]]:
    """Return what tells which rows runs created, by `rekey_run` and `rekey_canonical`, and the key of the row in it."""
    if identity.database_makes_keys:
        # Nothing but what was kept of the row tells the number that it got.
        made = created(identity.table)
        return made, made.c[identity.key.name]
    named = (
        select(aliases.c.run_id.label("rekey_run"), aliases.c.canonical.label("rekey_canonical"), aliases.c.identity)
        .where(aliases.c.alias == aliases.c.canonical)
        .distinct()
        .subquery("rekey_named")
    )
    return named, Key(named.c.identity, identity.key.type)
