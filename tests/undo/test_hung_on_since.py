"""Claims about rows that refer to what the upgrade made of a row: it stays so for them, and no other row does."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE);
CREATE TABLE members (id INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (person, id));
CREATE TABLE items (id INTEGER PRIMARY KEY, person INTEGER, member INTEGER,
    FOREIGN KEY (person, member) REFERENCES members (person, id));
CREATE TABLE labels (id INTEGER PRIMARY KEY, name VARCHAR(40) REFERENCES people (name) ON UPDATE CASCADE);
INSERT INTO people VALUES (1, 'ADA'), (2, 'ada l.'), (3, 'BO');
INSERT INTO members VALUES (100, 2), (200, 2), (300, 1);
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name),
    slots=(Slots(noun="member", key=(t["members"].c.person, t["members"].c.id), owners=(t["members"].c.person,),
        slot=(t["members"].c.id,)),){items})"""
ITEMS = """,
    references=(References(noun="item", key=t["items"].c.id, owners=((t["items"].c.person, t["items"].c.member),),
        of="member"),)"""
TABLES = ("people", "members", "items", "labels")
BEFORE = {
    "people": {(1, "ADA"), (2, "ada l."), (3, "BO")},
    "members": {(100, 2), (200, 2), (300, 1)},
    "items": set(),
    "labels": set(),
}


def rows_of(database):
    return {name: set(database.rows(f"SELECT * FROM {name}")) for name in TABLES}


@pytest.mark.parametrize("items", ["", ITEMS], ids=["beside the spec", "of the spec"])
def test_who_refers_to_a_new_name_or_key_keeps_that_row_as_it_is_and_no_other(database, tmp_path, items):
    names = {"Ada": ["ada l."], "Bo": []}
    project = declared(database, tmp_path, SCHEMA, SPEC.format(items=items), TABLES[:3], names=names)
    assert 0 == project.upgrade().code
    database.execute("INSERT INTO items VALUES (1, 1, 100), (2, 1, 300); INSERT INTO labels VALUES (1, 'Ada')")
    assert 2 == project.rekey("restore-plan", "--check").status
    ended = project.downgrade()
    assert (2, 2) == (ended.code, ended.err.count("rows hang on it that do not go back")), ended.err
    ended = project.downgrade(on_drift="keep")
    assert 0 == ended.code, ended.err
    stays = {"people": {(1, "Ada"), (2, "ada l."), (3, "BO")}, "members": {(100, 1), (200, 2), (300, 1)}}
    assert BEFORE | stays | {"items": {(1, 1, 100), (2, 1, 300)}, "labels": {(1, "Ada")}} == rows_of(database)


def test_who_hung_on_a_row_that_moves_goes_back_with_it(database, tmp_path):
    folded = SCHEMA + "INSERT INTO items VALUES (1, 2, 100);"
    project = declared(database, tmp_path, folded, SPEC.format(items=ITEMS), TABLES[:3], names={"Ada": ["ada l."]})
    ended = project.upgrade()
    if database.dialect == "postgresql":
        # It asks for the foreign key at once, whichever of the two moves first.
        assert "rekey_attached_by_name_member" in ended.err
        return
    assert 0 == ended.code, ended.err
    assert {(1, 1, 100)} == rows_of(database)["items"]
    assert 0 == project.rekey("restore-plan", "--check").status
    assert 0 == project.downgrade().code
    assert BEFORE | {"items": {(1, 2, 100)}} == rows_of(database)
