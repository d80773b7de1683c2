"""Claims about keys of types that only PostgreSQL has, and that a revision declares as another: as text, as JSON."""

import pytest

from declared import declared

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]

TYPES = {
    "code": ["A1", "B2", "C3"],
    "inet": ["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"],
    "uuid": [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)],
    "int4range": ["[1,2)", "[2,3)", "[3,4)"],
    "number": ["5", "6", "7"],
    "jsonb": ['{"a": 1}', '{"a": 2}', '{"a": 3}'],
}
SCHEMA = """
CREATE TYPE code AS ENUM ('A1', 'B2', 'C3');
CREATE DOMAIN number AS integer CHECK (VALUE > 0);
CREATE TABLE projects (code {type} PRIMARY KEY, name TEXT NOT NULL, parent {type} REFERENCES projects, other {type});
CREATE TABLE orders (id {type} PRIMARY KEY, project {type} REFERENCES projects);
CREATE TABLE states (project {type} REFERENCES projects, k {type}, v {type}, PRIMARY KEY (project, k));
INSERT INTO projects VALUES ('{one}', 'Polisher', '{two}', NULL), ('{two}', 'pol', NULL, '{two}'),
    ('{three}', 'other', '{two}', NULL);
INSERT INTO orders VALUES ('{one}', '{one}'), ('{two}', '{two}'), ('{three}', '{three}');
INSERT INTO states VALUES ('{one}', '{one}', '{one}'), ('{two}', '{one}', '{one}'), ('{two}', '{two}', '{two}');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.code, name=t["projects"].c.name, missing=Missing.{missing},
        owners=(t["projects"].c.parent,), itself=Itself.SET_NULL, absorb={{t["projects"].c.other: Absorb.COALESCE}}),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project,)),),
    slots=(Slots(noun="state", key=(t["states"].c.project, t["states"].c.k), owners=(t["states"].c.project,),
        slot=(t["states"].c.k,), value=t["states"].c.v),))"""
TABLES = ("projects", "orders", "states")


def keyed(database, folder, kind, missing="PROMOTE"):
    one, two, three = TYPES[kind]
    schema = SCHEMA.format(type=kind, one=one, two=two, three=three)
    # As it is often declared where a column got its type by hand; jsonb is reflected as JSON.
    names = {f"{table}.{name}" for table in TABLES for name in ("code", "parent", "other", "id", "project", "k", "v")}
    types = {} if kind == "jsonb" else dict.fromkeys(names, "sa.Text")
    spec, known = SPEC.format(missing=missing), {"Polisher": ["pol"]}
    return declared(database, folder, schema, spec, TABLES, names=known, types=types)


def content(database):
    return [sorted(map(str, database.rows(f"SELECT * FROM {table}"))) for table in TABLES]


@pytest.mark.parametrize(
    # One that is declared as JSON is created by no spec.
    ("kind", "missing"),
    [(kind, how) for kind in TYPES for how in ("PROMOTE", "CREATE") if (kind, how) != ("jsonb", "CREATE")],
)
@pytest.mark.parametrize("way", ["online", "script"])
def test_keys_of_a_type_that_is_declared_as_another_fold_and_come_back(database, tmp_path, kind, missing, way):
    """Each was refused in the database's words: no COLLATE, no CASE, no column of two types, no text for a key."""
    project, (one, two, three) = keyed(database, tmp_path, kind, missing), TYPES[kind]
    before = content(database)
    said = project.check()
    assert (0, "") == (said.status, said.err)
    project.upgrade("0001")
    project.goes(way)
    as_text = "SELECT CAST({} AS TEXT), CAST({} AS TEXT) FROM {} ORDER BY 1, 2"
    assert [(one, None), (three, one)] == database.rows(as_text.format("code", "parent", "projects"))
    assert [(one, two), (three, None)] == database.rows(as_text.format("code", "other", "projects"))
    assert [(one, one), (two, one), (three, three)] == database.rows(as_text.format("id", "project", "orders"))
    assert [(one, one), (one, two)] == database.rows(as_text.format("project", "k", "states"))
    project.goes("online", "downgrade")
    assert before == content(database)


@pytest.mark.parametrize("kind", ["code", "inet", "uuid", "number"])
def test_a_row_with_such_a_key_is_created_by_none_of_plan_upgrade_and_script(database, tmp_path, kind):
    project = keyed(database, tmp_path, kind, missing="CREATE")
    database.execute("UPDATE projects SET name = 'elsewhere' WHERE name = 'Polisher'")
    project.upgrade("0001")
    before = content(database)
    planned, refused = project.check(), project.upgrade()
    stopped = database.run_script(project.script("0001:0002"))
    assert (2, 2, True) == (planned.status, refused.code, stopped.returncode != 0)
    for said in (planned.out, refused.err):
        assert "projects: the plan creates rows, and column 'code' needs a value" in said
    assert b"rekey_unfilled_column_project" in stopped.stderr
    assert before == content(database)
