"""The application's tables as declaratively partitioned ones, for PostgreSQL: in two layouts."""

from __future__ import annotations

from databases import Database

__all__ = ["LAYOUTS", "partition"]

_HASH = "FOR VALUES WITH (MODULUS 4, REMAINDER {number})"
_BY_HASH = [_HASH.format(number=number) for number in range(4)]
_BY_NAME = ["FOR VALUES FROM (MINVALUE) TO ('p05-')", "FOR VALUES FROM ('p05-') TO (MAXVALUE)", "DEFAULT"]
_BY_TIME = [
    "FOR VALUES FROM (MINVALUE) TO ('2025-04-01')",
    "FOR VALUES FROM ('2025-04-01') TO ('2026-01-02')",
    "DEFAULT",
]

LAYOUTS: dict[str, dict[str, tuple[str, str, list[str]]]] = {
    "hash": {
        "projects": ("HASH (id)", "PRIMARY KEY (id)", _BY_HASH),
        "project_state": ("HASH (project_id)", "PRIMARY KEY (id, project_id)", _BY_HASH),
        "memories": ("HASH (id)", "PRIMARY KEY (id)", _BY_HASH),
        "interactions": ("HASH (id)", "PRIMARY KEY (id)", _BY_HASH),
    },
    # A fold changes owner and tag: rows move from one partition to another. NULL has the default one.
    "range": {
        "project_state": ("RANGE (project_id)", "PRIMARY KEY (id, project_id)", _BY_NAME),
        "memories": ("RANGE (project)", "CHECK (true)", _BY_NAME),
        "interactions": ("RANGE (created_at)", "CHECK (true)", _BY_TIME),
    },
}
"""By table: how it is partitioned, its key, its partitions."""

_UNIQUE = ", UNIQUE (project_id, category, key), FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE"
_INDEXES = {
    "projects": "CREATE INDEX ON projects (name)",
    "memories": "CREATE INDEX ON memories (project); CREATE INDEX ON memories (id)",
    "interactions": "CREATE INDEX ON interactions (project); CREATE INDEX ON interactions (id)",
}


def partition(database: Database, layout: str) -> None:
    """Replaces the empty tables of `legacy.create` by partitioned ones with the same columns."""
    for table in ("project_state", "projects"):
        if table in LAYOUTS[layout]:
            database.execute(f"ALTER TABLE {table} RENAME TO plain_{table}")
    for table, (by, key, parts) in LAYOUTS[layout].items():
        if not table.startswith("project"):
            database.execute(f"ALTER TABLE {table} RENAME TO plain_{table}")
        more = _UNIQUE if table == "project_state" else ""
        database.execute(f"CREATE TABLE {table} (LIKE plain_{table} INCLUDING DEFAULTS, {key}{more}) PARTITION BY {by}")
        for number, bounds in enumerate(parts):
            database.execute(f"CREATE TABLE {table}_{number} PARTITION OF {table} {bounds}")
        for index in filter(None, _INDEXES.get(table, "").split("; ")):
            database.execute(index)
    for table in reversed(LAYOUTS[layout]):
        database.execute(f"DROP TABLE plain_{table}")
