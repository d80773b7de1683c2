"""Claims about columns of SQLite that a revision declares as texts and that refer to numbers: no row stays behind."""

import pytest

from declared import declared

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer {type}, parent);
CREATE TABLE seats (customer {type}, k TEXT);
INSERT INTO customers VALUES (1, 'a@x'), (2, 'A@x'), (3, 'c@x');
INSERT INTO orders VALUES (1, '2', NULL), (2, {value}, '3'), (3, '3', NULL), (4, 3.0, 1);
INSERT INTO seats VALUES ('2', 'k');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="customer", key=t["customers"].c.id, name=t["customers"].c.email,
        duplicates=Duplicates.FOUND),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.parent, t["orders"].c.customer)),),
    slots=(Slots(noun="seat", key=(t["seats"].c.customer, t["seats"].c.k), owners=(t["seats"].c.customer,),
        slot=(t["seats"].c.k,)),))"""
AS_TEXT = """UPDATE orders SET {owner} = CAST((SELECT id FROM customers WHERE id = orders.{owner}) AS TEXT)
    WHERE EXISTS (SELECT 1 FROM customers WHERE id = orders.{owner})"""
KEPT = [("", "2"), ("", "2.0"), ("BLOB", "' 2'"), ("TEXT", "'2.0'"), ("TEXT", "'02'")]


def folding(database, folder, type_, value, declared_as="sa.Text"):
    types = dict.fromkeys(("orders.customer", "orders.parent", "seats.customer"), declared_as)
    schema = SCHEMA.format(type=type_, value=value)
    return declared(database, folder, schema, SPEC, ["customers", "orders", "seats"], names={}, types=types)


def content(database):
    """Every row, each value with the type that SQLite keeps it as."""
    columns = {"customers": ("id", "email"), "orders": ("id", "customer", "parent"), "seats": ("customer", "k")}
    return [
        database.rows(f"SELECT {', '.join(f'typeof({name}), {name}' for name in names)} FROM {table} ORDER BY rowid")
        for table, names in columns.items()
    ]


@pytest.mark.parametrize(("type_", "value"), KEPT)
def test_rows_that_refer_with_no_text_of_the_key_are_refused_until_they_hold_it(database, tmp_path, type_, value):
    """Case: the plan said 0, the row stayed under the customer that went, and no foreign key told."""
    made = folding(database, tmp_path, type_, value)
    made.upgrade("0001")
    before = database.snapshot()
    planned, refused, stopped = made.check(), made.upgrade(), database.run_script(made.script("0001:0002"))
    assert (2, 2, True) == (planned.status, refused.code, stopped.returncode != 0)
    assert before == database.snapshot()
    for said in (planned.out, refused.err):
        for owner, key, held in (("customer", "2", value), ("parent", "1", "1")):
            assert (
                f"orders: 1 rows refer by {owner} to customers row {key} and hold {held}, which is not the text" in said
            )
        assert "row 3" not in said
        assert "seats: 1 rows refer" not in said
    assert b"rekey_kept_otherwise_order" in stopped.stdout + stopped.stderr
    for owner in ("customer", "parent"):
        database.execute(AS_TEXT.format(owner=owner))
    before = content(database)
    made.goes("online")
    assert [(1, "1"), (2, "1"), (3, "3"), (4, "3")] == database.rows("SELECT id, customer FROM orders ORDER BY id")
    made.goes("online", "downgrade")
    assert before == content(database)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_declared_as_the_key_is_they_fold_and_come_back(database, tmp_path, way):
    """A column without a type keeps what it is given: the other remedy."""
    made = folding(database, tmp_path, "", "2.0", declared_as="sa.Integer")
    made.upgrade("0001")
    before = content(database)
    assert 0 == made.check().status
    made.goes(way)
    assert [(1, 1), (2, 1), (3, "3"), (4, 3.0)] == database.rows("SELECT id, customer FROM orders ORDER BY id")
    made.goes(way, "downgrade")
    assert before == content(database)
