"""The floor of the way back: hand-written SQL that puts old values back, given only what is needed for it.

`SAVE` makes the tables `saved_…` of what our upgrade journalled, untimed: of changed rows the id and the old
values of the changed columns, of deleted rows all columns.
"""

from __future__ import annotations

from data import COLUMNS

__all__ = ["POSTGRESQL", "SAVE", "SQLITE"]


def _saved(name: str, table: str, columns: tuple[str, ...], *actions: str) -> str:
    wanted = ", ".join(f"'{action}'" for action in actions)
    listed = ", ".join(columns)
    return f"CREATE TABLE saved_{name} AS SELECT {listed} FROM rekey_journal_{table} WHERE rekey_action IN ({wanted})"


SAVE = [
    _saved("projects", "projects", COLUMNS["projects"], "delete"),
    _saved("names", "projects", ("id", "name", "updated_at"), "rename"),
    "CREATE TABLE saved_created AS SELECT identity AS id FROM rekey_alias"
    " WHERE alias = canonical AND canonical IN"
    " (SELECT rekey_canonical FROM rekey_journal_projects WHERE rekey_action = 'create')",
    _saved("state", "project_state", COLUMNS["project_state"], "merge", "replace", "drop"),
    _saved("owners", "project_state", ("id", "project_id", "status", "updated_at"), "rekey", "revive"),
    _saved("memories", "memories", ("id", "project", "status", "updated_at"), "rekey", "supersede"),
    _saved("interactions", "interactions", ("id", "project"), "rekey"),
]

_BACK = [
    "INSERT INTO projects SELECT * FROM saved_projects",
    "UPDATE projects SET name = s.name, updated_at = s.updated_at FROM saved_names AS s WHERE s.id = projects.id",
    "UPDATE project_state SET project_id = s.project_id, status = s.status, updated_at = s.updated_at"
    " FROM saved_owners AS s WHERE s.id = project_state.id",
    f"INSERT INTO project_state ({', '.join(COLUMNS['project_state'])}) SELECT * FROM saved_state",
    "DELETE FROM projects WHERE id IN (SELECT id FROM saved_created)",
    "UPDATE memories SET project = s.project, status = s.status, updated_at = s.updated_at"
    " FROM saved_memories AS s WHERE s.id = memories.id",
    "UPDATE interactions SET project = s.project FROM saved_interactions AS s WHERE s.id = interactions.id",
]

SQLITE = _BACK
POSTGRESQL = [
    *(f"ANALYZE saved_{name} (id)" for name in ("owners", "memories", "interactions")),
    *_BACK,
]
