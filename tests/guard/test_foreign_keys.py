"""Claims about foreign keys: whatever hangs on a row that goes, or on a value that changes, is seen."""

import pytest

from declared import declared
from guard.test_claims import NAMES, NOTE, NOTES, POSTGRESQL, PROJECT, PROJECTS, SETTING, SETTINGS, project, refuses

INVOICES = """
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES {parent} (id) ON DELETE CASCADE);
    INSERT INTO invoices VALUES (1, 2), (2, 2), (3, 1);"""
HANG = "invoices: 2 rows hang on projects row 2, which the plan would delete, through project_id"
IN_PARTS = {
    "a partition": """
        CREATE TABLE old (id INTEGER PRIMARY KEY, name VARCHAR(99));
        INSERT INTO old VALUES (1, 'polisher'), (2, 'pol');{invoices}
        CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99)) PARTITION BY RANGE (id);
        ALTER TABLE projects ATTACH PARTITION old FOR VALUES FROM (0) TO (10);""",
    "a partition of a partition": """
        CREATE TABLE old (id INTEGER PRIMARY KEY, name VARCHAR(99));
        INSERT INTO old VALUES (1, 'polisher'), (2, 'pol');{invoices}
        CREATE TABLE between (id INTEGER PRIMARY KEY, name VARCHAR(99)) PARTITION BY RANGE (id);
        CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99)) PARTITION BY RANGE (id);
        ALTER TABLE between ATTACH PARTITION old FOR VALUES FROM (0) TO (10);
        ALTER TABLE projects ATTACH PARTITION between FOR VALUES FROM (0) TO (100);""",
}


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("layout", IN_PARTS)
def test_rows_that_hang_on_a_part_of_the_table_are_refused(database, tmp_path, layout):
    """Case 05: invoices of a partition were cascaded away."""
    definitions = IN_PARTS[layout].format(invoices=INVOICES.format(parent="old"))
    refuses(project(database, tmp_path, definitions + NOTES, NOTE), "rekey_attached_project", HANG)


@pytest.mark.slow
@POSTGRESQL
def test_rows_that_hang_on_a_partition_that_is_folded_itself_are_refused(database, tmp_path):
    definitions = """
        CREATE TABLE every (id INTEGER PRIMARY KEY, name VARCHAR(99)) PARTITION BY RANGE (id);
        CREATE TABLE projects PARTITION OF every FOR VALUES FROM (0) TO (10);
        INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');"""
    definitions += INVOICES.format(parent="every") + NOTES
    refuses(project(database, tmp_path, definitions, NOTE), "rekey_attached_project", HANG)


@pytest.mark.slow
@POSTGRESQL
def test_a_part_of_a_covered_table_is_covered_where_it_alone_has_the_key(database, tmp_path):
    heirs = """
        CREATE TABLE notes (id INTEGER, project VARCHAR(99)) PARTITION BY LIST (id);
        CREATE TABLE one PARTITION OF notes (FOREIGN KEY (project) REFERENCES projects (name)) FOR VALUES IN (1);
        CREATE TABLE rest PARTITION OF notes DEFAULT;
        INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');"""
    made = project(database, tmp_path, PROJECTS + heirs, NOTE)
    before = database.table("notes")
    assert (0, 0) == (made.check().status, made.upgrade().code)
    assert [("polisher",)] == database.rows("SELECT DISTINCT project FROM notes")
    assert 0 == made.downgrade().code
    assert before == database.table("notes")


@pytest.mark.slow
@pytest.mark.parametrize("action", ["ON UPDATE CASCADE", ""])
def test_rows_that_hang_on_an_owner_that_the_plan_writes_are_refused(database, tmp_path, action):
    """A pair of columns of a slot's table may be referred to: the rekeyed row takes its owner away from there."""
    definitions = PROJECTS + SETTINGS.format(more=", PRIMARY KEY (id), UNIQUE (id, project_id)")
    definitions += f"""
        UPDATE settings SET k = 'colour' WHERE id = 2;
        CREATE TABLE votes (id INTEGER PRIMARY KEY, setting INTEGER, project INTEGER,
          FOREIGN KEY (setting, project) REFERENCES settings (id, project_id) {action});
        INSERT INTO votes VALUES (1, 1, 2), (2, 2, 1);"""
    part = SETTING.format(more=', active="live"')
    made = project(database, tmp_path, definitions, part, tables=("projects", "settings"))
    says = "votes: 1 rows hang on settings row 1, which the plan would rekey, through setting, project"
    in_script = "rekey_foreign_key_broken" if database.dialect == "sqlite" else None
    refuses(made, "rekey_attached_setting", says, in_script=in_script)


@pytest.mark.sqlite_first
def test_rows_that_hang_on_a_tag_that_the_plan_writes_are_refused(database, tmp_path):
    definitions = PROJECTS + NOTES.replace("VARCHAR(99)", "VARCHAR(99) UNIQUE").replace(", (2, 'polisher')", "")
    definitions += """
        CREATE TABLE stars (id INTEGER PRIMARY KEY, note VARCHAR(99) REFERENCES notes (project) ON UPDATE CASCADE);
        INSERT INTO stars VALUES (1, 'pol');"""
    made = project(database, tmp_path, definitions, NOTE)
    says = "stars: 1 rows hang on notes row 1, which the plan would rekey, through note"
    in_script = "rekey_foreign_key_broken" if database.dialect == "sqlite" else None
    refuses(made, "rekey_attached_note", says, in_script=in_script)


LEFT_OUT = (
    PROJECTS
    + """
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project INTEGER REFERENCES projects {action}, said VARCHAR(9));
    INSERT INTO notes VALUES (1, 1, 'a%b'), (2, 2, 'a%b'), (3, 2, 'a''b'), (4, 2, NULL), (5, 1, '');"""
)
COUNTED = """Spec(revision=revision, identity={identity}, references=(References(noun="note", key=t["notes"].c.id,
    owners=(t["notes"].c.project,), where={where}),))"""
SOME = 't["notes"].c.said.like("a%b").is_(True) & (t["notes"].c.said != "a\'b")'


@pytest.mark.parametrize("action", ["", "ON DELETE CASCADE", "ON DELETE SET NULL"])
def test_rows_that_where_leaves_out_and_that_hang_on_a_shadow_are_refused(database, tmp_path, action):
    """PostgreSQL refused in its own words, or followed the foreign key; the plan said that all was well."""
    spec = COUNTED.format(identity=PROJECT, where=SOME)
    made = declared(database, tmp_path, LEFT_OUT.format(action=action), spec, ("projects", "notes"), names=NAMES)
    says = "notes: 2 rows that `where` leaves out hang on projects row 2, which the plan would delete, through project"
    in_script = "rekey_left_out_project_0" if database.dialect == "sqlite" else "rekey_left_out_project"
    refuses(made, "rekey_left_out_project_0", says, in_script=in_script)
    database.execute("UPDATE notes SET project = 1 WHERE id IN (3, 4)")
    checked, ended = made.check(), made.upgrade()
    assert (0, 0) == (checked.status, ended.code), ended.err
    assert 0 == made.downgrade("0001").code
    ended = database.run_script(made.script("0001:0002"))
    assert 0 == ended.returncode, ended.stderr
    assert [(1,)] == database.rows("SELECT DISTINCT project FROM notes")


PAIRED = """
    CREATE TABLE projects (tenant INTEGER, id INTEGER, name VARCHAR(99), PRIMARY KEY (tenant, id));
    INSERT INTO projects VALUES (1, 1, 'polisher'), (1, 2, 'pol');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant INTEGER, project INTEGER, said VARCHAR(9){});
    INSERT INTO notes VALUES (1, 1, 1, 'a'), (2, 1, 2, 'a'), (3, 1, 2, 'b');"""
OF_PAIRS = """Spec(revision=revision, identity=Identity(noun="project",
    key=(t["projects"].c.tenant, t["projects"].c.id),
    name=t["projects"].c.name, missing=Missing.PROMOTE), references=(References(noun="note", key=t["notes"].c.id,
    owners=((t["notes"].c.tenant, t["notes"].c.project),), where=t["notes"].c.said == "a"),))"""


@pytest.mark.slow
@pytest.mark.parametrize("refers", [", FOREIGN KEY (tenant, project) REFERENCES projects", ""])
def test_rows_that_where_leaves_out_hang_by_a_foreign_key_alone(database, tmp_path, refers):
    """By script too, which asks the catalog only then."""
    made = declared(database, tmp_path, PAIRED.format(refers), OF_PAIRS, ("projects", "notes"), names=NAMES)
    if refers:
        says = "notes: 1 rows that `where` leaves out hang on projects row '1, 2', which the plan would delete, through"
        in_script = "rekey_left_out_project_0" if database.dialect == "sqlite" else "rekey_left_out_project"
        refuses(made, "rekey_left_out_project_0", f"{says} tenant, project", in_script=in_script)
    else:
        made.goes("online")
        made.goes("online", "downgrade")
        made.goes("by script")
        assert [(1, 1), (2, 1), (3, 2)] == database.rows("SELECT id, project FROM notes ORDER BY id")


@pytest.mark.slow
def test_a_created_row_stays_for_rows_that_where_leaves_out(database, tmp_path):
    definitions = """
        CREATE TABLE projects (id VARCHAR(60) PRIMARY KEY, name VARCHAR(99) NOT NULL);
        INSERT INTO projects VALUES ('2', 'pol');
        CREATE TABLE notes (id INTEGER PRIMARY KEY, project VARCHAR(60) REFERENCES projects, said VARCHAR(9));
        INSERT INTO notes VALUES (1, '2', 'a%b');"""
    spec = COUNTED.format(identity=PROJECT, where=SOME)
    made = declared(database, tmp_path, definitions, spec, ("projects", "notes"), names=NAMES)
    ended = made.upgrade()
    assert 0 == ended.code, ended.err
    database.execute("INSERT INTO notes SELECT 2, id, NULL FROM projects")
    assert 2 == made.rekey("restore-plan", "--check").status
    assert 2 == made.downgrade("0001").code
    assert 0 != database.run_script(made.script("0002:0001", "downgrade")).returncode
    ended = made.downgrade("0001", on_drift="keep")
    assert 0 == ended.code, ended.err
    assert [("pol",), ("polisher",)] == sorted(database.rows("SELECT name FROM projects"))


GOING = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE, first INTEGER,
      parent INTEGER REFERENCES projects ON DELETE RESTRICT);
    INSERT INTO projects (id, name) VALUES (1, 'polisher'), (2, 'pol'), (3, 'Pol'), (4, 'POL');
    CREATE TABLE settings (id INTEGER PRIMARY KEY, project_id INTEGER, k VARCHAR(9), v VARCHAR(9), status VARCHAR(9),
      changed TIMESTAMP, origin INTEGER REFERENCES projects ON DELETE CASCADE, other INTEGER REFERENCES settings);
    INSERT INTO settings VALUES (1, 2, 'vendor', 'acme', 'live', NULL, 2, NULL),
      (2, 1, 'vendor', 'acme', 'live', NULL, NULL, NULL), (3, 3, 'vendor', 'else', 'old', NULL, 4, 3);
    UPDATE settings SET other = 3 WHERE id = 1;
    UPDATE projects SET parent = id WHERE id = 2;
    UPDATE projects SET parent = 7 - id WHERE id > 2;"""


def going(database, folder, more=""):
    part = SETTING.format(more=', active="live"')
    return project(database, folder, GOING + more, part, tables=("projects", "settings"))


def carried_out(made, how):
    """Folds and takes it back; returns the keys that were there in between."""
    kept = [made.database.table(name) for name in ("projects", "settings")]
    assert 0 == made.check().status
    for way, script in (("upgrade", "base:0002"), ("downgrade", "0002:base")):
        if how == "online":
            ended = made.alembic(way, script.rpartition(":")[2])
            assert 0 == ended.code, ended.err
        else:
            ran = made.database.run_script(made.script(script, way))
            assert 0 == ran.returncode, ran.stderr
        if way == "upgrade":
            stood = [[row["id"] for row in made.database.table(name)] for name in ("projects", "settings")]
    assert kept == [made.database.table(name) for name in ("projects", "settings")]
    return stood


@pytest.mark.slow
@pytest.mark.parametrize("how", ["online", "script"])
def test_rows_that_go_no_later_than_what_they_hang_on_go_and_come_back(database, tmp_path, how):
    """They hang on themselves, on another shadow, and, rows of a part, on shadows and on one another."""
    assert [[1], [2]] == carried_out(going(database, tmp_path), how)


@pytest.mark.slow
def test_a_row_that_hangs_on_one_that_goes_before_is_refused_where_foreign_keys_are_followed(database, tmp_path):
    made = going(database, tmp_path, "UPDATE settings SET other = 1 WHERE id = 3;")
    if database.dialect == "sqlite":
        assert [[1], [2]] == carried_out(made, "script")
    else:
        says = "settings: 1 rows hang on settings row 1, which the plan would merge, through other"
        refuses(made, "rekey_attached_setting", says)
