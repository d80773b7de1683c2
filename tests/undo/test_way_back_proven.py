"""Claims about what is proven before a commit: the database holds what the run wrote, and all of it goes back."""

import re

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

NAMES = {"polisher": ["pol"]}
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
"""
VISITS = """
CREATE TABLE visits (id INTEGER PRIMARY KEY, project VARCHAR(99), changed TIMESTAMP);
INSERT INTO visits VALUES (1, 'pol', '2024-01-02 03:04:05'), (2, 'polisher', '2024-01-02 03:04:05');
"""
TOUCHES = {
    "sqlite": """CREATE TRIGGER touch AFTER UPDATE ON visits WHEN NEW.changed IS NOT '2030-01-01 00:00:00'
        BEGIN UPDATE visits SET changed = '2030-01-01 00:00:00' WHERE id = NEW.id; END""",
    "postgresql": """CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.changed := ''2030-01-01''; RETURN NEW; END';
        CREATE TRIGGER touch BEFORE UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION touch()""",
}


def spec(tags="", slots=""):
    return f"Spec(revision=revision, identity={PROJECT}, slots=({slots}), tags=({tags}))"


def visit(more=""):
    return (
        'Tags(noun="visit", key=t["visits"].c.id, tag=t["visits"].c.project, '
        f'updated_at=t["visits"].c.changed, {more}),'
    )


def there_and_back(project, *tables):
    """Online and by script: a fold, its way back, and every table as it was."""
    before = [project.database.table(name) for name in tables]
    checked = project.check()
    assert (0, "") == (checked.status, checked.err)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    folded = [project.database.table(name) for name in tables]
    assert before != folded
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == [project.database.table(name) for name in tables]
    ended = project.database.run_script(project.script("0001:head"))
    assert 0 == ended.returncode, ended.stderr
    back = project.database.run_script(project.script("0002:0001", "downgrade"))
    assert 0 == back.returncode, back.stderr
    assert before == [project.database.table(name) for name in tables]


def test_a_trigger_that_writes_another_time_refuses_the_upgrade(database, tmp_path):
    """Case 12: the upgrade passed, and the downgrade took every row for edited."""
    project = declared(database, tmp_path, SCHEMA + VISITS + TOUCHES[database.dialect], spec(visit()),
                       ["projects", "visits"], names=NAMES)  # fmt: skip
    before = database.snapshot()
    ended = project.upgrade()
    assert 2 == ended.code
    assert "rekey_no_way_back_visit" in ended.err
    assert "visits: row 1 (rekey for 'polisher') would not go back" in ended.err
    assert before == database.snapshot()
    stopped = database.run_script(project.script())
    assert 0 != stopped.returncode
    assert {"sqlite": b"rekey_trigger_on_way_back", "postgresql": b"rekey_no_way_back_visit"}[
        database.dialect
    ] in stopped.stderr
    assert before == database.snapshot()


@pytest.mark.slow
def test_a_time_that_the_database_stamps_is_neither_written_nor_compared(database, tmp_path):
    """The remedy of the refusal above, followed."""
    stamped = visit("stamped=Stamped.BY_THE_DATABASE")
    project = declared(database, tmp_path, SCHEMA + VISITS + TOUCHES[database.dialect], spec(stamped),
                       ["projects", "visits"], names=NAMES)  # fmt: skip
    for way in ("online", "script"):
        ended = project.upgrade() if way == "online" else database.run_script(project.script("0001:head"))
        assert 0 == (ended.code if way == "online" else ended.returncode), ended
        assert [(1, "polisher"), (2, "polisher")] == database.rows("SELECT id, project FROM visits ORDER BY id")
        back = project.downgrade()
        assert 0 == back.code, back.err
        assert [(1, "pol"), (2, "polisher")] == database.rows("SELECT id, project FROM visits ORDER BY id")


def test_a_trigger_that_writes_another_column_refuses_the_upgrade(database, tmp_path):
    if database.dialect == "sqlite":
        meddling = """CREATE TRIGGER meddle AFTER UPDATE OF project ON visits
            BEGIN UPDATE visits SET note = 'meddled' WHERE id = NEW.id; END"""
    else:
        meddling = """CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.note := ''meddled''; RETURN NEW; END';
            CREATE TRIGGER meddle BEFORE UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION meddle()"""
    definitions = SCHEMA + VISITS + "ALTER TABLE visits ADD COLUMN note TEXT;" + meddling
    project = declared(database, tmp_path, definitions, spec(visit()), ["projects", "visits"], names=NAMES)
    before = database.snapshot()
    ended = project.upgrade()
    assert 2 == ended.code
    assert "rekey_no_way_back_visit" in ended.err
    assert before == database.snapshot()


@pytest.mark.slow
@pytest.mark.parametrize("stored", ["VIRTUAL", "STORED"])
def test_a_generated_column_is_no_edit(database, tmp_path, stored):
    """Case 15. A script cannot ask the catalog first: there the column must be declared as it is."""
    if (database.dialect, stored) == ("postgresql", "VIRTUAL"):
        stored = "STORED"  # PostgreSQL 14 to 17 know no other
    made = f"loud VARCHAR(99) GENERATED ALWAYS AS (upper(project)) {stored}"
    definitions = SCHEMA + VISITS.replace("changed TIMESTAMP", f"changed TIMESTAMP, {made}").replace(
        "INTO visits VALUES", "INTO visits (id, project, changed) VALUES"
    )
    project = declared(database, tmp_path, definitions, spec(visit()), ["projects", "visits"], names=NAMES)
    before = database.snapshot()
    stopped = database.run_script(project.script())
    assert 0 != stopped.returncode
    assert b"rekey_generated_column" in stopped.stderr
    assert before == database.snapshot()
    revision = project.folder / "migrations" / "versions" / "0002_fold.py"
    declared_so = re.sub(
        r"(sa.Column\('loud', sa.String\(length=99\))\)", r"\1, sa.Computed('x'))", revision.read_text()
    )
    rows = [database.table(name) for name in ("projects", "visits")]
    assert 0 == project.upgrade().code
    assert 0 == project.downgrade().code
    assert rows == [database.table(name) for name in ("projects", "visits")]
    revision.write_text(declared_so)
    there_and_back(project, "projects", "visits")


def test_rows_with_a_generated_column_that_were_deleted_come_back(database, tmp_path):
    definitions = (
        SCHEMA
        + """
        CREATE TABLE facts (id INTEGER PRIMARY KEY, project INTEGER REFERENCES projects (id), slot TEXT, said TEXT,
            loud TEXT GENERATED ALWAYS AS (upper(said)) STORED, status VARCHAR(9), changed TIMESTAMP);
        INSERT INTO facts (id, project, slot, said, status)
            VALUES (1, 1, 'a', 'x', 'active'), (2, 2, 'a', 'x', 'active');
        """
    )
    one = """Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.project,), slot=(t["facts"].c.slot,),
        value=t["facts"].c.said, status=t["facts"].c.status, updated_at=t["facts"].c.changed),"""
    project = declared(database, tmp_path, definitions, spec(slots=one), ["projects", "facts"], names=NAMES)
    before = [database.table(name) for name in ("projects", "facts")]
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(1,)] == database.rows("SELECT id FROM facts")
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == [database.table(name) for name in ("projects", "facts")]


@pytest.mark.slow
@pytest.mark.parametrize("type_", ["TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMP(0) WITH TIME ZONE", "TEXT"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_time_of_lower_precision_than_the_runs_own_goes_back(database, tmp_path, type_):
    definitions = SCHEMA + VISITS.replace("TIMESTAMP", type_)
    project = declared(database, tmp_path, definitions, spec(visit()), ["projects", "visits"], names=NAMES)
    there_and_back(project, "visits")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Did not recognize type")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_types_without_an_equality_are_compared_as_they_are_stored(database, tmp_path):
    odd = "ADD COLUMN a json, ADD COLUMN b point, ADD COLUMN d jsonb, ADD COLUMN e box"
    values = """a = '{"x" :1}', b = '(1,2)', d = '{"x": 1}', e = '(1,2),(3,4)'"""
    definitions = SCHEMA + VISITS
    for table in ("visits", "projects"):
        definitions += f"ALTER TABLE {table} {odd}; UPDATE {table} SET {values};"
    types = {f"{table}.{name}": "sa.Text" for table in ("visits", "projects") for name in "abde"}
    project = declared(database, tmp_path, definitions, spec(visit()), ["projects", "visits"], names=NAMES, types=types)
    there_and_back(project, "projects", "visits")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_table_of_nearly_as_many_columns_as_sqlite_takes_goes_back(database, tmp_path):
    """An expression of SQLite may be 1,000 levels deep. Of numbers: a plan asks each column of texts for names."""
    more = ", ".join(f"c{number} REAL" for number in range(1_900))
    definitions = SCHEMA + VISITS.replace("changed TIMESTAMP", f"changed TIMESTAMP, {more}").replace(
        "INTO visits VALUES", "INTO visits (id, project, changed) VALUES"
    )
    project = declared(database, tmp_path, definitions, spec(visit()), ["projects", "visits"], names=NAMES)
    there_and_back(project, "visits")


@pytest.mark.slow
def test_a_slot_with_a_null_in_it_goes_back(database, tmp_path):
    definitions = (
        SCHEMA
        + """
        CREATE TABLE facts (id INTEGER PRIMARY KEY, project INTEGER REFERENCES projects (id), slot TEXT, said TEXT,
            status VARCHAR(9), changed TIMESTAMP);
        INSERT INTO facts VALUES (1, 1, NULL, 'x', 'old', NULL), (2, 2, NULL, 'y', 'active', NULL),
            (3, 2, 'a', 'x', 'active', NULL);
        """
    )
    one = """Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.project,), slot=(t["facts"].c.slot,),
        value=t["facts"].c.said, status=t["facts"].c.status, updated_at=t["facts"].c.changed),"""
    project = declared(database, tmp_path, definitions, spec(slots=one), ["projects", "facts"], names=NAMES)
    there_and_back(project, "projects", "facts")


def test_a_name_that_is_the_key_is_refused_when_the_spec_is_made(database, tmp_path):
    """Case 14: the downgrade found none of the rows that it had renamed."""
    definitions = "CREATE TABLE projects (name VARCHAR(99) PRIMARY KEY); INSERT INTO projects VALUES ('pol'), ('SAW ');"
    same = PROJECT.replace("c.id", "c.name")
    project = declared(
        database, tmp_path, definitions, f"Spec(revision=revision, identity={same})", ["projects"], names=NAMES
    )
    before = database.snapshot()
    ended, checked = project.upgrade(), project.check()
    assert "for the key and for the name" in ended.err
    assert "for the key and for the name" in checked.err
    assert before == database.snapshot()
