"""Claims about shadows that hung on shadows: where one cannot come back, what hung on it hangs on no stranger."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, parent {0}, mentor {0});
INSERT INTO people (id, name) VALUES (1, 'Ada'), (2, 'ada l.'), (3, 'Bo'), (5, 'Cy'), (9, 'Fay');
INSERT INTO people VALUES (4, 'bo b.', 2, NULL), (10, 'fay f.', 9, NULL);
INSERT INTO people VALUES (6, 'cy c.', NULL, 4), (7, 'Dee', 2, 1), (11, 'Gil', 10, NULL);
INSERT INTO people VALUES (8, 'Eve', NULL, 6);
"""
NAMES = {"Ada": ["ada l."], "Bo": ["bo b."], "Cy": ["cy c."], "Fay": ["fay f."]}
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name,
        owners=(t["people"].c.parent, t["people"].c.mentor), itself=Itself.KEEP))"""
KINDS = {"a foreign key": "INTEGER REFERENCES people (id)", "an integer": "INTEGER", "a text": "TEXT"}
TAKEN = {
    "the key": "INSERT INTO people VALUES (2, 'a stranger', NULL, NULL)",
    "the name": "INSERT INTO people VALUES (300, 'ada l.', NULL, NULL)",
}
OUT = ["row 2", "row 4", "row 6", "row 7", "row 8"]
"""The shadow whose place is taken, two that hung on it one behind the other, and a repointed row of either end."""


def rows(database):
    return {str(key): tuple(values) for key, *values in database.rows("SELECT * FROM people")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("way", ["online", "script"])
def test_what_hung_on_a_shadow_that_stays_out_stays_where_it_is(database, tmp_path, kind, taken, way):
    project = declared(database, tmp_path, PEOPLE.format(KINDS[kind]), SPEC, ["people"], names=NAMES)
    before = rows(database)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    database.execute(TAKEN[taken])
    folded = rows(database)
    plan = project.rekey("restore-plan", "--check")
    assert (2, OUT) == (plan.status, [one for one in OUT if f"people: {one} (" in plan.out]), plan.out
    assert "people: 2 rows go back, 5 drifted" in plan.out
    refused = project.downgrade()
    assert (2, folded) == (refused.code, rows(database)), refused.err
    assert OUT == [one for one in OUT if f"people: {one} (" in refused.err], refused.err
    project.goes(way, "downgrade", on_drift="keep")
    assert folded | {key: before[key] for key in ("10", "11")} == rows(database)


@pytest.mark.parametrize("taken", TAKEN)
def test_shadows_that_hung_on_each_other_in_a_circle_stay_out_together(database, tmp_path, taken):
    circle = f"{PEOPLE.format(KINDS['a foreign key'])} UPDATE people SET parent = 6 WHERE id = 2;"
    project = declared(database, tmp_path, circle, SPEC, ["people"], names=NAMES)
    assert 0 == project.upgrade().code
    database.execute(TAKEN[taken])
    folded = rows(database)
    ended = project.downgrade(on_drift="keep")
    assert 0 == ended.code, ended.err
    assert folded.keys() | {"10"} == rows(database).keys()


def test_a_row_of_slots_that_hung_on_one_that_stays_out_stays_out(database, tmp_path):
    """A foreign key within a table leads as far as owners do."""
    definitions = """
        CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40));
        CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id),
            topic VARCHAR(40), body VARCHAR(40), answers INTEGER REFERENCES notes (id));
        INSERT INTO people VALUES (1, 'Ada'), (2, 'ada l.');
        INSERT INTO notes VALUES (10, 1, 'a', 'x', NULL), (11, 1, 'b', 'y', NULL), (12, 1, 'c', 'z', NULL);
        INSERT INTO notes VALUES (20, 2, 'a', 'x', 10), (21, 2, 'b', 'y', 20), (22, 2, 'c', 'z', 11);"""
    spec = """Spec(revision=revision, identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name),
        slots=(Slots(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.person,), slot=(t["notes"].c.topic,),
            value=t["notes"].c.body),))"""
    project = declared(database, tmp_path, definitions, spec, ["people", "notes"], names={"Ada": ["ada l."]})
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    database.execute("INSERT INTO notes VALUES (20, 1, 'a stranger', 'w', NULL)")
    assert 2 == project.rekey("restore-plan", "--check").status
    ended = project.downgrade(on_drift="keep")
    assert 0 == ended.code, ended.err
    assert [(20, 1, None), (22, 2, 11)] == database.rows(
        "SELECT id, person, answers FROM notes WHERE id >= 20 ORDER BY id"
    )
