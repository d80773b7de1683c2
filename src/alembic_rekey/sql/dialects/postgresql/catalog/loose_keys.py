"""Columns that are named like a foreign key and are none: asked of PostgreSQL's catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Table, TextClause, text

from alembic_rekey.sql.expressions import quoted

__all__ = ["loose_keys"]

_QUESTION = text(
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


def loose_keys(key: Column[Any], tables: Sequence[Table], endings: Iterable[str]) -> TextClause:
    """Return the question for `schema`, `child`, `field`: columns outside `tables` whose names end so."""
    return _QUESTION.bindparams(
        parent=quoted(key.table.name, key.table.schema),
        key=str(key.name),
        declared=json.dumps([quoted(table.name, table.schema) for table in tables]),
        endings=json.dumps(sorted(endings)),
    )
