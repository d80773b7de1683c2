"""Whatever a column holds, known to the revision or not, comes back as it was stored, on every way back."""

import pytest

import legacy
from examples import CANONICAL, interaction, memory, project, state
from ways_back import WAYS, contents, fold

pytestmark = pytest.mark.slow

ODD_NAME = 'Total %(x)s 100% :y "z" \'é'
SPOILT = {
    "text that is no UTF-8": "CAST(X'FF41C3' AS TEXT)",
    "text with NUL": "CAST(X'410042' AS TEXT)",
    "a BLOB": "X'00FF22'",
    "an empty BLOB": "X''",
    "a sum": "0.1 + 0.2",
    "minus nothing": "-0.0",
    "the smallest": "5e-324",
    "infinity": "9e999",
    "a large integer": "9007199254740993",
    "a small integer": "-9223372036854775808",
    "a text that looks like a number": "'1e3'",
    "an emoji and a lone byte": "CAST(X'F09FA7AAB0' AS TEXT)",
    "a control character": "CAST(X'1B5B324A0D0A09' AS TEXT)",
    "NULL": "NULL",
}
DATES = ("'2026-01-01T09:00:00.123456789+01:00'", "'yesterday'", "1767258000", "1767258000.5", "X'32303236'", "''")


def rows():
    """A row to delete, to merge, to rekey, to supersede: all that keeps a before-image."""
    return {
        "projects": [project("c", CANONICAL), project("s", "p05"), project("n", "p06"), project("r", "P05 ")][:3],
        "project_state": [
            state("kept", "c", "1", key="same"),
            state("merged", "s", "1", key="same"),
            state("moved", "s", "1", key="free"),
            state("new", "n", "1"),
        ],
        "memories": [memory("m1", "p05", "other"), memory("m2", "p05"), memory("m3", CANONICAL)],
        "interactions": [interaction("i1", "p05")],
    }


def assign(table, values, where=""):
    assigned = ", ".join(f'"{column}" = {value}' for column, value in values.items())
    return f"UPDATE {table} SET {assigned} {where}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
def test_sqlite_keeps_storage_classes_bits_and_bytes(reused_database, upgrade, downgrade, tmp_path, way):
    reused_database.reset()
    columns = {f"extra {number}": spoilt for number, spoilt in enumerate(SPOILT.values())}
    typed = {f"{kind} {number}": spoilt for kind in ("REAL", "TEXT", "NUMERIC", "INTEGER")
             for number, spoilt in enumerate(SPOILT.values())}  # fmt: skip
    changes = []
    for table in legacy.TABLES:
        changes += [f'ALTER TABLE {table} ADD COLUMN "{column}"' for column in columns]
        changes += [f'ALTER TABLE {table} ADD COLUMN "{column}" {column.split()[0]}' for column in typed]
        changes.append(assign(table, {**columns, **typed}))
    for number, date in enumerate(DATES):
        changes.append(
            f"INSERT INTO project_state (id, project_id, category, key, value, source, confidence, created_at,"
            f" updated_at) VALUES ('d{number}', 's', 'dates', '{number}', {SPOILT['a BLOB']}, X'FF', 'high',"
            f" {date}, {date})"
        )
        changes.append(
            f"INSERT INTO memories (id, memory_type, content, project, confidence, created_at, updated_at) VALUES"
            f" ('d{number}', 'fact', CAST(X'FF' AS TEXT) || {number}, 'p05', -0.0, {date}, {date})"
        )
    folded = fold(reused_database, tmp_path, rows(), upgrade, downgrade, *changes)
    after = contents(reused_database)
    folded.back(way)
    assert after != folded.before
    assert folded.holds_what_it_held()


POSTGRESQL = {
    "double precision": ("'NaN'", "'-Infinity'", "0.1 + 0.2::float8", "-0.0::float8", "5e-324"),
    "real": ("0.1", "'NaN'"),
    "numeric": ("1.500", "'NaN'", "123456789012345678901234567890.000000000000000000001"),
    "numeric(30, 12)": ("1.5",),
    "jsonb": ("""'{"b": 1.50, "a": [null, "\\u00e9"]}'""",),
    "json": ("""'{"b":1,   "b":2}'""",),
    "bytea": ("'\\x00ff22'", "''"),
    "text[]": ("""ARRAY['a,b', NULL, '"', '\\', 'NULL']""",),
    "integer[][]": ("'{{1,2},{3,NULL}}'",),
    "mood": ("'so so'",),
    "mood[]": ("ARRAY['so so', 'it''s']::mood[]",),
    "posint": ("7",),
    "pair": ("""ROW(1, 'a "b", c')::pair""",),
    "interval": ("'1 mon -2 days 03:04:05.678'",),
    "timestamp with time zone": ("'infinity'", "'2026-01-01 00:00:00.123456+05:30'", "'0044-03-15 BC'"),
    "timestamp without time zone": ("'2026-01-01 00:00:00.123456'",),
    "date": ("'4713-01-01 BC'", "'infinity'"),
    "time with time zone": ("'12:00:00+05:30'",),
    "int4range": ("'[1,5)'",),
    "uuid": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",),
    "character(5)": ("'ab'",),
    '"char"': ("'x'",),
    "bit(3)": ("B'101'",),
    "inet": ("'192.168.0.1/24'",),
    "oid": ("4294967295",),
    "bigint": ("9223372036854775807",),
    "boolean": ("true", "false", "NULL"),
    "tsvector": ("'a:1 b:2'",),
    "text": ("E'\\r\\n\\t\\x1b🧪\\\\'",),
}
TYPES = """
CREATE TYPE mood AS ENUM ('so so', 'it''s');
CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (number integer, words text);
"""


@pytest.mark.filterwarnings("ignore:Did not recognize type 'pair'")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reused_database", ["postgresql"], indirect=True)
def test_postgresql_keeps_every_type(reused_database, upgrade, downgrade, tmp_path, way):
    reused_database.reset()
    changes = [TYPES]
    values = {f"{kind} {n}".replace('"', ""): (kind, v) for kind, vs in POSTGRESQL.items() for n, v in enumerate(vs)}
    for table in legacy.TABLES:
        added = ", ".join(f'ADD COLUMN "{column}" {kind}' for column, (kind, _) in values.items())
        identity = ", ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY"
        changes.append(f"ALTER TABLE {table} {added}{identity}")
        changes.append(assign(table, {column: value for column, (_, value) in values.items()}))
        # A column that was there once moves the places of the others in the catalog.
        changes.append(f'ALTER TABLE {table} DROP COLUMN "real 0"')
    changes.append("UPDATE project_state SET confidence = 'NaN', created_at = 'infinity', updated_at = '-infinity'")
    changes.append("UPDATE memories SET confidence = '-Infinity', created_at = NULL, updated_at = NULL")
    folded = fold(reused_database, tmp_path, rows(), upgrade, downgrade, *changes)
    after = contents(reused_database)
    folded.back(way)
    assert after != folded.before
    assert folded.holds_what_it_held()
    reused_database.execute("INSERT INTO projects (id, name) VALUES ('next', 'next')")


@pytest.mark.parametrize("way", WAYS)
def test_columns_with_names_that_a_driver_would_read_come_back_too(reused_database, upgrade, downgrade, tmp_path, way):
    reused_database.reset()
    quoted = ODD_NAME.replace('"', '""')
    changes = [f'ALTER TABLE {table} ADD COLUMN "{quoted}" TEXT' for table in legacy.TABLES]
    changes += [f"UPDATE {table} SET \"{quoted}\" = '%s :y {table}'" for table in legacy.TABLES]
    folded = fold(reused_database, tmp_path, rows(), upgrade, downgrade, *changes)
    folded.back(way)
    assert folded.holds_what_it_held()


@pytest.mark.parametrize("way", WAYS)
def test_unknown_tables_and_views_and_triggers_that_change_nothing_are_left_alone(
    reused_database, upgrade, downgrade, tmp_path, way
):
    reused_database.reset()
    changes = [
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT REFERENCES projects (id) ON DELETE CASCADE)",
        "INSERT INTO notes VALUES (1, 'c')",
        "CREATE TABLE unrelated (x REAL)",
        "INSERT INTO unrelated VALUES (0.1)",
        "CREATE VIEW seen AS SELECT p.name, count(*) AS rows FROM projects p JOIN notes n ON n.project = p.id"
        " GROUP BY p.name",
    ]
    if reused_database.dialect == "sqlite":
        changes.append("CREATE VIEW stale AS SELECT * FROM nowhere")
    folded = fold(reused_database, tmp_path, rows(), upgrade, downgrade, *changes)
    folded.back(way)
    assert folded.holds_what_it_held()
    assert reused_database.rows("SELECT * FROM seen") == [(CANONICAL, 1)]
