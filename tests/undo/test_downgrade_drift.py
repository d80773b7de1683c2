"""What the application did since the upgrade is neither lost nor overwritten: each kind of drift, by hand."""

import pytest

import legacy
from alembic_rekey.back.drift import KEPT, Drift
from commands import rekey_here
from drifts import CASES, MADE, STATE, listed, rows_of
from examples import CANONICAL, alembic_here, prepared_otherwise, project, refuses
from ways_back import LENS, WAYS, everything, everything_folded, fold, script_back


@pytest.fixture
def folded(reused_database, upgrade, downgrade, tmp_path):
    return everything_folded(reused_database, tmp_path, upgrade, downgrade)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_abort_lists_every_row_and_changes_nothing_and_keep_leaves_just_these(
    reused_database, upgrade, downgrade, tmp_path, name
):
    database, case = reused_database, CASES[name]
    folded = everything_folded(database, tmp_path, upgrade, downgrade)
    before = {(table, row["id"]): row for table, rows in folded.rows.items() for row in rows}
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
    assert database.rows("SELECT outcome FROM rekey_run") == [("partly restored",)]


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


@pytest.mark.slow
def test_an_edit_of_any_column_that_the_revision_knows_is_noticed(folded):
    database = folded.database
    left = {place: columns.split() for place, columns in COLUMNS.items()}
    while any(left.values()):
        # One column of every row at a time.
        edits = {place: columns.pop() for place, columns in left.items() if columns}
        for number, ((table, key), column) in enumerate(edits.items()):
            other = OTHER.get(column, f"'edited {number}'")
            database.execute(f"CREATE TABLE kept_{number} AS SELECT * FROM {table} WHERE id = '{key}'")
            database.execute(f"UPDATE {table} SET {column} = {other} WHERE id = '{key}'")
        ended = alembic_here("downgrade", "-1", url=database.url)
        assert (ended.code, set(listed(ended.err))) == (2, set(edits)), edits
        for number, ((table, key), column) in enumerate(edits.items()):
            old = f"(SELECT {column} FROM kept_{number})"
            database.execute(f"UPDATE {table} SET {column} = {old} WHERE id = '{key}'; DROP TABLE kept_{number}")
    folded.back()
    assert folded.holds_what_it_held()


@pytest.mark.slow
@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
def test_an_edit_of_nothing_but_capitals_is_one_where_the_column_makes_no_difference(
    reused_database, upgrade, downgrade, tmp_path
):
    reused_database.reset()
    capitals = ("name TEXT NOT NULL", "name TEXT COLLATE NOCASE NOT NULL")
    rows = {"projects": [project("r", " P07-Lens")]}
    registry = prepared_otherwise(reused_database, tmp_path, rows, capitals)
    legacy.write_registry(registry, {LENS: ["p07"]})
    upgrade(reused_database, registry)
    reused_database.execute("UPDATE projects SET name = 'P07-LENS'")
    assert set(listed(refuses(reused_database, registry, arguments="downgrade -1"))) == {("projects", "r")}


def test_all_drift_of_all_tables_is_listed_at_once(folded):
    changes = ("a deleted rekeyed slot row", "a deleted memory", "a deleted interaction",
               "another row with the spelling of a renamed canonical")  # fmt: skip
    wanted = {}
    for name in changes:
        folded.database.execute(CASES[name].sql)
        wanted |= CASES[name].drift
    assert set(listed(refuses(folded.database, folded.registry, arguments="downgrade -1"))) == set(wanted)


@pytest.mark.slow
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


UNKNOWN_COLUMN = "ALTER TABLE projects ADD COLUMN owner TEXT DEFAULT 'nobody'"


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_an_edit_of_a_column_that_the_revision_does_not_know_lets_a_created_canonical_stay(
    reused_database, upgrade, downgrade, tmp_path, way
):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, everything(), upgrade, downgrade, UNKNOWN_COLUMN)
    edit = f"UPDATE projects SET owner = 'NOBODY' WHERE id = '{MADE}'"
    reused_database.execute(edit)
    folded.back(way, on_drift="keep")
    assert [("NOBODY",)] == reused_database.rows(f"SELECT owner FROM projects WHERE id = '{MADE}'")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_created_canonical_goes_whose_columns_are_as_the_database_filled_them(
    reused_database, upgrade, downgrade, tmp_path, way
):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, everything(), upgrade, downgrade, UNKNOWN_COLUMN)
    folded.back(way)
    assert folded.holds_what_it_held()


@pytest.mark.slow
def test_such_an_edit_is_listed_and_refused_and_shown_beforehand(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, everything(), upgrade, downgrade, UNKNOWN_COLUMN)
    reused_database.execute(f"UPDATE projects SET owner = NULL WHERE id = '{MADE}'")
    words = {("projects", MADE): f"{KEPT[Drift.EDITED][0]}; on_drift=keep would {KEPT[Drift.EDITED][1]}"}
    assert words == listed(rekey_here(reused_database, folded.registry, "restore-plan").out)
    assert words == listed(refuses(reused_database, folded.registry, arguments="downgrade -1"))
    before = reused_database.snapshot()
    stopped = reused_database.run_script(script_back(reused_database, folded.registry).encode())
    assert "rekey_drift_project" in stopped.stderr.decode()
    assert before == reused_database.snapshot()
