"""What a row that stays takes from those that go, and what it is said to leave behind."""

import pytest

from declared import declared
from shells import stopped_at
from whole_database import is_ours, whole

DEFINITIONS = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, phone TEXT, born INTEGER, seen INTEGER, points INTEGER, note TEXT
);
INSERT INTO people VALUES
    (1, 'anna', NULL, 30, 40, 1, 'hers'),
    (2, 'aberg', '4711', 20, 35, 2, 'also'),
    (3, 'A. Berg', '0815', 25, 50, 4, NULL);
"""
SPEC = """Spec(
    revision="0002",
    identity=Identity(
        noun="person",
        registered="projects",
        key=t["people"].c.id,
        name=t["people"].c.name,
        absorb={"phone": Absorb.COALESCE, "born": Absorb.MIN, "seen": Absorb.MAX, "points": Absorb.SUM},
    ),
)"""


@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.slow
def test_least_most_and_sum_are_taken_and_are_no_values_left_behind(database, tmp_path, way):
    project = declared(database, tmp_path, DEFINITIONS, SPEC, ["people"], names={"anna": ["aberg", "a. berg"]})
    before = {name: content for name, content in whole(database).items() if not is_ours(name)}
    # The first telephone of two, and the notes: the second telephone and one note are left behind.
    assert 2 == project.rekey("plan", "--json").document["plan"]["counts"]["person_values_left_behind"]
    if way == "online":
        ended = project.upgrade()
        assert 0 == ended.code, ended.err
    else:
        assert 0 == database.run_script(project.script()).returncode
    assert [(1, "anna", "4711", 20, 50, 7, "hers")] == database.rows("SELECT * FROM people")
    assert [(2,)] == database.rows(
        "SELECT value FROM rekey_count WHERE name = 'person_values_left_behind' AND phase = 'plan'"
    )
    assert 0 == project.downgrade().code
    assert before == {name: content for name, content in whole(database).items() if not is_ours(name)}


def refused(database, folder, definitions, values):
    """The project, once plan, upgrade and script refused to add up these `values` of points, by row, and no others."""
    project = declared(database, folder, definitions, SPEC, ["people"], names={"anna": ["aberg", "a. berg"]})
    assert 0 == project.upgrade("0001").code
    before = database.snapshot()
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    for said in (checked.out, ended.err):
        for row, value in values.items():
            assert f"people: row {row} of 'anna' has '{value}' in 'points', which Absorb.SUM cannot add up" in said
        assert "row 2 of" not in said
    stopped = database.run_script(project.script("0001:0002"))
    assert (True, True) == (stopped.returncode != 0, "rekey_no_number_person" in stopped.stderr.decode())
    assert before == database.snapshot()
    return project


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_no_number_is_not_added_up(database, tmp_path):
    """Two texts came to 0.0 in the row that stays, and nobody said so."""
    definitions = DEFINITIONS.replace("points INTEGER", "points TEXT").replace(", 1, 'hers'", ", 'hello', 'hers'")
    definitions = definitions.replace("2, 'also'", "NULL, 'also'").replace("4, NULL", "'world', NULL")
    refused(database, tmp_path, definitions, {1: "hello", 3: "world"})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("more", ["", " NOT NULL"])
def test_infinities_of_both_signs_are_not_added_up(database, tmp_path, more):
    """The plan said 0, and the row that stays got NULL, or the database refused that in its own words."""
    definitions = DEFINITIONS.replace("points INTEGER", f"points REAL{more}").replace(", 1, 'hers'", ", 9e999, 'hers'")
    definitions = definitions.replace("4, NULL", "-9e999, NULL")
    project = refused(database, tmp_path, definitions, {1: "Inf", 3: "-Inf"})
    database.execute("UPDATE people SET points = 5 WHERE id = 3")
    assert (0, 0) == (project.check().status, project.upgrade().code)


@pytest.mark.sqlite_first
def test_a_sum_that_another_row_holds_till_its_turn_comes_is_refused_beforehand(database, tmp_path):
    """The plan said 0 and the database refused in its own words: 1 + 2 is 3, which the other row had still."""
    definitions = """
        CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9), points INTEGER);
        CREATE UNIQUE INDEX one_each ON people (points);
        INSERT INTO people VALUES (1, 'anna', 1), (2, 'aberg', 2), (3, 'bo', 3), (4, 'bob', 4), (5, 'cy', 0),
          (6, 'cyd', NULL), (7, 'cid', 9);"""
    spec = SPEC.replace('"phone": Absorb.COALESCE, "born": Absorb.MIN, "seen": Absorb.MAX, ', "")
    names = {"anna": ["aberg"], "bo": ["bob"], "cy": ["cyd", "cid"]}
    project = declared(database, tmp_path, definitions, spec, ["people"], names=names)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    for said in (checked.out, ended.err):
        assert "people: row 1, which the plan would absorb for anna, would get what row 3, which the plan would" in said
        assert 1 == said.count("would get what row")
    assert 0 == project.upgrade("0001").code
    ran = database.run_script(project.script("0001:0002"))
    assert ["rekey_unique_midway_person_sum_0"] == stopped_at(ran), ran.stderr
    assert "row 1, which the plan would absorb for anna, would get what row 3" in (ran.stdout + ran.stderr).decode()
    database.execute("UPDATE people SET points = 30 WHERE id = 3")
    before = database.table("people")
    checked, ended = project.check(), project.upgrade()
    assert (0, 0) == (checked.status, ended.code), ended.err
    assert [(1, 3), (3, 34), (5, 9)] == database.rows("SELECT id, points FROM people ORDER BY id")
    assert 0 == project.downgrade().code
    assert before == database.table("people")
