"""A plan tells where PostgreSQL would read a table once per row that goes, as a foreign key to it has no index."""

import pytest

from declared import declared

SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=[References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.project_id,))])"""
SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id), said CHAR(999));
INSERT INTO projects
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399)
    SELECT i, CASE i % 2 WHEN 0 THEN '' ELSE ' ' END || 'p' || i / 2 FROM n;
INSERT INTO notes
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {notes} - 1) SELECT i, i % 400, '' FROM n;
"""
TOLD = "notes (project_id) refers to projects and has no index that begins so: the database reads all"


def plan(database, folder, notes, index=""):
    names = {f"p{number}": [f"q{number}"] for number in range(200)}
    schema = SCHEMA.format(notes=notes) + index
    return " ".join(
        declared(database, folder, schema, SPEC, ["projects", "notes"], names=names).rekey("plan").out.split()
    )


@pytest.mark.slow
def test_a_big_table_without_an_index_is_told_where_the_database_checks_its_foreign_key_row_by_row(database, tmp_path):
    told = plan(database, tmp_path, 4_000)
    assert (database.dialect == "postgresql") == (TOLD in told)
    assert (database.dialect == "postgresql") == ("for each of the 200 rows that go. Make one first" in told)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("notes", "index"),
    [(400, ""), (4_000, "CREATE INDEX led ON notes (project_id, id);")],
    ids=["a small table", "an index"],
)
def test_nothing_is_told_of(database, tmp_path, notes, index):
    assert "no index" not in plan(database, tmp_path, notes, index)
