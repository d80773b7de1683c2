"""Claims about columns whose names are as long as PostgreSQL takes them: SQLAlchemy shortens such names."""

import pytest

from declared import declared

pytestmark = [pytest.mark.sqlite_first, pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")]

SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=(References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c[{owner!r}],)),))"""


@pytest.mark.slow
@pytest.mark.parametrize("letters", [57, 58, 63])
def test_a_plan_is_made_and_the_fold_goes_there_and_back(database, tmp_path, letters):
    schema = f"""
        CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) UNIQUE, {"a" * letters} VARCHAR(9));
        INSERT INTO projects VALUES (1, 'polisher', 'x'), (2, 'pol', 'y');
        CREATE TABLE notes (id INTEGER PRIMARY KEY, {"b" * letters} INTEGER, {"c" * letters} VARCHAR(9),
          CHECK ({"b" * letters} > 0 OR length({"c" * letters}) > 0));
        INSERT INTO notes VALUES (1, 2, 'z');"""
    spec = SPEC.format(owner="b" * letters)
    project = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={"polisher": ["pol"]})
    database.execute(f"CREATE UNIQUE INDEX one ON notes ({'b' * letters}, lower({'c' * letters}))")
    database.execute(f"CREATE UNIQUE INDEX other ON projects (lower(name), {'a' * letters})")
    before = [database.rows(f"SELECT * FROM {table} ORDER BY id") for table in ("projects", "notes")]
    planned = project.check()
    assert 0 == planned.status, planned.err
    assert 0 == project.upgrade().code
    assert [(1, 1, "z")] == database.rows("SELECT * FROM notes")
    assert 0 == project.downgrade("base").code
    assert before == [database.rows(f"SELECT * FROM {table} ORDER BY id") for table in ("projects", "notes")]
    for way, steps in (("upgrade", "base:head"), ("downgrade", "head:base")):
        ran = database.run_script(project.script(steps, way))
        assert 0 == ran.returncode, ran.stderr
    assert before == [database.rows(f"SELECT * FROM {table} ORDER BY id") for table in ("projects", "notes")]
