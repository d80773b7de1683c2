"""Columns without a foreign key that are named like one and hold keys of shadows: nothing guards them, but a note."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection, column, func, literal, select, table, union_all

from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.rules import Action
from alembic_rekey.review.schema.references import Referred
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import is_side_table
from alembic_rekey.sql.values import comparable

__all__ = ["pointing_nowhere"]

_MOST = 50
"""So many columns are read: each may be a scan of its table."""


def pointing_nowhere(connection: Connection, spec: Spec, planned: Planned) -> Iterator[str]:
    """Yield a note per such column; columns of the spec's own tables are what the spec says of them."""
    identity = spec.identity
    if len(identity.keys) > 1:
        return
    own = identity.keys[0]
    gone = (
        select(comparable(planned[identity].c[own.name]).label("key"))
        .where(planned[identity].c.rekey_action == Action.DELETE.value)
        .cte("rekey_gone")
        # The whole plan of the identity: made once, not once per column.
        .prefix_with("MATERIALIZED")
    )
    counted, names = [], list[str]()
    for schema, child, field in islice(_named_like_keys(connection, spec), _MOST):
        loose = table(child, column(field, own.type), schema=schema)
        holding = comparable(loose.c[field]).in_(select(gone.c.key))
        place = literal(len(names)).label("place")
        counted.append(select(place, func.count().label("rows")).select_from(loose).where(holding))
        names.append(".".join(name for name in (schema, child, field) if name is not None))
    if not counted:
        return
    for number, rows in connection.execute(union_all(*counted).order_by("place")):
        if rows:
            of, hold = ("row", "holds") if rows == 1 else ("rows", "hold")
            yield (
                f"{rows:,} {of} of {names[number]} {hold} keys of shadows, without a foreign key: "
                "they will point nowhere."
            )


def _named_like_keys(connection: Connection, spec: Spec) -> Iterator[tuple[str | None, str, str]]:
    """Yield schema, table and name of each column that may hold keys of the identity, outside the spec's tables."""
    tables = [part.table for part in spec.parts]
    own = spec.identity.keys[0]
    called = Referred(spec.identity.noun, str(own.table.name), str(own.name))
    asked = database(connection.dialect.name).loose_keys(own, tables, called.endings)
    for schema, child, field in connection.execute(asked):
        if not is_side_table(child):
            yield schema, child, field
