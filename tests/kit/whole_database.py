"""Every table of a database, row by row, whatever it is called and whoever made it; and its schema without ours."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

import snapshots
from databases import Database, SQLiteDatabase

__all__ = ["Content", "is_ours", "schema_of", "whole", "with_heirs"]

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Content:
    """The columns of one table in their order, and its rows with how often each stands there."""

    columns: tuple[str, ...] = ()
    rows: Counter[Row] = field(default_factory=Counter)


def is_ours(name: str) -> bool:
    """Whether a table of that name is one that an upgrade brings along."""
    return name.startswith(("rekey_", "alembic_version"))


def whole(database: Database) -> dict[str, Content]:
    """Every table with its rows; each value with its type, so that 1, 1.0, '1' and X'31' are four values."""
    if isinstance(database, SQLiteDatabase):
        with closing(_file(database)) as connection:
            # What SQLite keeps for AUTOINCREMENT and ANALYZE is no row of an application.
            found = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            )
            return {name: _of_file(connection, name) for name in [row[0] for row in found]}
    with closing(_server(database)) as connection:
        # A partition's rows are those of its table; the rows of a table that inherits are counted where they are.
        found = connection.execute(
            "SELECT relname, oid, CASE relkind WHEN 'r' THEN 'ONLY' ELSE '' END FROM pg_class"
            f" WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace IN {snapshots.OWN}"
        )
        return {name: _of_server(connection, oid, only) for name, oid, only in found.fetchall()}


def with_heirs(contents: Mapping[str, Content], heirs: Mapping[str, str]) -> dict[str, Content]:
    """Each table with the rows of those that inherit from it, as a query reads it, instead of these."""
    found = {name: content for name, content in contents.items() if name not in heirs}
    for name, parent in heirs.items():
        found[parent] = Content(found[parent].columns, found[parent].rows + contents[name].rows)
    return found


def schema_of(database: Database) -> list[Row]:
    """Every table, index, trigger, constraint, rule, policy, … that is not ours, as the catalog has it."""
    if isinstance(database, SQLiteDatabase):
        with closing(_file(database)) as connection:
            found = connection.execute("SELECT tbl_name, type, name, sql FROM sqlite_schema").fetchall()
        return snapshots.in_order([row for row in found if not is_ours(row[0])])
    more = {
        "rules": f"""
            SELECT ev_class::regclass::text, pg_get_ruledef(r.oid)
            FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class WHERE relnamespace IN {snapshots.OWN}""",
        "policies": "SELECT polrelid::regclass::text, polname FROM pg_policy",
    }
    with closing(_server(database)) as connection:
        found = [
            (kind, *row)
            for kind, query in {**snapshots.CATALOG, **more}.items()
            for row in connection.execute(query).fetchall()
        ]
    return snapshots.in_order([row for row in found if "rekey_" not in str(row) and "alembic_version" not in str(row)])


def _file(database: SQLiteDatabase) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.path.as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _server(database: Database) -> psycopg.Connection:
    address = database.url.replace("+psycopg", "", 1)
    return psycopg.connect(address, autocommit=True, options="-c TimeZone=UTC -c extra_float_digits=3")


def _of_file(connection: sqlite3.Connection, name: str) -> Content:
    quoted = name.replace('"', '""')
    known = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (name,))
    columns = tuple(row[0] for row in known)
    rows = connection.execute(f'SELECT * FROM "{quoted}"').fetchall()
    return Content(columns, Counter(tuple((type(value).__name__, value) for value in row) for row in rows))


def _of_server(connection: psycopg.Connection, oid: int, only: str) -> Content:
    known = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (oid,),
    )
    columns = tuple(row[0] for row in known.fetchall())
    if not columns:
        return Content()
    (table,) = connection.execute("SELECT %s::regclass::text", (oid,)).fetchone()
    shown = ", ".join('"{}"::text'.format(column.replace('"', '""')) for column in columns)
    rows = connection.execute(f"SELECT {shown} FROM {only} {table}").fetchall()
    return Content(columns, Counter(rows))
