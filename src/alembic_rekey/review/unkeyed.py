"""Columns without a foreign key that are named like one and hold keys of shadows: nothing guards them, but a note."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection, column, func, literal, select, table, text, union_all

from alembic_rekey.plan.plan import Planned
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Spec
from alembic_rekey.sql.expressions import quoted
from alembic_rekey.sql.side_tables import is_side_table
from alembic_rekey.sql.values import comparable

__all__ = ["pointing_nowhere"]

_MOST = 50
"""So many columns are read: each may be a scan of its table."""

_SQLITE = text(
    """
    SELECT NULL AS schema, child.name AS child, field.name AS field
    FROM sqlite_master AS child
    JOIN pragma_table_info(child.name) AS field
    WHERE child.type = 'table' AND child.name NOT LIKE 'sqlite^_%' ESCAPE '^'
      AND child.sql NOT LIKE 'CREATE VIRTUAL %'
      AND lower(child.name) NOT IN (SELECT lower(value) FROM json_each(:declared))
      AND EXISTS (SELECT 1 FROM json_each(:endings) WHERE lower(field.name) = value
                  OR substr(lower(field.name), -length(value) - 1) = '_' || value)
      AND NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(child.name) AS fk
                      WHERE lower(fk."from") = lower(field.name))
    ORDER BY 2, 3
    """
)
_POSTGRESQL = text(
    """
    SELECT namespace.nspname AS schema, child.relname AS child, field.attname AS field
    FROM pg_catalog.pg_attribute AS own
    JOIN pg_catalog.pg_attribute AS field ON field.attnum > 0 AND NOT field.attisdropped AND field.attinhcount = 0
      AND (field.atttypid = own.atttypid
        OR (field.atttypid IN (20, 21, 23) AND own.atttypid IN (20, 21, 23))
        OR (field.atttypid IN (25, 1042, 1043) AND own.atttypid IN (25, 1042, 1043)))
    JOIN pg_catalog.pg_class AS child ON child.oid = field.attrelid AND child.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = child.relnamespace
    WHERE own.attrelid = to_regclass(CAST(:parent AS text)) AND own.attname = CAST(:key AS text)
      AND namespace.nspname <> 'information_schema' AND left(namespace.nspname, 3) <> 'pg_'
      AND child.oid NOT IN (
        SELECT CAST(found.oid AS oid) FROM json_array_elements_text(CAST(:declared AS json)) AS declared (name)
        CROSS JOIN LATERAL to_regclass(declared.name) AS found (oid) WHERE found.oid IS NOT NULL
      )
      AND EXISTS (
        SELECT 1 FROM json_array_elements_text(CAST(:endings AS json)) AS ending (name)
        WHERE lower(field.attname) = ending.name
          OR right(lower(field.attname), length(ending.name) + 1) = '_' || ending.name
      )
      AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint AS fk
        WHERE fk.contype = 'f' AND fk.conrelid = child.oid AND field.attnum = ANY (fk.conkey)
      )
      AND has_schema_privilege(namespace.oid, 'USAGE') AND has_column_privilege(child.oid, field.attnum, 'SELECT')
      AND NOT row_security_active(child.oid)
    ORDER BY 1, 2, 3
    """
)


def pointing_nowhere(connection: Connection, spec: Spec, planned: Planned) -> Iterator[str]:
    """Yield a note per such column; columns of the spec's own tables are what the spec says of them."""
    identity = spec.identity
    gone = (
        select(comparable(planned[identity].c[identity.key.name]).label("key"))
        .where(planned[identity].c.rekey_action == Action.DELETE.value)
        .cte("rekey_gone")
        # The whole plan of the identity: made once, not once per column.
        .prefix_with("MATERIALIZED")
    )
    counted, names = [], list[str]()
    for schema, child, field in islice(_named_like_keys(connection, spec), _MOST):
        loose = table(child, column(field, identity.key.type), schema=schema)
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
    plain, identity = connection.dialect.name == "sqlite", spec.identity
    tables = [str(part.table.name) if plain else quoted(part.table.name, part.table.schema) for part in spec.parts]
    asked = {"declared": json.dumps(tables), "endings": json.dumps(sorted(_endings(identity)))}
    if not plain:
        asked |= {"parent": quoted(identity.table.name, identity.table.schema), "key": identity.key.name}
    for schema, child, field in connection.execute(_SQLITE if plain else _POSTGRESQL, asked):
        if not is_side_table(child):
            yield schema, child, field


def _endings(identity: Identity) -> set[str]:
    """Return how the names of columns end that refer to rows of `identity`: `user_id` of the table `users`."""
    called, key = str(identity.table.name).lower(), str(identity.key.name).lower()
    ones = {identity.noun, called, called.removesuffix("s"), called.removesuffix("es")}
    if called.endswith("ies"):
        ones.add(f"{called.removesuffix('ies')}y")
    return {f"{one}_{last}" for one in ones for last in ("id", key)}
