"""Claims about triggers that an upgrade fires: the plan tells of them, since what they change only the upgrade sees."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=[References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.project_id,))])"""
SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO projects VALUES (1, 'pol'), (2, 'polisher');
CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER, said VARCHAR(99));
INSERT INTO notes VALUES (1, 1, 'a'), (2, 2, 'b');
"""
TRIGGERS = {
    "sqlite": """
CREATE TRIGGER "on, it's %s :x" AFTER UPDATE ON notes BEGIN UPDATE notes SET said = 'c' WHERE id = 2; END;
CREATE TRIGGER gone BEFORE DELETE ON projects BEGIN SELECT 1; END;
CREATE TRIGGER made AFTER INSERT ON notes BEGIN SELECT 1; END;
""",
    "postgresql": """
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
CREATE FUNCTION changes() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF pg_trigger_depth() < 2 THEN UPDATE notes SET said = ''c'' WHERE id = 2; END IF; RETURN NULL; END';
CREATE TRIGGER "on, it's %s :x" AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION changes();
CREATE TRIGGER gone BEFORE DELETE ON projects FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER made AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION nothing();
""",
}
TOLD = (
    "triggers fire: gone of projects (DELETE), on, it's %s :x of notes (UPDATE). "
    "The upgrade refuses what they change beside the plan."
)


def test_a_plan_tells_of_the_triggers_that_the_upgrade_fires_and_of_no_others(database, tmp_path):
    """One that is for rows which come fires for none here; what another row becomes by one is refused, as it says."""
    schema = SCHEMA + TRIGGERS[database.dialect]
    project = declared(database, tmp_path, schema, SPEC, ["projects", "notes"], names={"polisher": ["pol"]})
    assert TOLD in " ".join(project.rekey("plan").out.split())
    assert 0 == project.check().status
    stood = database.snapshot()
    assert "rekey_unaccounted" in project.upgrade().err
    assert stood == database.snapshot()


def test_a_plan_of_a_database_without_triggers_tells_of_none(database, tmp_path):
    project = declared(database, tmp_path, SCHEMA, SPEC, ["projects", "notes"], names={"polisher": ["pol"]})
    assert "trigger" not in project.rekey("plan").out


LOGGED = {
    "sqlite": "CREATE TRIGGER logs AFTER UPDATE ON notes BEGIN INSERT INTO log VALUES (NEW.id); END",
    "postgresql": "CREATE TRIGGER logs AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION logged()",
}
WITHOUT = """
DROP, MADE = {drop!r}, {made!r}
def upgrade():
    op.execute(DROP)
    op.rekey(spec)
    op.execute(MADE)
def downgrade():
    op.execute(DROP)
    op.restore(spec)
    op.execute(MADE)
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_a_revision_may_drop_them_around_the_fold_and_the_way_back(database, tmp_path, way):
    """The remedy for a log, or an index of texts, which the journal does not name."""
    schema = (
        SCHEMA.replace("project_id INTEGER", "project_id INTEGER REFERENCES projects") + "CREATE TABLE log (id INT);"
    )
    drop = "DROP TRIGGER logs"
    if database.dialect == "postgresql":
        schema = schema.replace("REFERENCES projects", "REFERENCES projects DEFERRABLE INITIALLY DEFERRED")
        schema += """CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NULL; END';"""
        drop = "DROP TRIGGER logs ON notes"
    schema += LOGGED[database.dialect]
    project = declared(database, tmp_path, schema, SPEC, ["projects", "notes"], names={"polisher": ["pol"]})
    assert "log: 1 rows inserted, and the journal names 0" in project.upgrade().err
    fold = project.folder / "migrations" / "versions" / "0002_fold.py"
    fold.write_text(fold.read_text("utf-8") + WITHOUT.format(drop=drop, made=LOGGED[database.dialect]), "utf-8")
    project.upgrade("0001")
    before = [database.table(name) for name in ("projects", "notes", "log")]
    project.goes(way)
    assert [(1, 2), (2, 2)] == database.rows("SELECT id, project_id FROM notes ORDER BY id")
    project.goes(way, "downgrade")
    assert before == [database.table(name) for name in ("projects", "notes", "log")]
    database.execute("UPDATE notes SET said = 'now' WHERE id = 1")
    assert [(1,)] == database.rows("SELECT id FROM log")
