"""Claims about unique indexes beside the place of a row: who stands there since keeps the row away, and no other."""

import pytest

from declared import declared

pytestmark = [
    pytest.mark.sqlite_first,
    # SQLAlchemy reads no index of an expression; nothing here needs it to.
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),
]

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40), mail VARCHAR(40) UNIQUE);
CREATE TABLE members (person INTEGER, club INTEGER, body VARCHAR(40),
    PRIMARY KEY (person, club));
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, body VARCHAR(40));
CREATE UNIQUE INDEX once ON orders (person, lower(body)) WHERE body <> 'x';
INSERT INTO people VALUES (1, 'Ada', NULL), (2, 'ada l.', 'a@x'), (3, 'Bo', 'b@x');
INSERT INTO members VALUES (2, 100, 'a'), (2, 200, 'b');
INSERT INTO orders VALUES (1, 1, 'One'), (2, 2, 'Two'), (3, 2, 'x');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name{absorb}),
    references=(References(noun="member", key=(t["members"].c.person, t["members"].c.club),
        owners=(t["members"].c.person,)),
        References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.person,))))"""
TABLES = ("people", "members", "orders")


def project_of(database, folder, absorb=""):
    spec = SPEC.format(absorb=absorb)
    project = declared(database, folder, SCHEMA, spec, TABLES, names={"Ada": ["ada l."]})
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    return project


def rows_of(database):
    return {name: set(database.rows(f"SELECT * FROM {name}")) for name in TABLES}


BEFORE = {
    "people": {(1, "Ada", None), (2, "ada l.", "a@x"), (3, "Bo", "b@x")},
    "members": {(2, 100, "a"), (2, 200, "b")},
    "orders": {(1, 1, "One"), (2, 2, "Two"), (3, 2, "x")},
}


def test_who_has_a_unique_value_of_a_shadow_now_keeps_it_away(database, tmp_path):
    project = project_of(database, tmp_path)
    database.execute("UPDATE people SET mail = 'a@x' WHERE id = 3")
    folded = rows_of(database)
    assert 2 == project.rekey("restore-plan", "--check").status
    ended = project.downgrade()
    assert (2, True) == (ended.code, "row 2 (delete for 'Ada'): its old place is taken" in ended.err), ended.err
    assert 0 == project.downgrade(on_drift="keep").code
    assert folded == rows_of(database)


def test_who_holds_what_it_absorbed_and_was_edited_keeps_the_shadow_away(database, tmp_path):
    project = project_of(database, tmp_path, absorb=', absorb={"mail": Absorb.COALESCE}')
    assert 0 == project.rekey("restore-plan", "--check").status
    database.execute("UPDATE people SET name = 'Ada!' WHERE id = 1")
    folded = rows_of(database)
    assert (1, "Ada!", "a@x") in folded["people"]
    assert 2 == project.downgrade().code
    assert 0 == project.downgrade(on_drift="keep").code
    assert folded == rows_of(database)


def test_who_is_alike_by_an_expression_where_a_row_was_keeps_that_one_alone(database, tmp_path):
    project = project_of(database, tmp_path)
    database.execute("INSERT INTO orders VALUES (4, 2, 'TWO'), (5, 2, 'x')")
    ended = project.downgrade()
    assert (2, True) == (ended.code, "row 2 (rekey for 'Ada'): its old place is taken" in ended.err), ended.err
    assert 0 == project.downgrade(on_drift="keep").code
    orders = {(1, 1, "One"), (2, 1, "Two"), (3, 2, "x"), (4, 2, "TWO"), (5, 2, "x")}
    assert BEFORE | {"orders": orders} == rows_of(database)


@pytest.mark.parametrize("way", ["online", "script"])
def test_who_has_a_key_now_that_moved_with_its_owner_keeps_that_row_alone(database, tmp_path, way):
    project = project_of(database, tmp_path)
    database.execute("INSERT INTO members VALUES (2, 100, 'new')")
    if way == "online":
        ended = project.downgrade()
        assert (2, True) == (ended.code, "(rekey for 'Ada'): its old place is taken" in ended.err), ended.err
        assert 0 == project.downgrade(on_drift="keep").code
    else:
        refused = database.run_script(project.script("0002:0001", "downgrade"))
        assert (True, True) == (refused.returncode != 0, b"rekey_drift_member" in refused.stderr), refused.stderr
        ended = database.run_script(project.script("0002:0001", "downgrade", on_drift="keep"))
        assert 0 == ended.returncode, ended.stderr
    assert BEFORE | {"members": {(1, 100, "a"), (2, 200, "b"), (2, 100, "new")}} == rows_of(database)


def test_a_key_that_two_rows_have_since_refuses_the_way_back_and_restore_plan_alike(database, tmp_path):
    keyless = SCHEMA.replace("orders (id INTEGER PRIMARY KEY", "orders (id INTEGER")
    project = declared(database, tmp_path, keyless, SPEC.format(absorb=""), TABLES, names={"Ada": ["ada l."]})
    assert 0 == project.upgrade().code
    database.execute("INSERT INTO orders VALUES (2, 3, 'again')")
    planned, ended = project.rekey("restore-plan"), project.downgrade()
    assert (1, 2) == (planned.status, ended.code), (planned, ended)
    assert "rekey_key_not_unique_order" in planned.err
    assert "rekey_key_not_unique_order" in ended.err
