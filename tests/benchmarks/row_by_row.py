"""The original's way: a query per row to plan, a statement per row to apply; its rules are the design's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from alembic_rekey.names.registry import Registry

__all__ = ["first", "row_by_row", "slot_fates", "tag_losers"]

OLDEST = datetime(1, 1, 1, tzinfo=UTC)
Line = dict[str, Any]


def moment(stored: Any) -> datetime:
    """A stored time as a time; NULL is the oldest."""
    if stored is None:
        return OLDEST
    time = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def first(rows: Iterable[Line]) -> Line:
    """The newest row, at a tie one that is no legacy row, then the smallest id."""
    return min(rows, key=lambda row: (-(moment(row["updated_at"]) - OLDEST).total_seconds(), row["legacy"], row["id"]))


def tag_losers(group: list[Line]) -> list[Line]:
    """The rows of a group of duplicates that are superseded."""
    if not any(row["legacy"] for row in group):
        return []
    won = first(group)
    return [row for row in group if row is not won and (won["legacy"] or row["legacy"])]


def slot_fates(own: Line | None, old: list[Line]) -> dict[str, str]:
    """What happens to the rows of one slot: id -> delete, revive or rekey; nothing to the others."""
    live = [row for row in old if row["status"] == "active"]
    if own is not None and (own["status"] == "active" or not live):
        return {row["id"]: "delete" for row in old}
    won = first(live or old)
    fates = {row["id"]: "delete" for row in old}
    if own is not None and own["value"] == won["value"]:
        return {**fates, own["id"]: "revive"}
    if own is not None:
        fates[own["id"]] = "delete"
    return {**fates, won["id"]: "rekey"}


class _Database:
    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            self._connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            address = url.replace("+psycopg", "", 1)
            self._connection = psycopg.connect(address, autocommit=True, options="-c TimeZone=UTC")

    def __call__(self, statement: str, *values: Any) -> list[Line]:
        cursor = self._connection.execute(statement if self.sqlite else statement.replace("?", "%s"), values)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]

    def close(self) -> None:
        self._connection.close()


def row_by_row(url: str, registry: Registry, now: datetime) -> None:
    """Folds a database row by row, in one transaction."""
    database = _Database(url)
    stamp = f"{now:%Y-%m-%d %H:%M:%S.%f}" if database.sqlite else now
    names = {name.key: name for name in registry.names}
    database("BEGIN")
    _projects(database, names, stamp)
    for table in ("memories", "interactions"):
        _tags(database, table, names, stamp)
    database("COMMIT")
    database.close()


def _projects(database: _Database, names: dict[str, Any], stamp: Any) -> None:
    shadows: dict[str, list[str]] = {}
    for row in database("SELECT id, name FROM projects"):
        name = names.get(row["name"].strip().lower())
        if name is None:
            continue
        if name.alias != name.canonical:
            shadows.setdefault(name.canonical, []).append(row["id"])
        elif row["name"] != name.canonical:
            database("UPDATE projects SET name = ?, updated_at = ? WHERE id = ?", name.canonical, stamp, row["id"])
    for canonical, old in shadows.items():
        found = database("SELECT id FROM projects WHERE name = ?", canonical)
        own = found[0]["id"] if found else names[canonical.lower()].identity
        if not found:
            database(
                "INSERT INTO projects (id, name, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                *(own, canonical, "created by legacy alias migration", stamp, stamp),
            )
        _state(database, own, old, stamp)
        for shadow in old:
            database("DELETE FROM projects WHERE id = ?", shadow)


def _state(database: _Database, own: str, shadows: list[str], stamp: Any) -> None:
    marks = ", ".join("?" * len(shadows))
    done = set()
    for row in database(f"SELECT id, category, key FROM project_state WHERE project_id IN ({marks})", *shadows):
        if (row["category"], row["key"]) in done:
            continue
        done.add((row["category"], row["key"]))
        slot = [
            {**found, "legacy": found["project_id"] != own}
            for owner in (own, *shadows)
            for found in database(
                "SELECT id, project_id, value, status, updated_at FROM project_state"
                " WHERE project_id = ? AND category = ? AND key = ?",
                *(owner, row["category"], row["key"]),
            )
        ]
        held = next((found for found in slot if not found["legacy"]), None)
        fates = slot_fates(held, [found for found in slot if found["legacy"]])
        for key, fate in sorted(fates.items(), key=lambda item: item[1]):
            if fate == "delete":
                database("DELETE FROM project_state WHERE id = ?", key)
            elif fate == "revive":
                database("UPDATE project_state SET status = 'active', updated_at = ? WHERE id = ?", stamp, key)
            else:
                database("UPDATE project_state SET project_id = ?, updated_at = ? WHERE id = ?", own, stamp, key)


def _tags(database: _Database, table: str, names: dict[str, Any], stamp: Any) -> None:
    spellings: dict[str, list[str]] = {}
    for row in database(f"SELECT DISTINCT project FROM {table} WHERE project IS NOT NULL"):
        if name := names.get(row["project"].strip().lower()):
            spellings.setdefault(name.canonical, []).append(row["project"])
    for canonical, spelt in spellings.items():
        if table == "memories":
            _memories(database, canonical, spelt, stamp)
            continue
        for spelling in (spelling for spelling in spelt if spelling != canonical):
            for row in database("SELECT id FROM interactions WHERE project = ?", spelling):
                database("UPDATE interactions SET project = ? WHERE id = ?", canonical, row["id"])


def _memories(database: _Database, canonical: str, spelt: list[str], stamp: Any) -> None:
    marks = ", ".join("?" * len(spelt))
    losers: dict[str, Line] = {}
    old = []
    for spelling in (spelling for spelling in spelt if spelling != canonical):
        old += database("SELECT id, memory_type, content, status FROM memories WHERE project = ?", spelling)
    for row in old:
        group = database(
            "SELECT id, project, updated_at FROM memories WHERE memory_type = ? AND content = ? AND status = ?"
            f" AND project IN ({marks})",
            *(row["memory_type"], row["content"], row["status"], *spelt),
        )
        for found in group:
            found["legacy"] = found["project"] != canonical
        losers |= {found["id"]: found for found in tag_losers(group)}
    for row in old:
        database("UPDATE memories SET project = ?, updated_at = ? WHERE id = ?", canonical, stamp, row["id"])
    for key in losers:
        database("UPDATE memories SET status = 'superseded', updated_at = ? WHERE id = ?", stamp, key)
