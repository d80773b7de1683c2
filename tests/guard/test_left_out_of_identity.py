"""Claims about rows of the identity that `where` leaves out and that refer to a shadow: they are left alone."""

import json

import pytest

from declared import declared
from guard.test_claims import refuses

TREE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9), parent INTEGER {}, gone INTEGER);
INSERT INTO people VALUES (1, 'A', NULL, 0), (2, 'b', NULL, 0), (3, 'x', 2, 1), (4, 'y', 2, 0), (5, 'z', 2, NULL);"""
SPEC = """Spec(revision=revision, identity=Identity(noun="person", registered="projects", key=t["people"].c.id,
    name=t["people"].c.name, owners=(t["people"].c.parent,), where=t["people"].c.gone == 0{}))"""
PARENTS = "SELECT id, parent FROM people ORDER BY id"
BOUND = "REFERENCES people (id) {}"


def tree(database, tmp_path, refers, more="", *, way=None):
    made = declared(database, tmp_path, TREE.format(refers), SPEC.format(more), ["people"], names={"A": ["B"]})
    if way is not None:
        assert 0 == made.upgrade("0001").code
    return made


def planned(project):
    return {one["before"]["id"] for one in json.loads(project.rekey("plan", "--json").out)["plan"]["shadow_persons"]}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.parametrize("refers", [pytest.param("", marks=pytest.mark.slow), BOUND.format("")])
def test_where_the_shadow_stays_they_stay_as_they_are(database, tmp_path, refers, way):
    project = tree(database, tmp_path, refers, ', retire={"gone": 1}', way=way)
    before = database.rows(PARENTS)
    assert {2, 4} == planned(project)
    project.goes(way)
    assert [(1, None), (2, None), (3, 2), (4, 1), (5, 2)] == database.rows(PARENTS)
    project.goes(way, "downgrade")
    assert before == database.rows(PARENTS)


@pytest.mark.parametrize(
    "action", ["", *(pytest.param(a, marks=pytest.mark.slow) for a in ("ON DELETE CASCADE", "ON DELETE SET NULL"))]
)
def test_where_the_shadow_goes_they_are_refused_and_moved_by_hand(database, tmp_path, action):
    project = tree(database, tmp_path, BOUND.format(action))
    says = "people: 2 rows that `where` leaves out hang on people row 2, which the plan would delete, through parent"
    in_script = "rekey_left_out_person_0" if database.dialect == "sqlite" else "rekey_left_out_person"
    refuses(project, "rekey_left_out_person_0", says, in_script=in_script)
    database.execute("UPDATE people SET parent = 1 WHERE id IN (3, 5)")
    assert 0 == project.check().status
    project.goes("online")
    project.goes("online", "downgrade")
    project.goes("script")
    assert [(1, None), (3, 1), (4, 1), (5, 1)] == database.rows(PARENTS)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_without_a_foreign_key_they_are_left_alone_as_those_of_other_tables_are(database, tmp_path, way):
    project = tree(database, tmp_path, "", way=way)
    assert {2, 4} == planned(project)
    project.goes(way)
    assert [(1, None), (3, 2), (4, 1), (5, 2)] == database.rows(PARENTS)
    project.goes(way, "downgrade")
    assert [(1, None), (2, None), (3, 2), (4, 2), (5, 2)] == database.rows(PARENTS)
