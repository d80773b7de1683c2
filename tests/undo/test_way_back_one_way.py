"""Claims about triggers that fire as a row is changed back, and not as it was changed: no fold commits over one."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

NAMES = {"polisher": ["pol"]}
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=(References(noun="visit", key=t["visits"].c.id, owners=(t["visits"].c.project_id,)),))"""
PROJECTS = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
CREATE TABLE log (id INTEGER);
"""
VISITS = "CREATE TABLE visits (id INTEGER PRIMARY KEY, project_id INTEGER, note VARCHAR(9));"
PARTITIONED = """
CREATE TABLE visits (id INTEGER, project_id INTEGER, note VARCHAR(9)) PARTITION BY LIST (project_id);
CREATE TABLE first PARTITION OF visits FOR VALUES IN (1);
CREATE TABLE others PARTITION OF visits DEFAULT;
"""
ROWS = "INSERT INTO visits VALUES (1, 1, 'a'), (2, 2, 'b');"
TABLES = ["projects", "visits"]
DOES = {"logs": "INSERT INTO log VALUES (1)", "raises": "RAISE EXCEPTION 'never'"}


def project_with(database, tmp_path, visits):
    return declared(database, tmp_path, PROJECTS + visits + ROWS, SPEC, TABLES, names=NAMES)


def trigger(database, when, table, does, condition=""):
    """A trigger per row that does `does` where the `condition` holds."""
    whether = f"WHEN ({condition})" if condition else ""
    if database.dialect == "sqlite":
        database.execute(f"CREATE TRIGGER meddle {when} ON {table} {whether} BEGIN {does}; END")
        return
    body = does.replace("SELECT 1", "NULL").replace("'", "''")
    database.execute(f"""CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN {body}; RETURN CASE tg_op WHEN ''DELETE'' THEN old ELSE new END; END';
        CREATE TRIGGER meddle {when} ON {table} FOR EACH ROW {whether} EXECUTE FUNCTION meddle()""")


def without_trigger(database, table="visits"):
    database.execute("DROP TRIGGER meddle" + (f" ON {table}" if database.dialect == "postgresql" else ""))


def scripted(project, revision="head", way="upgrade"):
    return project.database.run_script(project.script(revision, way))


def goes_and_comes_back(project, way="online"):
    assert 0 == project.upgrade("0001").code
    before = [project.database.table(name) for name in TABLES]
    project.goes(way)
    assert [(1, 1), (2, 1)] == project.database.rows("SELECT id, project_id FROM visits ORDER BY id")
    project.goes(way, "downgrade")
    assert before == [project.database.table(name) for name in TABLES]


def stops(project):
    """The script stops, at the check that is asked for here."""
    stood = project.database.snapshot()
    stopped = scripted(project)
    said = (stopped.stdout + stopped.stderr).decode()
    assert stopped.returncode != 0
    assert "rekey_trigger_on_way_back" in said
    assert "visits: the trigger 'meddle' fires on " in said
    assert stood == project.database.snapshot()


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("does", DOES)
@pytest.mark.parametrize(
    ("when", "table"),
    [
        ("BEFORE INSERT", "others"),
        ("AFTER INSERT", "others"),
        ("AFTER DELETE", "first"),
        ("BEFORE UPDATE", "first"),
    ],
)
def test_the_way_back_is_tried_where_rows_move_between_partitions(database, tmp_path, when, table, does):
    """A moved row is deleted from one partition and inserted into the other; the remedy is followed."""
    project = project_with(database, tmp_path, PARTITIONED)
    trigger(database, when, table, DOES[does])
    stood = database.snapshot()
    assert f"meddle of visits ({when.split()[1]})" in " ".join(project.rekey("plan").out.split())
    ended = project.upgrade()
    assert (2, stood) == (ended.code, database.snapshot())
    assert "rekey_no_way_back_tried (" in ended.err
    assert "there fires 'meddle' of visits" in ended.err
    stops(project)
    without_trigger(database, table)
    goes_and_comes_back(project)


@pytest.mark.slow
@POSTGRESQL
def test_a_trigger_of_the_whole_table_that_asks_for_the_old_owner_is_tried_too(database, tmp_path):
    project = project_with(database, tmp_path, PARTITIONED)
    trigger(database, "BEFORE INSERT", "visits", "IF new.project_id = 2 THEN new.note := 'x'; END IF")
    assert "rekey_no_way_back_tried (" in project.upgrade().err
    stops(project)
    without_trigger(database)
    goes_and_comes_back(project, "script")


@pytest.mark.slow
@POSTGRESQL
def test_a_table_is_not_said_to_move_rows_that_is_partitioned_by_what_the_fold_leaves(database, tmp_path):
    project = project_with(
        database, tmp_path, PARTITIONED.replace("LIST (project_id)", "RANGE (id)").replace("IN (1)", "FROM (1) TO (2)")
    )
    trigger(database, "AFTER INSERT", "others", "INSERT INTO log VALUES (1)")
    assert "meddle" not in project.rekey("plan").out
    goes_and_comes_back(project, "script")
    goes_and_comes_back(project)


ONE_WAY = [
    "NEW.project_id = 2",
    "OLD.project_id = 1 AND OLD.note IS NEW.note",
    "NEW.project_id > OLD.project_id",
    "OLD.project_id = NEW.project_id - 1",
]
BOTH_WAYS = [
    "",
    "OLD.project_id <> NEW.project_id",
    "OLD.project_id IS DISTINCT FROM NEW.project_id OR NOT (NEW.note = OLD.note)",
]


@pytest.mark.slow
@pytest.mark.parametrize("condition", ONE_WAY)
def test_a_script_stops_where_a_trigger_asks_for_more_than_a_change(database, tmp_path, condition):
    """It may fire on the way back alone, and this one does nothing: both remedies are followed."""
    project = project_with(database, tmp_path, VISITS)
    trigger(database, "AFTER UPDATE", "visits", "SELECT 1", as_said(database, condition))
    stops(project)
    goes_and_comes_back(project)
    without_trigger(database)
    goes_and_comes_back(project, "script")


@pytest.mark.slow
@pytest.mark.parametrize("condition", BOTH_WAYS)
def test_a_script_goes_where_a_trigger_fires_both_ways(database, tmp_path, condition):
    project = project_with(database, tmp_path, VISITS)
    trigger(database, "AFTER UPDATE", "visits", "SELECT 1", as_said(database, condition))
    goes_and_comes_back(project, "script")


@pytest.mark.slow
def test_what_a_trigger_does_is_not_when_it_fires(database, tmp_path):
    """SQLite has its text alone, which speaks of what it does as well."""
    project = project_with(database, tmp_path, VISITS)
    trigger(database, "AFTER UPDATE OF note", "visits", "INSERT INTO log VALUES (1)", "OLD.note <> NEW.note")
    assert "meddle of visits (INSERT)" not in " ".join(project.rekey("plan").out.split())
    goes_and_comes_back(project, "script")


def as_said(database, condition):
    """The condition as this database says it."""
    if database.dialect == "sqlite":
        return condition.replace("IS DISTINCT FROM", "IS NOT")
    return condition.replace(" IS NEW", " = NEW")
