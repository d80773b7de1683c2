"""Claims about rows that refer to rows of slots: they follow those that are merged, and those that get another key."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE models (name VARCHAR(99) PRIMARY KEY, workspace VARCHAR(9));
INSERT INTO models VALUES ('fraud', 'a'), ('Fraud', 'a'), ('churn', 'a');
CREATE TABLE versions (model VARCHAR(99), number INTEGER, said VARCHAR(99), PRIMARY KEY (model, number));
INSERT INTO versions VALUES ('fraud', 1, 'one'), ('Fraud', 1, 'one'), ('Fraud', 2, 'two'), ('churn', 2, 'two');
CREATE TABLE marks (id INTEGER PRIMARY KEY, model VARCHAR(99), number INTEGER, mark VARCHAR(99));
INSERT INTO marks VALUES (1, 'fraud', 1, 'own'), (2, 'Fraud', 1, 'of the merged'), (3, 'Fraud', 2, 'of the moved'),
  (4, 'churn', 2, 'of another'), (5, NULL, NULL, 'of nobody');
"""
TABLES = ["models", "versions", "marks"]
SPEC = """Spec(revision=revision,
    identity=Identity(noun="model", key=t["models"].c.name, name=t["models"].c.name, duplicates=Duplicates.FOUND,
        survivor=(sa.func.length(t["models"].c.workspace), t["models"].c.name.desc())),
    slots=(Slots(noun="version", key=(t["versions"].c.model, t["versions"].c.number), owners=(t["versions"].c.model,),
        slot=(t["versions"].c.number,)),),
    references=(References(noun="mark", key=t["marks"].c.id, of="version",
        owners=((t["marks"].c.model, t["marks"].c.number),)),))"""
AFTER = [(1, "fraud", 1), (2, "fraud", 1), (3, "fraud", 2), (4, "churn", 2), (5, None, None)]


@pytest.fixture
def project(database, tmp_path):
    return declared(database, tmp_path, SCHEMA, SPEC, TABLES, names={})


LIVE = """
ALTER TABLE versions ADD COLUMN status VARCHAR(9) DEFAULT 'active';
UPDATE versions SET status = 'old' WHERE model = 'fraud'; UPDATE versions SET said = 'new' WHERE model = 'Fraud';
"""


def marks(database):
    return marks_of(database, "model, number")


def marks_of(database, owner):
    return database.rows(f"SELECT id, {owner} FROM marks ORDER BY id")


def test_they_follow_up_and_down(project, database):
    before = {table: database.table(table) for table in TABLES}
    assert 0 == project.check().status
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert AFTER == marks(database)
    assert [("churn", 2), ("fraud", 1), ("fraud", 2)] == sorted(database.rows("SELECT model, number FROM versions"))
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == {table: database.table(table) for table in TABLES}


@pytest.mark.slow
def test_they_follow_by_script(project, database):
    before = {table: sorted(database.table(table), key=str) for table in TABLES}
    done = database.run_script(project.script())
    assert 0 == done.returncode, done.stderr
    assert AFTER == marks(database)
    back = database.run_script(project.script("0002:0001", "downgrade"))
    assert 0 == back.returncode, back.stderr
    assert before == {table: sorted(database.table(table), key=str) for table in TABLES}


@pytest.mark.parametrize("on_fold", ["DELETE", "SET_NULL"])
@pytest.mark.slow
def test_what_becomes_of_rows_of_shadows_does_not_become_of_those_of_a_row_that_moves(database, tmp_path, on_fold):
    spec = SPEC.replace('of="version",', f'of="version", on_fold=OnFold.{on_fold},')
    project = declared(database, tmp_path, SCHEMA, spec, TABLES, names={})
    before = marks(database)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    gone = [] if on_fold == "DELETE" else [(2, None, None)]
    assert sorted([*AFTER[:1], *gone, *AFTER[2:]]) == sorted(marks(database))
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == marks(database)


@pytest.mark.slow
def test_rows_of_one_that_was_displaced_are_those_of_the_one_in_its_place(database, tmp_path):
    value = 'value=t["versions"].c.said, status=t["versions"].c.status, slot'
    project = declared(database, tmp_path, SCHEMA + LIVE, SPEC.replace("slot=(", f"{value}=(", 1), TABLES, names={})
    before = {table: sorted(database.table(table), key=str) for table in TABLES}
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert AFTER == marks(database)
    assert [("new",)] == database.rows("SELECT said FROM versions WHERE model = 'fraud' AND number = 1")
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == {table: sorted(database.table(table), key=str) for table in TABLES}


def test_they_follow_a_row_whose_key_holds_that_of_a_row_that_is_created(database, tmp_path):
    """The plan has no key for it yet, and that of its first shadow stands for it: the row moves all the same."""
    made = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    definitions = f"""
    CREATE TABLE people (id {made} PRIMARY KEY, name VARCHAR(9));
    CREATE TABLE likes (person INTEGER, thing INTEGER, PRIMARY KEY (person, thing));
    CREATE TABLE marks (id INTEGER PRIMARY KEY, person INTEGER, thing INTEGER);
    INSERT INTO people (name) VALUES ('bobby');
    INSERT INTO likes VALUES (1, 7), (5, 7);
    INSERT INTO marks VALUES (1, 1, 7), (2, 5, 7);"""
    spec = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name),
    slots=(Slots(noun="like", key=(t["likes"].c.person, t["likes"].c.thing), owners=(t["likes"].c.person,),
        slot=(t["likes"].c.thing,)),),
    references=(References(noun="mark", key=t["marks"].c.id, of="like", owners=((t["marks"].c.person,
        t["marks"].c.thing),)),))"""
    tables = ["people", "likes", "marks"]
    project = declared(database, tmp_path, definitions, spec, tables, names={"Bob": ["bobby"]})
    before = {table: sorted(database.table(table), key=str) for table in tables}
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(2, "Bob")] == database.rows("SELECT id, name FROM people")
    assert [(2, 7), (5, 7)] == sorted(database.rows("SELECT person, thing FROM likes"))
    assert [(1, 2, 7), (2, 5, 7)] == marks_of(database, "person, thing")
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == {table: sorted(database.table(table), key=str) for table in tables}


def test_what_hangs_on_rows_that_go_for_being_of_one_thing_twice_is_not_led_astray(database, tmp_path):
    definitions = """
    CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9));
    CREATE TABLE likes (who INTEGER, whom INTEGER, PRIMARY KEY (who, whom));
    CREATE TABLE marks (id INTEGER PRIMARY KEY, who INTEGER, whom INTEGER);
    INSERT INTO people VALUES (1, 'a'), (2, 'A'), (3, 'a');
    INSERT INTO likes VALUES (1, 2), (3, 1);
    INSERT INTO marks VALUES (1, 1, 2);"""
    spec = """Spec(revision=revision,
    identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name, duplicates=Duplicates.FOUND),
    slots=(Slots(noun="like", key=(t["likes"].c.who, t["likes"].c.whom), itself=Itself.DELETE,
        owners=(t["likes"].c.who, t["likes"].c.whom)),),
    references=(References(noun="mark", key=t["marks"].c.id, of="like", owners=((t["marks"].c.who,
        t["marks"].c.whom),)),))"""
    project = declared(database, tmp_path, definitions, spec, ["people", "likes", "marks"], names={})
    project.upgrade("0001")
    before = database.snapshot()
    planned, ended = project.check(), project.upgrade()
    assert (2, 2) == (planned.status, ended.code), ended.err
    for said in (planned.out, ended.err):
        assert "marks: row 1 still hangs on '1, 2', which is gone" in said
    assert before == database.snapshot()
    # The remedy: what hangs on it goes first.
    database.execute("DELETE FROM marks")
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [] == database.rows("SELECT * FROM likes")
