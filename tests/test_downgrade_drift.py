"""What the application did since the upgrade is neither lost nor overwritten: each kind of drift, by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

import legacy
from alembic_rekey.drift import KEPT, Drift
from alembic_rekey.keys import identity_of
from databases import Database
from examples import CANONICAL, alembic_here, refuses
from ways_back import everything, fold, script_back

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
        {("projects", "None"): D, slot("under-created"): D},
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


@pytest.fixture
def folded(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    return fold(reused_database, tmp_path, everything(), upgrade, downgrade)


def listed(text):
    """The table, key and what is said about it, for each row that a message lists."""
    return {(table, key): said for table, key, said in re.findall(r"(\w+): row '?([\w-]+)'? \([^)]*\): (.*)", text)}


@pytest.mark.parametrize("name", CASES)
def test_abort_lists_every_row_and_changes_nothing_and_keep_leaves_just_these(
    reused_database, upgrade, downgrade, tmp_path, name
):
    database, case = reused_database, CASES[name]
    database.reset()
    folded = fold(database, tmp_path, everything(), lambda *_, **__: None, downgrade)
    before = rows_of(database)
    upgrade(database, folded.registry)
    database.execute(case.sql)
    written = rows_of(database)

    said = refuses(database, folded.registry, "on_drift=keep", arguments="downgrade -1")
    words = {place: f"{KEPT[drift][0]}; on_drift=keep would {KEPT[drift][1]}" for place, drift in case.drift.items()}
    assert listed(said) == words

    ended = alembic_here("downgrade", "-1", url=database.url, on_drift="keep")
    assert (ended.code, ended.out) == (0, "")
    assert listed(ended.err) == {place: KEPT[drift][0] for place, drift in case.drift.items()}
    new = {place for place in written if written[place].get("value") == "new" or place[1] == "new"} - set(before)
    stay = {*case.drift, *case.stays, *new}
    stay |= {("projects", "s")} & set(written)
    wanted = {place: row for place, row in before.items() if place not in stay}
    wanted |= {place: row for place, row in written.items() if place in stay}
    assert rows_of(database) == wanted
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",)]


COLUMNS = {
    ("project_state", "rekeyed"): "project_id category key value source confidence status created_at updated_at",
    ("project_state", "revived"): "project_id category key value source confidence status created_at updated_at",
    ("projects", "r"): "name description created_at updated_at",
    ("projects", MADE): "name description created_at updated_at",
    ("memories", "superseded"): "memory_type content project confidence status created_at updated_at",
    ("memories", "rekeyed"): "memory_type content project confidence status created_at updated_at",
    ("interactions", "rekeyed"): "prompt response client session_id project created_at",
}
OTHER = {"confidence": "0.5", "created_at": "'2026-02-02 00:00:00+00:00'", "updated_at": "NULL", "project_id": "'o'"}


def test_an_edit_of_any_column_that_the_revision_knows_is_noticed(folded):
    for (table, key), columns in COLUMNS.items():
        for column in columns.split():
            edit = f"UPDATE {table} SET {column} = {OTHER.get(column, chr(39) + 'edited' + chr(39))} WHERE id = '{key}'"
            keep = f"CREATE TABLE kept AS SELECT * FROM {table} WHERE id = '{key}'"
            folded.database.execute(f"{keep}; {edit}")
            ended = alembic_here("downgrade", "-1", url=folded.database.url)
            assert ended.code == 1, (table, key, column)
            assert list(listed(ended.err)) == [(table, key)], column
            back = f"UPDATE {table} SET {column} = (SELECT {column} FROM kept) WHERE id = '{key}'"
            folded.database.execute(f"{back}; DROP TABLE kept")
    folded.back()
    assert folded.holds_what_it_held()


def test_all_drift_of_all_tables_is_listed_at_once(folded):
    changes = ("a deleted rekeyed slot row", "a deleted memory", "a deleted interaction",
               "another row with the spelling of a renamed canonical")  # fmt: skip
    wanted = {}
    for name in changes:
        folded.database.execute(CASES[name].sql)
        wanted |= CASES[name].drift
    assert set(listed(refuses(folded.database, folded.registry, arguments="downgrade -1"))) == set(wanted)


def test_a_canonical_that_the_application_renamed_hinders_nothing(folded):
    folded.database.execute("UPDATE projects SET name = 'laser' WHERE id = 'c'")
    folded.back()
    folded.database.execute(f"UPDATE projects SET name = '{CANONICAL}' WHERE id = 'c'")
    assert folded.holds_what_it_held()


def test_rows_written_since_under_any_name_stay_and_hinder_nothing(folded):
    database = folded.database
    database.execute(STATE.format("new", "c", "unheard of"))
    for name in ("p05", CANONICAL, "p06-polisher", "atlas"):
        database.execute(f"INSERT INTO interactions (id, prompt, project) VALUES ('new {name}', '', '{name}')")
    folded.back()
    for table in ("interactions", "project_state"):
        database.execute(f"DELETE FROM {table} WHERE id LIKE 'new%'")
    assert folded.holds_what_it_held()


# By script.


def guard_of(case):
    nouns = {"projects": "project", "project_state": "state", "memories": "memory", "interactions": "interaction"}
    return next(f"rekey_drift_{noun}" for table, noun in nouns.items() if table in {place[0] for place in case.drift})


@pytest.mark.parametrize(
    "name",
    ["a deleted interaction", "a shadow that the application made again", "a state row under a created canonical",
     "an edited row that displaced another", *UNKNOWN],
)  # fmt: skip
def test_a_script_stops_at_drift_or_shows_what_stays_and_leaves_what_the_online_downgrade_leaves(
    reused_database, upgrade, downgrade, tmp_path, name
):
    database, case = reused_database, CASES[name]
    left = []
    for way in ("online", "script"):
        database.reset()
        folded = fold(database, tmp_path, everything(), upgrade, downgrade)
        database.execute(case.sql)
        if way == "online":
            folded.back(on_drift="keep")
        else:
            before = database.snapshot()
            stopped = database.run_script(script_back(database, folded.registry).encode())
            assert stopped.returncode != 0
            hidden = database.dialect == "sqlite" and name in UNKNOWN
            guard = "rekey_foreign_key_broken" if hidden else guard_of(case)
            assert guard in stopped.stderr.decode()
            assert database.snapshot() == before
            going = database.run_script(script_back(database, folded.registry, on_drift="keep").encode())
            if hidden:  # no statement can name an unknown table there: nothing is lost, and it refuses
                assert going.returncode != 0
                assert b"rekey_foreign_key_broken" in going.stderr
                assert database.snapshot() == before
                return
            assert going.returncode == 0, going.stderr
            for (table, key), drift in case.drift.items():
                line = next(line for line in going.stdout.decode().splitlines() if table in line and key in line)
                assert KEPT[drift][0] in line
        left.append(rows_of(database))
    assert left[0].keys() == left[1].keys()
    times = {"created_at", "updated_at"}
    for place, row in left[0].items():
        seen = left[1][place]
        assert [row[c] for c in row if c not in times] == [seen[c] for c in seen if c not in times]
