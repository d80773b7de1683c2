"""Claims about foreign keys that lead nowhere, and constraints that a row from before them does not fulfil."""

import pytest

from declared import declared

pytestmark = pytest.mark.slow

SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
CREATE TABLE notes (id INTEGER PRIMARY KEY, project VARCHAR(99));
INSERT INTO notes VALUES (1, 'pol');
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project),))"""


@pytest.fixture
def project(database, tmp_path):
    return declared(database, tmp_path, SCHEMA, SPEC, ["projects", "notes"], names={"polisher": ["pol"], "saw": []})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mismatched_key_between_other_tables_stops_nothing(database, project):
    """Case 24."""
    database.execute(
        "CREATE TABLE repo (id INTEGER, name TEXT); CREATE TABLE branch (repo TEXT REFERENCES repo (name));"
        "INSERT INTO branch VALUES ('a')"
    )
    assert 0 == project.check().status
    assert 0 == project.upgrade().code
    assert [("polisher",)] == database.rows("SELECT project FROM notes")
    assert 0 == project.downgrade().code
    assert 0 == database.run_script(project.script("0001:head")).returncode


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rows_without_a_number_that_would_lead_nowhere_are_counted(database, project):
    """SQLite tells no rowid of a WITHOUT ROWID table: two lines of it look alike."""
    database.execute(
        "CREATE TABLE bills (no TEXT PRIMARY KEY, project INTEGER REFERENCES projects (id)) WITHOUT ROWID;"
        "INSERT INTO bills VALUES ('dangling', 99), ('a', 2)"
    )
    before = database.snapshot()
    assert 2 == project.check().status
    stopped = database.run_script(project.script())
    assert b"rekey_foreign_key_broken" in stopped.stderr
    assert before == database.snapshot()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_key_that_led_nowhere_and_would_lead_somewhere_has_no_way_back(database, project):
    database.execute(
        "INSERT INTO projects VALUES (3, 'SAW');"
        "CREATE TABLE bills (id INTEGER PRIMARY KEY, project TEXT REFERENCES projects (name));"
        "INSERT INTO bills VALUES (7, 'saw')"
    )
    before = database.snapshot()
    ended = project.upgrade()
    assert 2 == ended.code
    assert "rekey_foreign_key_mended" in ended.err
    assert "bills: the row with rowid 7 referred to no projects before" in ended.err
    assert before == database.snapshot()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("made", ["CHECK (id > 2)", "FOREIGN KEY (parent) REFERENCES projects (id)"])
def test_a_constraint_that_rows_from_before_it_may_break_is_to_be_validated_first(database, project, made):
    database.execute(
        "ALTER TABLE projects ADD COLUMN parent INTEGER; UPDATE projects SET parent = 99;"
        f"ALTER TABLE projects ADD CONSTRAINT late {made} NOT VALID"
    )
    before = database.snapshot()
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), (checked, ended)
    assert "projects: the constraint 'late' is NOT VALID" in ended.err
    stopped = database.run_script(project.script())
    assert b"rekey_not_validated" in stopped.stderr
    assert before == database.snapshot()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_check_that_rows_from_before_it_break_is_to_be_fulfilled_first(database, project):
    database.execute(
        "PRAGMA ignore_check_constraints = ON; ALTER TABLE projects ADD COLUMN mail TEXT CHECK (mail IN ('a'));"
        "UPDATE projects SET mail = 'b' WHERE id = 2"
    )
    before = database.snapshot()
    told = "projects: rows from before a CHECK constraint do not fulfil it"
    planned, ended = project.check(), project.upgrade()
    assert (2, 2) == (planned.status, ended.code)
    assert told in planned.out
    assert told in ended.err
    stopped = database.run_script(project.script())
    assert b"rekey_check_broken" in stopped.stderr
    assert before == database.snapshot()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_so_is_one_of_a_table_whose_rows_only_change(database, tmp_path):
    """A tag that is superseded goes back to the status that it had, which its table would not take any more."""
    database.execute("""
        CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT, body TEXT, status TEXT,
          CHECK (status IN ('active', 'superseded')));
        PRAGMA ignore_check_constraints = ON;
        INSERT INTO notes VALUES (1, 'polisher', 'a', 'active'), (2, 'pol', 'a', 'old'), (3, 'saw', 'a', 'old');
    """)
    spec = """Spec(revision=revision,
        identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
        tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project, agree=(t["notes"].c.body,),
            status=t["notes"].c.status),))"""
    schema = "CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO projects VALUES (1, 'polisher');"
    project = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={"polisher": ["pol"]})
    before = database.snapshot()
    assert (2, 2) == (project.check().status, project.upgrade().code)
    assert before == database.snapshot()
