"""Nobody who referred to a key that no row has is adopted by a created row that the database gives it to."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE shops (id {key}, name VARCHAR(40) UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, owner {owner}, said VARCHAR(40));
INSERT INTO shops (name) VALUES ('pol'), ('other'), ('last');
INSERT INTO orders VALUES (1, '1', 'pol'), (2, '2', 'other'), (3, '4', 'Polisher');
DELETE FROM shops WHERE name = 'last';
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["shops"].c.id, name=t["shops"].c.name),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.owner,),
        names=(t["orders"].c.said,){more}),))"""
NUMBERED = {"sqlite": "INTEGER PRIMARY KEY", "postgresql": "SERIAL PRIMARY KEY"}
REMEMBERING = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgresql": "SERIAL PRIMARY KEY"}


def folding(database, folder, more="", key=NUMBERED, owner="INTEGER"):
    made = SCHEMA.format(key=key[database.dialect], owner=owner)
    return declared(database, folder, made, SPEC.format(more=more), ("shops", "orders"), names={"Polisher": ["pol"]})


def content(database):
    return [sorted(database.rows(f"SELECT * FROM {name}"), key=str) for name in ("shops", "orders")]


def newest_again(database):
    """SQLite gives the number of the newest row again once that is deleted, PostgreSQL goes on."""
    return 3 if database.dialect == "sqlite" else 4


@pytest.mark.parametrize("owner", ["INTEGER", "VARCHAR(9)"])
def test_who_refers_to_the_key_of_a_row_that_is_to_be_created_is_refused_by_plan_upgrade_and_script(
    database, tmp_path, owner
):
    project = folding(database, tmp_path, owner=owner)
    database.execute(f"UPDATE orders SET owner = '{newest_again(database)}' WHERE id = 3")
    before = content(database)
    project.upgrade("0001")
    planned, ended = project.check(), project.upgrade()
    stopped = database.run_script(project.script("0001:0002"))
    assert (2, 2, True) == (planned.status, ended.code, stopped.returncode != 0)
    assert before == content(database)
    for said in (planned.out, ended.err):
        assert f"orders: rows refer by 'owner' to '{newest_again(database)}', the key that a created row" in said
    assert b"rekey_orphan_adopted_project" in stopped.stdout + stopped.stderr
    database.execute("DELETE FROM orders WHERE id = 3")
    before = content(database)
    assert (0, 0) == (project.check().status, project.upgrade().code)
    assert 0 == project.downgrade().code
    assert before == content(database)


@pytest.mark.parametrize(("key", "refers_to"), [(NUMBERED, 99), (REMEMBERING, 3)], ids=["too high", "gone for good"])
def test_who_refers_to_a_key_that_the_database_does_not_give_stays_as_it_is(database, tmp_path, key, refers_to):
    project = folding(database, tmp_path, key=key)
    database.execute(f"UPDATE orders SET owner = {refers_to} WHERE id = 3")
    before = content(database)
    assert (0, 0) == (project.check().status, project.upgrade().code)
    assert (3, refers_to, "Polisher") in content(database)[1]
    assert 0 == project.downgrade().code
    assert before == content(database)


@pytest.mark.parametrize("way", ["online", "script"])
def test_whichever_key_the_database_gives_is_looked_at_once_the_row_is_there(database, tmp_path, way):
    """Where the number cannot be foretold: SQLite remembers it elsewhere, PostgreSQL is told another sequence."""
    project = folding(database, tmp_path, key=REMEMBERING)
    if database.dialect == "postgresql":
        database.execute("CREATE SEQUENCE apart START 9; ALTER TABLE shops ALTER id SET DEFAULT nextval('apart')")
    database.execute(f"UPDATE orders SET owner = {4 if database.dialect == 'sqlite' else 9} WHERE id = 3")
    project.upgrade("0001")
    before = content(database)
    if way == "script":
        stopped = database.run_script(project.script("0001:0002"))
        said, failed = (stopped.stdout + stopped.stderr).decode(), stopped.returncode != 0
    else:
        ended = project.upgrade()
        said, failed = ended.err, ended.code == 2
    assert failed, said
    assert "rekey_orphan_adopted_project_made" in said
    assert before == content(database)
