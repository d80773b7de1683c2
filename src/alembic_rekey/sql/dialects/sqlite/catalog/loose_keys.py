"""Columns that are named like a foreign key and are none: asked of SQLite's catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Table, TextClause, text

__all__ = ["loose_keys"]

_QUESTION = text(
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


def loose_keys(_key: Column[Any], tables: Sequence[Table], endings: Iterable[str]) -> TextClause:
    """Return the question for `schema`, `child`, `field`: columns outside `tables` whose names end so."""
    declared = json.dumps([str(table.name) for table in tables])
    return _QUESTION.bindparams(declared=declared, endings=json.dumps(sorted(endings)))
