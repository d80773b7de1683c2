"""A row that refers to nothing already does not go: no foreign key would take it back."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

UNCHECKED = {"sqlite": "", "postgresql": "SET session_replication_role = replica;"}
CHECKED = {"sqlite": "", "postgresql": "SET session_replication_role = origin;"}
SCHEMA = """
CREATE TABLE lands (id INTEGER PRIMARY KEY);
CREATE TABLE shops (id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, land INTEGER REFERENCES lands (id),
    boss INTEGER REFERENCES shops (id));
CREATE TABLE links (shop INTEGER REFERENCES shops (id), other INTEGER REFERENCES shops (id),
    PRIMARY KEY (shop, other));
INSERT INTO lands VALUES (1);
INSERT INTO shops VALUES (1, 'Polisher', 1, NULL), (2, 'pol', 1, 1), (3, 'other', 1, NULL);
INSERT INTO links VALUES (1, 3), (2, 3);
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["shops"].c.id, name=t["shops"].c.name),
    slots=(Slots(noun="link", key=(t["links"].c.shop, t["links"].c.other),
        owners=((t["links"].c.shop,), (t["links"].c.other,))),))"""
CONTENT = ("SELECT id, name, land, boss FROM shops ORDER BY id", "SELECT shop, other FROM links ORDER BY shop, other")


def folding(database, folder, *unchecked):
    schema = "".join([SCHEMA, UNCHECKED[database.dialect], *unchecked, CHECKED[database.dialect]])
    return declared(database, folder, schema, SPEC, ("shops", "links"), names={"Polisher": ["pol"]})


def content(database):
    return [database.rows(statement) for statement in CONTENT]


@pytest.mark.parametrize(
    ("unchecked", "said"),
    [
        ("UPDATE shops SET land = 7 WHERE id = 2;", "shops: row '2', which the plan would delete, refers by land to"),
        ("UPDATE shops SET boss = 9 WHERE id = 2;", "shops: row '2', which the plan would delete, refers by boss to"),
        (
            "UPDATE links SET other = 9;",
            "links: row '2, 9', which the plan would merge, refers by other to no row of shops; no downgrade could let",
        ),
    ],
    ids=["another table", "the identity itself", "the other owner"],
)
def test_who_goes_and_refers_to_nothing_is_refused_by_plan_and_upgrade_in_the_same_words(
    database, tmp_path, unchecked, said
):
    project = folding(database, tmp_path, unchecked)
    project.upgrade("0001")
    before = content(database)
    planned, ended = project.check(), project.upgrade()
    assert (2, 2) == (planned.status, ended.code)
    assert said in planned.out
    assert said in ended.err
    assert before == content(database)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unchecked", "shops"),
    [
        (
            "UPDATE shops SET land = 7 WHERE id = 2;"
            "UPDATE shops SET land = NULL WHERE land NOT IN (SELECT id FROM lands);",
            [(1, "Polisher", 1, None), (3, "other", 1, None)],
        ),
        ("UPDATE shops SET land = 7, boss = 9 WHERE id <> 2;", [(1, "Polisher", 7, 9), (3, "other", 7, 9)]),
        ("UPDATE shops SET boss = 2 WHERE id = 2;", [(1, "Polisher", 1, None), (3, "other", 1, None)]),
        (
            "DELETE FROM links; UPDATE shops SET name = 'POL', boss = 2 WHERE id = 3;",
            [(1, "Polisher", 1, None)],
        ),
    ],
    ids=["the remedy was followed", "it stays", "it is its own parent", "its parent goes with it"],
)
def test_other_rows_fold_and_come_back(database, tmp_path, unchecked, shops):
    project = folding(database, tmp_path, unchecked)
    project.upgrade("0001")
    before = content(database)
    assert (0, 0) == (project.check().status, project.upgrade().code)
    assert shops == content(database)[0]
    assert 0 == project.downgrade().code
    assert before == content(database)
