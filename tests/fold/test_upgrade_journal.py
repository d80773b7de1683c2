"""Claims about columns that no revision knows: of any type and name, journalled exactly and left alone."""

import pytest

import legacy
from examples import actions, folded, prepared

pytestmark = pytest.mark.sqlite_first

BOOKKEEPING = {"rekey_run", "rekey_action", "rekey_canonical", "rekey_place", "rekey_to_id"}
ODD = {
    "sqlite": {
        "blob": ("BLOB", b"\x00\xff'\r\n"),
        "big": ("INTEGER", 2**63 - 1),
        "exact": ("REAL", 0.1 + 0.2),
        "tiny": ("REAL", 5e-324),
        "infinite": ("REAL", float("inf")),
        "decimal": ("DECIMAL(30,10)", "12345678901234567890.1234567890"),
        "untyped": ("", "42"),
        "mistyped": ("INTEGER", "no number at all"),
        "truth": ("BOOLEAN", 1),
        "nul": ("TEXT", "a\0b"),
        "text": ("TEXT COLLATE NOCASE", "a\tb\r\nc 🧪"),
        "nothing": ("TEXT NOT NULL DEFAULT 'x'", ""),
    },
    "postgresql": {
        "bytes": ("bytea", b"\x00\xff'\r\n"),
        "exact": ("double precision", 0.1 + 0.2),
        "no_number": ("double precision", "NaN"),
        "narrow": ("real", "0.1"),
        "decimal": ("numeric(30,10)", "12345678901234567890.1234567890"),
        "free": ("numeric", "1.500"),
        "document": ("jsonb", '{"a": [1.0, null, "\\u00e9"]}'),
        "raw": ("json", '{"b": 1,  "a": 2, "a": 3}'),
        "key": ("uuid", "00000000-0000-4000-8000-000000000000"),
        "many": ("text[]", '{a,NULL,"b,c"}'),
        "mood": ("mood", "so so"),
        "moment": ("timestamptz", "2026-01-01 09:00:00.123456+05:30"),
        "local": ("timestamp", "2026-01-01 09:00:00.123456"),
        "length": ("interval", "1 mon 2 days 03:04:05.678"),
        "short": ("varchar(12)", "a\tb\r\nc 🧪"),
        "fixed": ("char(5)", "ab"),
        "address": ("inet", "10.0.0.1/8"),
        "span": ("tstzrange", "[2026-01-01 00:00+00,)"),
        "truth": ("boolean", True),
        "nothing": ("text NOT NULL DEFAULT 'x'", ""),
    },
}
"""Columns of types that copying by way of Python or JSON would change: type and value."""


def odd(database):
    if database.dialect == "postgresql":
        database.execute("CREATE TYPE mood AS ENUM ('fine', 'so so')")
    for table in legacy.TABLES:
        for name, (kind, value) in ODD[database.dialect].items():
            database.execute(f'ALTER TABLE {table} ADD COLUMN "odd {name}" {kind}')
            database.execute(f'UPDATE {table} SET "odd {name}" = {database.placeholder}', [value])


def by_id(rows):
    return {row["id"]: repr({name: value for name, value in row.items() if name not in BOOKKEEPING}) for row in rows}


def test_every_touched_row_is_journalled_with_all_its_columns_exactly(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded(), extra_columns=True)
    odd(database)
    before = {table: by_id(database.table(table)) for table in legacy.TABLES}
    upgrade(database, registry)
    for table in legacy.TABLES:
        kept = {key: row for key, row in by_id(database.table(f"rekey_journal_{table}")).items() if key is not None}
        assert kept == {key: before[table][key] for key in kept}
        assert kept.keys() == {key for key in actions(database, table) if key is not None} != set()


@pytest.mark.slow
def test_columns_that_the_revision_does_not_know_stay_as_they_are_on_rows_that_stay(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded(), extra_columns=True)
    odd(database)
    known = {"name", "updated_at", "project_id", "project", "status"}

    def unknown(table):
        rows = database.table(table)
        return {row["id"]: repr({k: v for k, v in row.items() if k not in known}) for row in rows}

    before = {table: unknown(table) for table in legacy.TABLES}
    upgrade(database, registry)
    for table in legacy.TABLES:
        after = {key: row for key, row in unknown(table).items() if key in before[table]}
        assert after == {key: before[table][key] for key in after}


ANY = ("order", "Group", 'say "when"', "%s :x", "größe", "select", "original")


def test_a_column_of_any_name_is_journalled(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    for table in legacy.TABLES:
        for name in ANY:
            quoted = '"' + name.replace('"', '""') + '"'
            # Without parameters the drivers leave a percent sign alone.
            database.execute(f"ALTER TABLE {table} ADD COLUMN {quoted} TEXT DEFAULT 'kept'")
    upgrade(database, registry)
    for table in legacy.TABLES:
        rows = [row for row in database.table(f"rekey_journal_{table}") if row["id"]]
        assert {row[name] for row in rows for name in ANY} == {"kept"}
