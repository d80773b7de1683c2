"""The application's four tables as its earlier versions left them, and the means to fill and to read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from databases import Database

__all__ = ["TABLES", "Rows", "create", "fill", "insert", "read", "write_registry"]

Rows = dict[str, list[dict[str, Any]]]
"""The rows of every table, by the table's name."""

TABLES = ("projects", "project_state", "memories", "interactions")

DEFINITIONS = """
CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT DEFAULT '',
    created_at {time} DEFAULT CURRENT_TIMESTAMP,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP{extra_projects}
);
CREATE TABLE project_state (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    source TEXT DEFAULT '',
    confidence {real} DEFAULT 1.0,
    status TEXT DEFAULT 'active',
    created_at {time} DEFAULT CURRENT_TIMESTAMP,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP{extra_project_state}{unique_slots}
);
CREATE TABLE memories (
    id TEXT PRIMARY KEY,
    memory_type TEXT NOT NULL,
    content TEXT,
    project TEXT DEFAULT '',
    confidence {real} DEFAULT 1.0,
    status TEXT DEFAULT 'active',
    created_at {time} DEFAULT CURRENT_TIMESTAMP,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP{extra_memories}
);
CREATE INDEX idx_memories_project ON memories (project);
CREATE TABLE interactions (
    id TEXT PRIMARY KEY,
    prompt TEXT NOT NULL,
    response TEXT DEFAULT '',
    client TEXT DEFAULT '',
    session_id TEXT DEFAULT '',
    project TEXT DEFAULT '',
    created_at {time} DEFAULT CURRENT_TIMESTAMP{extra_interactions}
);
CREATE INDEX idx_interactions_project ON interactions (project);
"""

TYPES = {
    "sqlite": {"time": "DATETIME", "real": "REAL", "bytes": "BLOB", "decimal": "NUMERIC"},
    "postgresql": {
        "time": "TIMESTAMP WITH TIME ZONE",
        "real": "DOUBLE PRECISION",
        "bytes": "BYTEA",
        "decimal": "NUMERIC(30, 12)",
    },
}

EXTRA_COLUMNS = {
    "projects": {"Owner Name": "TEXT", "budget": "{decimal}", "logo": "{bytes}"},
    "project_state": {"weight": "{real}", "reviewed_at": "{time}", "proof": "{bytes}", "order": "INTEGER"},
    "memories": {"last_referenced_at": "{time}", "reference_count": "INTEGER DEFAULT 0"},
    "interactions": {"context_pack": "TEXT DEFAULT '{{}}'"},
}
"""Columns that the design does not name: an adopted table may have them."""


def create(database: Database, *, extra_columns: bool = False, unique_slots: bool = True) -> None:
    """Creates the four tables, empty; without `unique_slots` one project may have two rows in one slot."""
    types = TYPES[database.dialect]
    extra = {
        f"extra_{table}": "".join(
            f',\n    "{name}" {kind.format(**types)}' for name, kind in columns.items() if extra_columns
        )
        for table, columns in EXTRA_COLUMNS.items()
    }
    unique = ",\n    UNIQUE (project_id, category, key)" if unique_slots else ""
    database.execute(DEFINITIONS.format(**types, **extra, unique_slots=unique))


def insert(database: Database, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Inserts rows into one table; a column that a row leaves out gets its default."""
    database.insert(table, rows)


def fill(database: Database, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
    """Inserts rows into the tables, parents first."""
    for table in TABLES:
        database.insert(table, rows.get(table, ()))


def read(database: Database) -> Rows:
    """Every row of the four tables as it is stored."""
    return {table: database.table(table) for table in TABLES}


def write_registry(path: Path, projects: Mapping[str, Iterable[str]], listed: str = "projects") -> Path:
    """Writes a registry file as the application does, or with a list of another name; returns its path."""
    entries = [{"id": canonical, "aliases": list(aliases)} for canonical, aliases in projects.items()]
    path.write_text(json.dumps({listed: entries}, ensure_ascii=False, indent=2), encoding="utf-8")
    return path
