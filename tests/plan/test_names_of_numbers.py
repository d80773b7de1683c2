"""Claims about names that are whole numbers: compared by their texts, written as numbers, and only where both agree."""

import pytest

from declared import declared
from guard.test_claims import refuses

PROJECTS = """
    CREATE TABLE projects (id {serial} PRIMARY KEY, no {kind} UNIQUE, said VARCHAR(9));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, project INTEGER REFERENCES projects (id), no VARCHAR(20));
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project VARCHAR(20));
    INSERT INTO projects (no, said) VALUES (100, 'a'), (200, 'b'), (300, 'c');
    INSERT INTO orders VALUES (1, 1, '100'), (2, 2, '200'), (3, 3, '300');
    INSERT INTO notes VALUES (1, '200'), (2, '300');"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.no{more}),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project,),
      names=(t["orders"].c.no,)),),
    tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project),))"""
PROMOTED = ", missing=Missing.PROMOTE"
GIVEN = ', created={t["projects"].c.said: sa.cast(t["projects"].c.no + 1, sa.String(9))}'
ORDERS = (
    "SELECT orders.id, projects.no, orders.no FROM orders JOIN projects ON projects.id = project ORDER BY orders.id"
)
FOLDS = {
    "one that stands there": ("", {"100": ["200"]}, [(100, "a"), (300, "c")]),
    "one that is promoted": (PROMOTED, {"-7": ["100", "200"]}, [(-7, "a"), (300, "c")]),
    "one that is created": (GIVEN, {"777": ["100", "200"]}, [(300, "c"), (777, "778")]),
}


def project(database, folder, more, names, kind="INTEGER"):
    serial = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    definitions = PROJECTS.format(serial=serial, kind=kind)
    return declared(database, folder, definitions, SPEC.format(more=more), ("projects", "orders", "notes"), names=names)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.parametrize("fold", FOLDS)
def test_names_that_are_numbers_are_folded_and_go_back(database, tmp_path, fold, way):
    """They were refused: a fold may write a name."""
    more, names, projects = FOLDS[fold]
    (canonical,) = names
    made = project(database, tmp_path, more, names)
    assert 0 == made.upgrade("0001").code
    before = {name: database.table(name) for name in ("projects", "orders", "notes")}
    assert 0 == made.check().status
    made.goes(way)
    assert projects == database.rows("SELECT no, said FROM projects ORDER BY no")
    number = int(canonical)
    assert [(1, number, canonical), (2, number, canonical), (3, 300, "300")] == database.rows(ORDERS)
    assert [(1, canonical), (2, "300")] == database.rows("SELECT * FROM notes ORDER BY id")
    made.goes(way, "downgrade")
    assert before == {name: database.table(name) for name in before}


@pytest.mark.slow
@pytest.mark.parametrize("more", [PROMOTED, ""])
@pytest.mark.parametrize("canonical", ["abc", "0100", "1e2", "9223372036854775808"])
def test_a_canonical_that_the_column_would_tell_otherwise_is_refused(database, tmp_path, canonical, more):
    made = project(database, tmp_path, more, {canonical: ["200"]}, kind="BIGINT")
    says = f"projects: 'no' holds whole numbers, and the registry's '{canonical}' is none that it would tell so"
    refuses(made, "rekey_no_number_named_project", says)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("kind", "most"), [("SMALLINT", 2**15), ("INTEGER", 2**31), ("BIGINT", 2**63)])
def test_a_canonical_has_room_in_its_column_or_is_refused(database, tmp_path, kind, most):
    made = project(database, tmp_path, PROMOTED, {str(most): ["200"], str(-most): ["300"]}, kind=kind)
    refuses(made, "rekey_no_number_named_project", f"the registry's '{most}' is none that it would tell so")
    database.execute("UPDATE projects SET no = 201 WHERE no = 200")
    made.goes("online")
    assert [(-most,), (100,), (201,)] == database.rows("SELECT no FROM projects ORDER BY no")
