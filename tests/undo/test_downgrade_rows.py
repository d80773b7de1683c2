"""Each action of a fold is undone to the bit: from the journal, by script, and from the report file."""

import os

import pytest

import legacy
from examples import CANONICAL, LATER, actions, interaction, memory, project, projects, state
from ways_back import WAYS, everything_folded, fold

pytestmark = pytest.mark.sqlite_first

SHADOW = project("s", "P05", description="it's\tmine\r\n")
CANON = project("c", CANONICAL, description="")


def slot(own, others):
    return {"projects": [CANON, SHADOW], "project_state": [state(*own), state(*others)]}


CASES = {
    ("projects", "delete"): {"projects": [CANON, SHADOW, project("t", "interferometer", description=None)]},
    ("projects", "create"): {"projects": [project("n", "p06")]},
    ("projects", "create", "two"): {"projects": [project("n", "p06"), SHADOW]},
    ("projects", "rename"): {
        "projects": [project("r", " P05-Interferometer\n", updated_at="2026-01-01T10:00:00.5+01:00")],
        "project_state": [state("own", "r", "1")],
    },
    ("project_state", "rekey"): {
        "projects": [CANON, SHADOW],
        "project_state": [state("r", "s", None, None, source="x", confidence=0.1), state("o", "s", "1", key="k")],
    },
    ("project_state", "revive"): slot(("own", "c", "1", "superseded"), ("other", "s", "1")),
    ("project_state", "merge"): slot(("own", "c", "1"), ("other", "s", "1", "invalid")),
    ("project_state", "replace"): slot(("own", "c", "1", "superseded"), ("other", "s", "2")),
    ("project_state", "drop"): slot(("own", "c", "1"), ("other", "s", "2", "superseded")),
    ("memories", "supersede"): {
        "memories": [memory("a", "p05"), memory("b", CANONICAL, updated_at=LATER), memory("c", " P05 ", status=None)]
    },
    ("memories", "rekey"): {"memories": [memory("a", "P05\t"), memory("b", "p06", None, confidence=1e-300)]},
    ("interactions", "rekey"): {"interactions": [interaction("a", "p05", response=None), interaction("b", "P06")]},
}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"] if os.environ.get("REKEY_LONG") else ["online"])
@pytest.mark.parametrize("named", CASES, ids="-".join)
def test_the_rows_are_back_as_they_were(reused_database, upgrade, downgrade, tmp_path, way, named):
    database, (table, action, *_) = reused_database, named
    database.reset()
    folded = fold(database, tmp_path, CASES[named], upgrade, downgrade)
    assert action in actions(database, table).values()
    folded.back(way)
    assert folded.holds_what_it_held()
    assert database.rows("SELECT version_num FROM alembic_version") == [("0002",)]


@pytest.fixture
def folded(reused_database, upgrade, downgrade, tmp_path):
    return everything_folded(reused_database, tmp_path, upgrade, downgrade)


@pytest.mark.sqlite_first
@pytest.mark.parametrize("way", WAYS)
def test_all_of_them_at_once_are_back_too(folded, way):
    done = {(table, action) for table in legacy.TABLES for action in actions(folded.database, table).values()}
    assert {named[:2] for named in CASES} <= done
    folded.back(way)
    assert folded.holds_what_it_held()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_the_run_counts_as_restored_and_its_journal_stays(folded, way):
    journals = {table: folded.database.table(f"rekey_journal_{table}") for table in legacy.TABLES}
    (run,) = folded.database.table("rekey_run")
    folded.back(way)
    assert folded.holds_what_it_held()
    (restored,) = folded.database.table("rekey_run")
    assert run["finished_at"] <= restored["restored_at"]
    assert restored == {**run, "outcome": "restored", "restored_at": restored["restored_at"]}
    assert journals == {table: folded.database.table(f"rekey_journal_{table}") for table in legacy.TABLES}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_no_table_is_left_behind(folded, way):
    tables = folded.database.tables()
    folded.back(way)
    assert folded.database.tables() == tables


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_up_again_makes_a_new_run_and_that_one_is_restored_the_next_time(folded, upgrade, way):
    database = folded.database
    folded.back(way)
    upgrade(database, folded.registry, report_dir=folded.registry.parent / "reports")
    newest = "SELECT id, outcome FROM rekey_run ORDER BY id"
    assert database.rows(newest) == [(1, "restored"), (2, "applied")]
    folded.back("online")
    assert folded.holds_what_it_held()
    assert database.rows(newest) == [(1, "restored"), (2, "restored")]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_touched_nothing_is_restored_to_the_same(database, upgrade, downgrade, tmp_path, way):
    rows = {"projects": [CANON], "memories": [memory("m", CANONICAL), memory("n", "atlas")]}
    folded = fold(database, tmp_path, rows, upgrade, downgrade)
    assert database.rows("SELECT outcome FROM rekey_run") == [("empty",)]
    folded.back(way)
    assert folded.holds_what_it_held()
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",)]


@pytest.mark.slow
def test_a_registry_that_is_gone_or_changed_meanwhile_does_not_matter(folded):
    folded.registry.write_text("{")
    folded.back("online")
    assert folded.holds_what_it_held()


@pytest.mark.slow
def test_two_created_canonicals_go_and_a_created_one_that_was_there_before_stays(
    database, upgrade, downgrade, tmp_path
):
    folded = fold(database, tmp_path, {"projects": projects(n="p06", s="p05")}, upgrade, downgrade)
    made = {name: key for key, name in database.rows("SELECT id, name FROM projects")}
    assert set(made) == {"p06-polisher", CANONICAL}
    folded.back()
    assert folded.holds_what_it_held()
    # The same id again, but this time the application made it: no run has created it.
    database.insert("projects", [project(made[CANONICAL], CANONICAL)])
    database.execute("DELETE FROM projects WHERE id = 'n'")
    upgrade(database, folded.registry)
    folded.back()
    assert database.rows("SELECT id FROM projects ORDER BY name") == [("s",), (made[CANONICAL],)]
