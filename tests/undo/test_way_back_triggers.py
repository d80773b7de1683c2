"""Claims about triggers and the way back: what one does to it is known before the commit, in whatever column."""

import re

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

NAMES = {"polisher": ["pol"]}
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    tags=(Tags(noun="visit", key=t["visits"].c.id, tag=t["visits"].c.project, updated_at=t["visits"].c.changed),))"""
SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
CREATE TABLE visits (id INTEGER PRIMARY KEY, project VARCHAR(99), changed TIMESTAMP);
INSERT INTO visits VALUES (1, 'pol', '2024-01-02 03:04:05'), (2, 'polisher', '2024-01-02 03:04:05');
"""
TABLES = ["projects", "visits"]
NOTE = "ALTER TABLE visits ADD COLUMN note TEXT"


def trigger(database, timing, event, table, does):
    """A trigger per row; `does` is its body by dialect."""
    if database.dialect == "sqlite":
        database.execute(f"CREATE TRIGGER meddle AFTER {event} ON {table} BEGIN {does['sqlite']}; END")
        return
    body = does["postgresql"].replace("'", "''")
    database.execute(f"""CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {body}; RETURN NEW; END';
        CREATE TRIGGER meddle {timing} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()""")


def without_trigger(database):
    database.execute("DROP TRIGGER meddle" + (" ON projects" if database.dialect == "postgresql" else ""))


def contents(project):
    return [project.database.table(name) for name in TABLES]


def scripted(project, revision="head", way="upgrade"):
    return project.database.run_script(project.script(revision, way))


def test_what_a_trigger_writes_into_a_column_that_nobody_declared_refuses_the_upgrade(database, tmp_path):
    spec = SPEC.replace("c.changed)", "c.changed, stamped=Stamped.BY_THE_DATABASE)")
    project = declared(database, tmp_path, SCHEMA, spec, TABLES, names=NAMES)
    database.execute(NOTE)
    does = {"sqlite": "UPDATE visits SET note = 'x' WHERE id = NEW.id", "postgresql": "NEW.note := 'x'"}
    trigger(database, "BEFORE", "UPDATE OF project", "visits", does)
    before = database.snapshot()
    ended = project.upgrade()
    assert 2 == ended.code
    assert "rekey_no_way_back_visit" in ended.err
    assert before == database.snapshot()
    stopped = scripted(project)
    assert 0 != stopped.returncode
    assert b"rekey_trigger_undeclared" in stopped.stderr + stopped.stdout
    assert before == database.snapshot()


def test_an_edit_in_a_column_that_nobody_declared_keeps_its_row_from_going_back(database, tmp_path):
    project = declared(database, tmp_path, SCHEMA, SPEC, TABLES, names=NAMES)
    database.execute(NOTE)
    assert 0 == project.upgrade().code
    database.execute("UPDATE visits SET note = 'seen' WHERE id = 1")
    after = database.snapshot()
    assert "visits: row 1 (rekey for 'polisher')" in project.rekey("restore-plan").out
    ended = project.downgrade()
    assert (2, after) == (ended.code, database.snapshot())
    assert "rekey_drift_visit" in ended.err
    kept = project.downgrade(on_drift="keep")
    assert 0 == kept.code, kept.err
    assert [(1, "polisher", "seen")] == database.rows("SELECT id, project, note FROM visits WHERE id = 1")


@pytest.mark.slow
def test_a_script_wants_a_table_declared_whole_where_a_trigger_fires_on_its_updates(database, tmp_path):
    """The trigger is harmless, which nobody can know; both remedies are followed."""
    project = declared(database, tmp_path, SCHEMA, SPEC, TABLES, names=NAMES)
    database.execute(NOTE)
    trigger(database, "BEFORE", "UPDATE", "visits", {"sqlite": "SELECT 1", "postgresql": "NEW.note := NEW.note"})
    before = contents(project)
    stopped = scripted(project)
    assert 0 != stopped.returncode
    said = "visits: the trigger 'meddle' fires when rows are updated, and the column 'note' is not declared"
    assert said in (stopped.stdout + stopped.stderr).decode()
    assert before == contents(project)
    for ended in (project.upgrade(), project.downgrade()):
        assert 0 == ended.code, ended.err
    assert before == contents(project)
    fold = project.folder / "migrations" / "versions" / "0002_fold.py"
    fold.write_text(
        re.sub(r"(sa.Column\('changed', [^)]*\(\)\))", r"\1, sa.Column('note', sa.Text())", fold.read_text())
    )
    for revision, way in (("0001:head", "upgrade"), ("0002:0001", "downgrade")):
        ended = scripted(project, revision, way)
        assert 0 == ended.returncode, ended.stderr
    assert before == contents(project)


@pytest.mark.slow
def test_a_script_refuses_where_a_trigger_fires_on_the_way_back_alone(database, tmp_path):
    """Rows of the identity are deleted, so they are inserted on the way back; both remedies are followed."""
    project = declared(database, tmp_path, SCHEMA, SPEC, TABLES, names=NAMES)
    trigger(database, "BEFORE", "INSERT", "projects", {"sqlite": "SELECT 1", "postgresql": "NEW.name := NEW.name"})
    before = contents(project)
    stopped = scripted(project)
    assert 0 != stopped.returncode
    said = (stopped.stdout + stopped.stderr).decode()
    assert "rekey_trigger_on_way_back" in said
    assert "projects: the trigger 'meddle' fires on INSERT" in said
    assert before == contents(project)
    for ended in (project.upgrade(), project.downgrade()):
        assert 0 == ended.code, ended.err
    assert before == contents(project)
    without_trigger(database)
    for revision, way in (("0001:head", "upgrade"), ("0002:0001", "downgrade")):
        ended = scripted(project, revision, way)
        assert 0 == ended.returncode, ended.stderr
    assert before == contents(project)


LOG = "CREATE TABLE log (id INTEGER); INSERT INTO log VALUES (1)"
ON_THE_WAY_BACK = {
    "changes the row": (
        {"sqlite": "UPDATE projects SET name = 'POL' WHERE id = NEW.id", "postgresql": "NEW.name := 'POL'"},
        "projects: row 2 did not become what it was",
    ),
    "logs": (
        {"sqlite": "INSERT INTO log VALUES (2)", "postgresql": "INSERT INTO log VALUES (2)"},
        "log: 1 rows inserted, and the journal names 0",
    ),
    "empties another table": (
        {"sqlite": "DELETE FROM log", "postgresql": "DELETE FROM log"},
        "log: 1 rows deleted, and the journal names 0",
    ),
    "raises": (
        {"sqlite": "SELECT RAISE(ABORT, 'never: 100%')", "postgresql": "RAISE EXCEPTION 'never: 100%%'"},
        "the database says: never: 100%",
    ),
    "ends the transaction": (
        {"sqlite": "SELECT RAISE(ROLLBACK, 'never')", "postgresql": "RAISE EXCEPTION 'never'"},
        "the database says: never",
    ),
}


@pytest.mark.parametrize("name", ON_THE_WAY_BACK)
@pytest.mark.slow
def test_the_way_back_is_tried_where_a_trigger_fires_there_for_the_first_time(database, tmp_path, name):
    does, said = ON_THE_WAY_BACK[name]
    project = declared(database, tmp_path, SCHEMA + LOG, SPEC, TABLES, names=NAMES)
    trigger(database, "BEFORE", "INSERT", "projects", does)
    before, stood = contents(project), database.snapshot()
    ended = project.upgrade()
    assert (2, stood) == (ended.code, database.snapshot())
    assert "rekey_no_way_back_tried (" in ended.err
    assert re.search(rf"the way back was tried: [a-z. ]*{re.escape(said)}", " ".join(ended.err.split()))
    assert "there fires 'meddle' of projects" in ended.err
    # The remedy, followed.
    without_trigger(database)
    for carry_out in (project.upgrade, project.downgrade):
        ended = carry_out()
        assert 0 == ended.code, ended.err
    assert before == contents(project)


@pytest.mark.slow
def test_a_way_back_that_was_tried_leaves_nothing_and_is_gone_for_good_when_wanted(database, tmp_path, caplog):
    project = declared(database, tmp_path, SCHEMA, SPEC, TABLES, names=NAMES)
    trigger(database, "BEFORE", "INSERT", "projects", {"sqlite": "SELECT 1", "postgresql": "NEW.name := NEW.name"})
    before = contents(project)
    with caplog.at_level("INFO", logger="alembic.rekey"):
        ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert "The way back is tried and undone, since triggers fire there: 'meddle' of projects" in caplog.text
    assert [[(1, "polisher")], [("polisher",), ("polisher",)]] == [
        database.rows("SELECT id, name FROM projects"),
        database.rows("SELECT project FROM visits"),
    ]
    assert [("applied",)] == database.rows("SELECT outcome FROM rekey_run")
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == contents(project)


@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.slow
def test_a_downgrade_refuses_over_changes_that_nothing_names(database, tmp_path, way):
    """The trigger came after the upgrade."""
    project = declared(database, tmp_path, SCHEMA + LOG, SPEC, TABLES, names=NAMES)
    assert 0 == project.upgrade().code
    trigger(database, "BEFORE", "INSERT", "projects", dict.fromkeys(("sqlite", "postgresql"), "DELETE FROM log"))
    stood = database.snapshot()
    if way == "online":
        ended = project.downgrade()
        assert (2, stood) == (ended.code, database.snapshot())
        assert "log: 1 rows deleted, and the journal names 0" in ended.err
    else:
        ended = scripted(project, "0002:0001", "downgrade")
        assert (True, stood) == (ended.returncode != 0, database.snapshot())
        assert b"rekey_unaccounted" in ended.stderr
    without_trigger(database)
    back = project.downgrade()
    assert 0 == back.code, back.err
