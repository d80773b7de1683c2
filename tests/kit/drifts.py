"""What an application does after a fold: each kind of drift, by hand, and which rows of the journal drift by it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import legacy
from alembic_rekey.back.drift import Drift
from alembic_rekey.names.matching import identity_of
from databases import Database

__all__ = ["CASES", "MADE", "STATE", "UNKNOWN", "Case", "listed", "rows_of"]

MADE = identity_of("p06-polisher")
"""The id of the canonical row that the upgrade creates."""

E, D, T, A = Drift.EDITED, Drift.DELETED, Drift.TAKEN, Drift.ATTACHED
STATE = "INSERT INTO project_state (id, project_id, category, key, value) VALUES ('{}', '{}', 'decision', '{}', 'new')"
PROJECT = "INSERT INTO projects (id, name) VALUES ('{}', '{}')"
NOTES = "CREATE TABLE notes (project TEXT REFERENCES projects (id){0}); INSERT INTO notes VALUES ('{1}')"
# Who took the place of the shadow P05 keeps all that hung on it where it is now.
WITHOUT_SHADOW = {("projects", "s"): T} | {
    ("project_state", key): T for key in ("rekeyed", "merged", "displacing", "replaced")
}


@dataclass(frozen=True)
class Case:
    """What the application did, and which rows of the journal drifted by it."""

    sql: str
    drift: dict[tuple[str, str], Drift]
    stays: set[tuple[str, str]] = field(default_factory=set)
    """What is not as before the upgrade beside them: the application's own rows."""
    guard: str = ""
    """The first guard that a script stops at."""


def slot(key):
    return ("project_state", key)


CASES = {
    "a deleted rekeyed slot row": Case("DELETE FROM project_state WHERE id = 'rekeyed'", {slot("rekeyed"): D}),
    "a deleted revived row": Case("DELETE FROM project_state WHERE id = 'revived'", {slot("revived"): D}),
    "a deleted memory": Case("DELETE FROM memories WHERE id = 'superseded'", {("memories", "superseded"): D}),
    "a deleted interaction": Case("DELETE FROM interactions WHERE id = 'rekeyed'", {("interactions", "rekeyed"): D}),
    "a deleted renamed canonical": Case(
        "DELETE FROM project_state WHERE project_id = 'r'; DELETE FROM projects WHERE id = 'r'",
        {("projects", "r"): D},
        {slot("under-renamed")},
    ),
    "a deleted created canonical": Case(
        f"DELETE FROM project_state WHERE project_id = '{MADE}'; DELETE FROM projects WHERE id = '{MADE}'",
        {("projects", MADE): D, slot("under-created"): D},
    ),
    "a deleted canonical": Case(
        "DELETE FROM project_state WHERE project_id = 'c'; DELETE FROM projects WHERE id = 'c'",
        {slot("rekeyed"): D, slot("displacing"): D, slot("revived"): D, slot("replaced"): T},
        {("projects", "c"), slot("kept")},
    ),
    "an edited row that displaced another": Case(
        "UPDATE project_state SET value = 'new' WHERE id = 'displacing'",
        {slot("displacing"): E, slot("replaced"): T},
    ),
    "a row that was moved to another project": Case(
        "UPDATE project_state SET project_id = 'o' WHERE id = 'rekeyed'", {slot("rekeyed"): E}
    ),
    "a row that was moved to another slot": Case(
        "UPDATE project_state SET key = 'new' WHERE id = 'displacing'", {slot("displacing"): E}
    ),
    "a shadow that the application made again": Case(PROJECT.format("new", "P05"), WITHOUT_SHADOW),
    "another row with the id of a shadow": Case(PROJECT.format("s", "new"), WITHOUT_SHADOW),
    "another row named like a shadow": Case("UPDATE projects SET name = 'P05' WHERE id = 'o'", WITHOUT_SHADOW,
                                            {("projects", "o")}),
    "another row with the spelling of a renamed canonical": Case(
        PROJECT.format("new", " P07-Lens"), {("projects", "r"): T}
    ),
    "another row with the id of a deleted one": Case(STATE.format("merged", "o", "x"), {slot("merged"): T}),
    "another row in the slot of a replaced one": Case(
        f"DELETE FROM project_state WHERE id = 'displacing'; {STATE.format('new', 'c', 'displaced')}",
        {slot("displacing"): D, slot("replaced"): T},
    ),
    "a state row under a created canonical": Case(STATE.format("new", MADE, "x"), {("projects", MADE): A}),
    "a state row that was moved to a created canonical": Case(
        f"UPDATE project_state SET project_id = '{MADE}' WHERE id = 'kept'", {("projects", MADE): A}, {slot("kept")}
    ),
    "an edited row under a created canonical": Case(
        "UPDATE project_state SET value = 'new' WHERE id = 'under-created'",
        {("projects", MADE): A, slot("under-created"): E},
    ),
    "a row of an unknown table on a created canonical": Case(NOTES.format("", MADE), {("projects", MADE): A}),
    "one that would be deleted along": Case(NOTES.format(" ON DELETE CASCADE", MADE), {("projects", MADE): A}),
}  # fmt: skip
UNKNOWN = ("a row of an unknown table on a created canonical", "one that would be deleted along")


def rows_of(database: Database) -> dict[tuple[str, str], dict[str, object]]:
    return {(table, row["id"]): row for table in legacy.TABLES for row in database.table(table)}


def listed(text):
    """The table, key and what is said about it, for each row that a message lists."""
    return {(table, key): said for table, key, said in re.findall(r"(\w+): row '?([\w-]+)'? \([^)]*\): (.*)", text)}
