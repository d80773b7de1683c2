"""What an application does to the rows of a case once they are folded: it copies, changes and deletes some."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from random import Random
from typing import Any

import psycopg

from databases import Database, SQLiteDatabase
from fuzzed_cases import Case
from fuzzed_tables import Table
from whole_database import Content, whole

__all__ = ["edit"]

Stored = dict[str, Any]


def edit(database: Database, case: Case, before: Mapping[str, Content], random: Random) -> list[str]:
    """Makes one to three edits that the database takes; returns their statements."""
    done = []
    with closing(_connected(database)) as connection:
        for _ in range(random.choice((1, 2, 3))):
            table = random.choice([part.table for part in case.parts] * 3 + case.tables)
            now = whole(database)
            drawn = _drawn(random, table, _rows(before, table), _rows(now, table), database.placeholder)
            if drawn is None:
                continue
            try:
                connection.execute(*drawn)
            except (sqlite3.Error, psycopg.Error):
                continue
            done.append(f"{drawn[0]} {drawn[1]}")
    return done


def _connected(database: Database) -> Any:
    if isinstance(database, SQLiteDatabase):
        made = database._connect()
        made.execute("PRAGMA foreign_keys = ON")
        return made
    return psycopg.connect(database.url.replace("+psycopg", "", 1), autocommit=True, options="-c TimeZone=UTC")


def _rows(contents: Mapping[str, Content], table: Table) -> list[Stored]:
    found = contents[table.name]
    rows = sorted(found.rows.elements(), key=repr)
    return [
        dict(zip(found.columns, (value[1] if isinstance(value, tuple) else value for value in row), strict=True))
        for row in rows
    ]


def _drawn(
    random: Random, table: Table, before: Sequence[Stored], now: Sequence[Stored], mark: str
) -> tuple[str, list[Any]] | None:
    kind = random.choice(("copy", "copy", "change", "change", "change", "delete", "bring back"))
    gone = [row for row in before if row not in now]
    folded = [row for row in now if row not in before]
    rows = gone if kind == "bring back" else random.choice((folded, folded, now)) or now
    columns = [column for column in table.columns.values() if not column.generated]
    if not rows:
        return None
    row, changed = random.choice(rows), random.choice(columns)
    others = [other[changed.name] for other in (*before, *now)]
    # A column without values of its own holds keys: NULL tells no rows apart.
    drawn = () if changed.pool == (None,) else changed.pool
    value = random.choice((*others, *drawn, 77 if "INT" in changed.type else "edited"))
    double = (lambda text: text.replace("%", "%%")) if mark == "%s" else str
    which = " AND ".join(
        f"{double(each.sql)} = {mark}" if row[each.name] is not None else f"{double(each.sql)} IS NULL"
        for each in columns
        if "JSON" not in each.type and each.type not in ("POINT", "XML", "BOX")
    )
    at = [
        row[each.name]
        for each in columns
        if row[each.name] is not None and "JSON" not in each.type and each.type not in ("POINT", "XML", "BOX")
    ]
    into = double(table.sql)
    if kind == "delete":
        return f"DELETE FROM {into} WHERE {which}", at
    if kind == "change":
        return f"UPDATE {into} SET {double(changed.sql)} = {mark} WHERE {which}", [value, *at]
    values = {each.name: row[each.name] for each in columns}
    if kind == "copy":
        key = table.columns["key"]
        values |= {changed.name: value, key.name: random.choice((values[key.name], 91 if "INT" in key.type else "new"))}
    overriding = "OVERRIDING SYSTEM VALUE " if mark == "%s" else ""
    names = ", ".join(double(each.sql) for each in columns)
    return f"INSERT INTO {into} ({names}) {overriding}VALUES ({', '.join([mark] * len(values))})", [*values.values()]
