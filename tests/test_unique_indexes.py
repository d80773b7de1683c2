"""Claims about unique indexes: what one allows at the end it allows all along; what it forbids is listed before."""

from declared import declared

PROJECTS = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
    INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol'), (3, 'saw');"""
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
NAMES = {"polisher": ["pol"]}
FACTS = """
    CREATE TABLE facts (id INTEGER PRIMARY KEY, project VARCHAR(99), body VARCHAR(99), status VARCHAR(99),
      changed TIMESTAMP);
    CREATE UNIQUE INDEX one_live ON facts (project, body) WHERE status = 'active';
    INSERT INTO facts VALUES (1, 'polisher', 'steel', 'active', '2024-01-01 00:00:00'),
      (2, 'pol', 'steel', 'active', '2024-06-01 00:00:00');"""
FACT = """Tags(noun="fact", key=t["facts"].c.id, tag=t["facts"].c.project, agree=(t["facts"].c.body,),
    status=t["facts"].c.status, updated_at=t["facts"].c.changed)"""


def test_a_row_is_superseded_before_another_takes_its_place_and_the_other_way_round_back(database, tmp_path):
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({FACT},))"
    project = declared(database, tmp_path, PROJECTS + FACTS, spec, ["projects", "facts"], names=NAMES)
    before = database.table("facts")
    folded = [(1, "polisher", "superseded"), (2, "polisher", "active")]
    assert 0 == project.upgrade().code
    assert folded == database.rows("SELECT id, project, status FROM facts ORDER BY id")
    assert 0 == project.downgrade().code
    assert before == database.table("facts")
    assert 0 == database.run_script(project.script("0001:0002")).returncode
    assert folded == database.rows("SELECT id, project, status FROM facts ORDER BY id")
    assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == database.table("facts")
