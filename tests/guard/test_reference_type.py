"""Claims about columns that refer to a key and are declared as another type: told by name before a plan is made."""

import pytest

from declared import declared
from guard.test_claims import refuses

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

SCHEMA = """
CREATE TABLE projects (id {key} PRIMARY KEY, name TEXT, parent {key});
CREATE TABLE "it's, %s" (id INTEGER PRIMARY KEY, ":owner" {owner}, other {key});
CREATE TABLE states (project {owner}, k TEXT, PRIMARY KEY (project, k));
INSERT INTO projects VALUES ({one}, 'Polisher', NULL), ({two}, 'pol', NULL);
INSERT INTO "it's, %s" VALUES (1, {two}, {one});
INSERT INTO states VALUES ({two}, 'k');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name,
        owners=(t["projects"].c.parent,), itself=Itself.SET_NULL),
    references=(References(noun="order", key=t["it's, %s"].c.id,
        owners=(t["it's, %s"].c[":owner"], t["it's, %s"].c.other), itself=Itself.KEEP),),
    slots=(Slots(noun="state", key=(t["states"].c.project, t["states"].c.k), owners=(t["states"].c.project,),
        slot=(t["states"].c.k,)),))"""
NUMBERS, UUIDS = ("1", "2"), ("'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'")
KINDS = {
    "texts declared as numbers": ("INTEGER", "VARCHAR(9)", NUMBERS, ("sa.Integer", "sa.Integer"), "character varying"),
    "numbers declared as texts": ("INTEGER", "BIGINT", NUMBERS, ("sa.Integer", "sa.Text"), "bigint"),
    "texts declared as UUIDs": ("UUID", "TEXT", UUIDS, ("sa.Uuid", "sa.Uuid"), "text"),
    "a key that is declared as a text": ("UUID", "TEXT", UUIDS, ("sa.Text", "sa.Text"), "text"),
}
RIGHT = {"INTEGER": "sa.Integer", "UUID": "sa.Uuid", "BIGINT": "sa.BigInteger"}


def folding(database, folder, key, owner, values, declared_as):
    schema = SCHEMA.format(key=key, owner=owner, one=values[0], two=values[1])
    types = dict.fromkeys(("projects.id", "projects.parent", "it's, %s.other"), declared_as[0])
    types |= dict.fromkeys(("it's, %s.:owner", "states.project"), declared_as[1])
    tables = ["projects", "it's, %s", "states"]
    return declared(database, folder, schema, SPEC, tables, names={"Polisher": ["pol"]}, types=types)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind in list(KINDS)[1:] else []) for kind in KINDS]
)
def test_a_column_of_another_type_than_its_key_is_named_by_plan_upgrade_and_script(database, tmp_path, kind):
    """Case: `operator does not exist: text = integer`, in the database's words, and no table was named."""
    key, owner, values, declared_as, said = KINDS[kind]
    made = folding(database, tmp_path / "wrong", key, owner, values, declared_as)
    made.upgrade("0001")
    before = database.snapshot()
    planned, refused, stopped = made.check(), made.upgrade(), database.run_script(made.script("0001:0002"))
    assert (2, 2, True) == (planned.status, refused.code, stopped.returncode != 0)
    assert b"rekey_reference_type" in stopped.stderr
    assert before == database.snapshot()
    for text in (planned.out + planned.err, refused.err):
        assert "rekey_reference_type (2)" in text
        for table, column in (("it's, %s", ":owner"), ("states", "project")):
            assert (
                f"{table}: the column '{column}' is {said}, and refers to 'id' of projects, which is {key.lower()}"
                in text
            )
    right = RIGHT[key], RIGHT.get(owner, "sa.Text")
    database.reset()
    made = folding(database, tmp_path / "right", key, owner, values, right)
    content = [database.table(name) for name in ("projects", "it's, %s", "states")]
    assert 0 == made.check().status
    made.goes("online")
    assert [(values[0].strip("'"),)] == database.rows("SELECT CAST(project AS TEXT) FROM states")
    made.goes("online", "downgrade")
    assert content == [database.table(name) for name in ("projects", "it's, %s", "states")]


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "declared_as"), [("JSONB", "sa.JSON"), ("BYTEA", "sa.LargeBinary")])
def test_a_type_that_the_catalog_calls_of_one_kind_and_that_cannot_be_compared_is_named(
    database, tmp_path, owner, declared_as
):
    """It was `operator does not exist: jsonb = uuid`."""
    schema = f"""
    CREATE TABLE projects (id UUID PRIMARY KEY, name TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, project {owner});
    INSERT INTO projects VALUES ({UUIDS[0]}, 'Polisher'), ({UUIDS[1]}, 'pol');"""
    spec = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project,)),))"""
    types = {"projects.id": "sa.Uuid", "orders.project": declared_as}
    made = declared(database, tmp_path, schema, spec, ["projects", "orders"], names={"Polisher": ["pol"]}, types=types)
    says = f"orders: the column 'project' is {owner.lower()}, and refers to 'id' of projects, which is uuid"
    refuses(made, "rekey_reference_type", says)
