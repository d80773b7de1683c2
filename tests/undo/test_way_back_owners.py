"""Rows with several owners go back, whatever one of these refers to."""

import pytest

from declared import declared
from whole_database import is_ours, whole

pytestmark = pytest.mark.sqlite_first

DEFINITIONS = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE deeds (id INTEGER PRIMARY KEY, who INTEGER REFERENCES people (id), about INTEGER);
CREATE TABLE likes (who INTEGER NOT NULL REFERENCES people (id), what INTEGER NOT NULL, PRIMARY KEY (who, what));
CREATE TABLE follows (
    who INTEGER NOT NULL REFERENCES people (id), whom INTEGER NOT NULL REFERENCES people (id), PRIMARY KEY (who, whom)
);
INSERT INTO people VALUES (1, 'anna'), (2, 'aberg'), (3, 'ben');
INSERT INTO deeds VALUES (1, 2, 700), (2, 2, 2), (3, 3, 2), (4, 2, NULL), (5, 1, 800);
INSERT INTO follows VALUES (1, 3), (2, 3);
INSERT INTO likes VALUES (1, 700), (2, 700), (2, 800), (3, 2);
"""
SPEC = """Spec(
    revision="0002",
    identity=Identity(noun="person", registered="projects", key=t["people"].c.id, name=t["people"].c.name),
    slots=(
        Slots(
            noun="follow",
            key=(t["follows"].c.who, t["follows"].c.whom),
            owners=(t["follows"].c.who, t["follows"].c.whom),
        ),
        Slots(
            noun="like", key=(t["likes"].c.who, t["likes"].c.what), owners=(t["likes"].c.who, t["likes"].c.what)
        ),
    ),
    references=(
        References(
            noun="deed", key=t["deeds"].c.id, owners=(t["deeds"].c.who, t["deeds"].c.about), itself=Itself.KEEP
        ),
    ),
)"""


def rows(database):
    return {name: content.rows for name, content in whole(database).items() if not is_ours(name)}


@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.slow
def test_an_owner_that_refers_to_nothing_that_is_folded_keeps_no_row_from_going_back(database, tmp_path, way):
    project = declared(
        database, tmp_path, DEFINITIONS, SPEC, ["people", "follows", "likes", "deeds"], names={"anna": ["aberg"]}
    )
    before = rows(database)
    if way == "online":
        assert 0 == project.upgrade().code
    else:
        assert 0 == database.run_script(project.script()).returncode
    assert [(1, 1, 700), (2, 1, 1), (3, 3, 1), (4, 1, None), (5, 1, 800)] == sorted(
        database.rows("SELECT id, who, about FROM deeds")
    )
    assert [(1, 700), (1, 800), (3, 1)] == sorted(database.rows("SELECT who, what FROM likes"))
    if way == "online":
        ended = project.downgrade()
        assert 0 == ended.code, ended.err
    else:
        assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == rows(database)


def test_a_row_one_owner_of_which_was_deleted_since_is_listed_and_can_be_left(database, tmp_path):
    project = declared(
        database, tmp_path, DEFINITIONS, SPEC, ["people", "follows", "likes", "deeds"], names={"anna": ["aberg"]}
    )
    assert 0 == project.upgrade().code
    database.execute(
        "DELETE FROM follows WHERE whom = 3; DELETE FROM deeds WHERE who = 3;"
        " DELETE FROM likes WHERE who = 3; DELETE FROM people WHERE id = 3"
    )
    drifted = project.downgrade()
    assert (2, True) == (drifted.code, "rekey_drift_follow" in drifted.err), drifted
    kept = project.downgrade(on_drift="keep")
    assert 0 == kept.code, kept.err
    assert ([(1, "anna"), (2, "aberg")], []) == (
        database.rows("SELECT * FROM people ORDER BY id"),
        database.rows("SELECT * FROM follows"),
    )


def test_owners_that_share_a_tenants_column_are_bound_each_by_its_own_foreign_key(database, tmp_path):
    """A foreign key binds the one end; the other, in the same tenant, refers to nothing, before the fold and after."""
    definitions = """
        CREATE TABLE people (tenant INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, PRIMARY KEY (tenant, id));
        CREATE TABLE follows (tenant INTEGER NOT NULL, who INTEGER NOT NULL, whom INTEGER NOT NULL,
            PRIMARY KEY (tenant, who, whom), FOREIGN KEY (tenant, who) REFERENCES people (tenant, id));
        INSERT INTO people VALUES (1, 1, 'anna'), (1, 2, 'aberg');
        INSERT INTO follows VALUES (1, 2, 9);"""
    spec = """Spec(revision="0002", identity=Identity(noun="person", registered="projects",
            key=(t["people"].c.tenant, t["people"].c.id), name=t["people"].c.name, within=(t["people"].c.tenant,),
            missing=Missing.PROMOTE),
        slots=(Slots(noun="follow", key=tuple(t["follows"].c), owners=((t["follows"].c.tenant, t["follows"].c.who),
            (t["follows"].c.tenant, t["follows"].c.whom))),))"""
    project = declared(database, tmp_path, definitions, spec, ["people", "follows"], names={"anna": ["aberg"]})
    before = rows(database)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(1, 1, 9)] == database.rows("SELECT * FROM follows")
    assert 0 == project.downgrade().code
    assert before == rows(database)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_owner_that_no_row_is_and_that_stays_keeps_no_row_from_going_back(database, tmp_path):
    """SQLite keeps such rows, foreign key or not: a plan said yes to them and the upgrade refused."""
    definitions = """
        CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES people (id));
        CREATE TABLE deals (id INTEGER PRIMARY KEY, buyer INTEGER REFERENCES people (id),
            seller INTEGER REFERENCES people (id));
        INSERT INTO people VALUES (1, 'Anna', 98), (2, 'aberg', NULL), (3, 'ben', 2);
        INSERT INTO deals VALUES (1, 2, 99), (2, 99, 2), (3, 2, 2), (4, 98, 99);"""
    spec = """Spec(revision="0002", identity=Identity(noun="person", registered="projects", key=t["people"].c.id,
            name=t["people"].c.name, owners=(t["people"].c.boss,), missing=Missing.PROMOTE),
        references=(References(noun="deal", key=t["deals"].c.id, owners=(t["deals"].c.buyer, t["deals"].c.seller),
            itself=Itself.KEEP),))"""
    project = declared(database, tmp_path, definitions, spec, ["people", "deals"], names={"anna": ["aberg"]})
    before = rows(database)
    assert 0 == project.check().status
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(1, "anna", 98), (3, "ben", 1)] == database.rows("SELECT * FROM people ORDER BY id")
    assert [(1, 1, 99), (2, 99, 1), (3, 1, 1), (4, 98, 99)] == database.rows("SELECT * FROM deals ORDER BY id")
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == rows(database)
