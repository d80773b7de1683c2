"""Claims about what a deleted row referred to: where the application deleted that since, the row drifted."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE places (id INTEGER PRIMARY KEY);
CREATE TABLE clubs (id INTEGER PRIMARY KEY);
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40), place INTEGER REFERENCES places (id),
    parent INTEGER REFERENCES people (id));
CREATE TABLE members (person INTEGER REFERENCES people (id), club INTEGER REFERENCES clubs (id),
    PRIMARY KEY (person, club));
INSERT INTO places VALUES (7), (8);
INSERT INTO clubs VALUES (100), (200);
INSERT INTO people VALUES (1, 'Ada', 7, NULL), (3, 'Bo', 7, NULL), (2, 'ada l.', 8, 3), (4, 'ADA', 8, 2);
INSERT INTO members VALUES (1, 100), (2, 100), (2, 200);
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name,
        owners=(t["people"].c.parent,), survivor=(t["people"].c.id,), itself=Itself.KEEP),
    slots=(Slots(noun="member", key=(t["members"].c.person, t["members"].c.club),
        owners=(t["members"].c.person,), slot=(t["members"].c.club,)),))"""
PEOPLE, MEMBERS = "SELECT id FROM people ORDER BY id", "SELECT * FROM members ORDER BY person, club"


@pytest.fixture
def folded(database, tmp_path):
    project = declared(database, tmp_path, SCHEMA, SPEC, ["people", "members"], names={"Ada": ["ada l."]})
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(1, 100), (1, 200)] == database.rows(MEMBERS)
    return project


def test_shadows_that_refer_to_each_other_come_back_together(folded, database):
    assert 0 == folded.rekey("restore-plan", "--check").status
    assert 0 == folded.downgrade().code
    assert [(1,), (2,), (3,), (4,)] == database.rows(PEOPLE)
    assert [(1, 100), (2, 100), (2, 200)] == database.rows(MEMBERS)


@pytest.mark.parametrize(
    ("deleted", "people", "members"),
    [
        ("DELETE FROM members WHERE club = 100; DELETE FROM clubs WHERE id = 100", [1, 2, 3, 4], [(2, 200)]),
        ("DELETE FROM places WHERE id = 8", [1, 3], [(1, 100), (1, 200)]),
    ],
    ids=["by a row of slots", "by a row of the identity"],
)
def test_what_was_referred_to_and_is_gone_keeps_its_row_away_and_no_other(folded, database, deleted, people, members):
    database.execute(deleted)
    assert 2 == folded.rekey("restore-plan", "--check").status
    ended = folded.downgrade()
    assert (2, True) == (ended.code, "what it referred to is gone" in ended.err), ended.err
    ended = folded.downgrade(on_drift="keep")
    assert 0 == ended.code, ended.err
    assert [(one,) for one in people] == database.rows(PEOPLE)
    assert members == database.rows(MEMBERS)
