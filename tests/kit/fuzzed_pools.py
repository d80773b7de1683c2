"""What schemas are made of: types with their values and how a revision declares them, names, hostile and ours."""

from __future__ import annotations

import sqlalchemy as sa

TYPES = {
    "sqlite": {"integer": "INTEGER", "text": "TEXT", "uuid": "CHAR(32)", "time": ("DATETIME",)},
    "postgresql": {"integer": "BIGINT", "text": "TEXT", "uuid": "UUID", "time": ("TIMESTAMP", "TIMESTAMPTZ")},
}
DECLARED = {"integer": sa.BigInteger(), "text": sa.Text(), "uuid": sa.Uuid()}
MOMENTS = ("2026-01-01 09:00:00", "2026-01-02 09:00:00.5", "2026-01-03 09:00:00.123456", None)
EPOCHS = (1_767_258_000, 1_767_344_400, 1_767_430_800, None)
ODD_TIMES = {
    "sqlite": (
        ("TEXT", sa.String(), MOMENTS),
        ("TEXT", sa.DateTime(), (*MOMENTS, "yesterday", "")),
        ("INTEGER", sa.DateTime(), EPOCHS),
        ("INTEGER", sa.Integer(), EPOCHS),
        ("REAL", sa.DateTime(), (2461041.875, 2461042.875)),
        ("DATE", sa.DateTime(), ("2026-01-01", "2026-01-02")),
        ("DATETIME", sa.DateTime(), (*MOMENTS, "01/02/2026", 1_767_258_000)),
    ),
    "postgresql": (
        ("TIMESTAMP(0)", sa.DateTime(), MOMENTS),
        ("TIMESTAMPTZ(3)", sa.DateTime(timezone=True), MOMENTS),
        ("TEXT", sa.String(), MOMENTS),
        ("TEXT", sa.DateTime(), (*MOMENTS, "yesterday", "")),
        ("VARCHAR(19)", sa.String(), ("2026-01-01 09:00:00",)),
        ("BIGINT", sa.DateTime(), EPOCHS),
        ("BIGINT", sa.BigInteger(), EPOCHS),
        ("DATE", sa.DateTime(), ("2026-01-01", "2026-01-02")),
        ("TIMESTAMP", sa.DateTime(), (*MOMENTS, "infinity", "-infinity")),
    ),
}
SPARE = {
    "sqlite": (("BLOB", (b"\x00\xff", None)), ("REAL", (0.1, 1e300)), ("", ("x", 1, 1.5, b"x")), ("JSON", ("{}",))),
    "postgresql": (
        ("BYTEA", (b"\x00\xff", None)),
        ("DOUBLE PRECISION", (0.1, "NaN", "-0")),
        ("NUMERIC", ("1.10", "NaN")),
        ("TEXT[]", ("{a,NULL}", None)),
        ("JSONB", ('{"b": 1, "a": 2}',)),
        ("INTERVAL", ("1 mon -3 days", None)),
        ("CHAR(3)", ("a", None)),
        ("int4range", ("[1,4)",)),
        ("BIT(3)", ("101",)),
        ("TIMESTAMP(0)", ("2026-01-01 09:00:00",)),
        ("OID", ("1",)),
        ("NAME", ("x",)),
        ("tsvector", ("a b",)),
        ("BOOLEAN", (True, None)),
    ),
}
NO_EQUALITY = (("JSON", ('{"a":  1}', None)), ("POINT", ("(1,2)", None)), ("XML", (None,)), ("BOX", ("(1,1),(0,0)",)))
HOSTILE_TABLES = (
    "ra%te",
    "it's",
    'quo"ted',
    "semi;colon --",
    "50%s",
    "Ünïcode 🧪",
    "a.b",
    ":colon",
    "$$",
    "back\\slash",
)
HOSTILE_COLUMNS = (*HOSTILE_TABLES, "order", "Group", "%(name)s", "tab\there", "a" * 60)
OUR_TABLES = ("tagged", "registered", "owner", "known", "ranked", "judged", "decided", "planned", "original", "kept")
OUR_COLUMNS = ("run_id", "action", "canonical", "Action", "key", "spelling", "alias", "rowid", "oid", "rekey_action")
NAMES = (
    *("polisher", "p06", "pol", "Größe", "gr", "GR", "P06", " pol", "Polisher", "it's :x 100%", 'quo"te'),
    *("atlas", "", "rail's 100%"),
)
TAGS = (*NAMES, None)
VALUES = ("1", "1", "1", "it's %s :x", None)
