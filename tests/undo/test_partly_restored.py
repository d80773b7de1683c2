"""A downgrade that leaves rows out says so, and what is in a journal alone is not dropped with it."""

import json

import pytest

from declared import declared
from whole_database import whole

pytestmark = pytest.mark.sqlite_first

DEFINITIONS = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99), memo VARCHAR(99));
CREATE TABLE deeds (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id));
INSERT INTO people VALUES (1, 'anna', NULL), (2, 'aberg', 'only copy'), (3, 'abe', NULL);
INSERT INTO deeds VALUES (1, 2), (2, 3);"""
SPEC = """Spec(revision="0002", identity=Identity(noun="person", registered="projects", key=t["people"].c.id,
    name=t["people"].c.name),
    references=(References(noun="deed", key=t["deeds"].c.id, owners=(t["deeds"].c.person,)),))"""
STRANGER = "INSERT INTO people VALUES (2, 'a stranger', NULL)"
EDITED = "UPDATE deeds SET person = NULL WHERE id = 2"
OUTCOME = "SELECT outcome, restored_at >= finished_at FROM rekey_run"


@pytest.fixture
def folded(database, tmp_path):
    project = declared(database, tmp_path, DEFINITIONS, SPEC, ["people", "deeds"], names={"anna": ["aberg", "abe"]})
    assert 0 == project.upgrade().code
    return project


def back(project, way, target, **x):
    """Goes down to `target`; the exit status, and what was said."""
    if way == "online":
        ended = project.downgrade(target, **x)
        return ended.code, ended.err
    ran = project.database.run_script(project.script(f"0002:{target}", "downgrade", **x))
    return ran.returncode, (ran.stdout + ran.stderr).decode()


@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.slow
def test_a_row_that_was_left_out_is_dropped_with_its_journal_by_no_downgrade(database, folded, way):
    database.execute(STRANGER)
    assert 0 == back(folded, way, "0001", on_drift="keep")[0]
    assert [("partly restored", True)] == [(outcome, bool(at)) for outcome, at in database.rows(OUTCOME)]
    assert "partly restored" == json.loads(folded.rekey("runs", "--json").out)[0]["outcome"]
    before = whole(database)
    refused = folded.downgrade("base")
    assert 2 == refused.code
    assert "people: row 2, which run 1 deleted, did not go back" in refused.err
    assert before == whole(database)
    # The remedy, followed.
    database.execute("INSERT INTO people SELECT 9, name, memo FROM rekey_journal_people WHERE id = 2")
    database.execute("UPDATE rekey_run SET outcome = 'restored' WHERE id = 1")
    assert 0 == folded.downgrade("base").code
    assert [(9, "aberg", "only copy")] == database.rows("SELECT * FROM people WHERE name = 'aberg'")


@pytest.mark.parametrize("way", ["online", "script"])
def test_one_downgrade_that_would_leave_a_row_out_and_drop_its_journal_changes_nothing(database, folded, way):
    database.execute(STRANGER)
    before = whole(database)
    code, said = back(folded, way, "base", on_drift="keep")
    assert (True, True) == (code != 0, "rekey_only_copy" in said), said
    assert before == whole(database)


@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.slow
def test_rows_that_stay_as_they_are_now_let_the_side_tables_go(database, folded, way):
    database.execute(EDITED)
    assert 0 == back(folded, way, "0001", on_drift="keep")[0]
    assert [("partly restored",)] == database.rows("SELECT outcome FROM rekey_run")
    assert 0 == folded.downgrade("base").code
    assert [(2, "aberg", "only copy")] == database.rows("SELECT * FROM people WHERE id = 2")


@pytest.mark.slow
def test_a_run_all_of_which_went_back_is_restored_and_its_time_recorded(database, folded):
    assert 0 == folded.downgrade("0001", on_drift="keep").code
    assert [("restored", True)] == [(outcome, bool(at)) for outcome, at in database.rows(OUTCOME)]
