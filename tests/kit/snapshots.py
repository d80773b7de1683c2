"""What a database is, in a form that equals itself later only if nothing has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import psycopg

__all__ = ["OWN", "in_order", "of_connection", "of_file"]

OWN = "(SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_')"
"""The schemas that are not the server's."""

CATALOG = {
    "columns": f"""
        SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity, c.relkind, c.relacl::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace IN {OWN}""",
    "constraints": f"""
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace IN {OWN}""",
    "indexes": f"""
        SELECT pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace IN {OWN}""",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": f"SELECT oid::regprocedure::text, prosrc FROM pg_proc WHERE pronamespace IN {OWN}",
    "views": f"""
        SELECT oid::regclass::text, pg_get_viewdef(oid)
        FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN {OWN}""",
}


def in_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in an order that depends on nothing but their content."""
    return sorted(rows, key=repr)


def of_file(path: Path) -> dict[str, str]:
    """The digests of a SQLite file and of what a crashed or open transaction leaves beside it."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (path, Path(f"{path}-wal"), Path(f"{path}-journal"))
        # A mere reader of a database in WAL mode leaves an empty one.
        if file.exists() and (file == path or file.stat().st_size)
    }


def of_connection(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every column, constraint, index, trigger, function, view and row outside the server's own schemas."""
    seen: dict[str, list[tuple[Any, ...]]] = {}
    with connection.transaction():  # one moment for all of it
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for kind, query in CATALOG.items():
            seen[kind] = in_order(connection.execute(query).fetchall())
        kept = f"SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace IN {OWN}"
        for (name,) in connection.execute(kept).fetchall():
            rows = connection.execute(f"SELECT whole::text FROM ONLY {name} AS whole").fetchall()
            seen[f"rows of {name}"] = in_order(rows)
    return seen
