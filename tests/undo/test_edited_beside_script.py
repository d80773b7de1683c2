"""A downgrade's script sees an edit in a column that the revision does not declare, as the downgrade online does."""

from __future__ import annotations

import pytest

from declared import declared
from shells import stopped_at

pytestmark = pytest.mark.slow

TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, memo TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), memo TEXT);
CREATE TABLE links (customer_id INTEGER REFERENCES customers (id), club INTEGER, memo TEXT,
                    PRIMARY KEY (customer_id, club));
INSERT INTO customers VALUES (1, 'p05', 'm1'), (2, 'p05-interferometer', 'm2'), (3, 'P06', 'm3');
INSERT INTO orders VALUES (10, 1, 'o1'), (11, 1, NULL), (12, 2, 'o3');
INSERT INTO links VALUES (1, 100, 'l1'), (2, 200, 'l2');
"""
# As people write the tables of a revision: without the column `memo`.
SPEC = """(lambda c, o, l: Spec(revision=revision,
    identity=Identity(noun="customer", key=c.c.id, name=c.c.name, registered="projects"),
    references=(References(noun="order", key=o.c.id, owners=(o.c.customer_id,)),),
    slots=(Slots(noun="link", key=(l.c.customer_id, l.c.club), owners=(l.c.customer_id,), slot=(l.c.club,)),),
))(sa.Table("customers", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.Text)),
   sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("customer_id", sa.Integer)),
   sa.Table("links", sa.MetaData(), sa.Column("customer_id", sa.Integer), sa.Column("club", sa.Integer)))"""
NAMES = {"p05-interferometer": ["p05"], "p06": []}
BEFORE = {
    "customers": [(1, "p05", "m1"), (2, "p05-interferometer", "m2"), (3, "P06", "m3")],
    "orders": [(10, 1, "o1"), (11, 1, None), (12, 2, "o3")],
    "links": [(1, 100, "l1"), (2, 200, "l2")],
}


def rows(database):
    return {name: sorted(database.rows(f"SELECT * FROM {name}"), key=str) for name in BEFORE}


def folded(database, folder, tables=TABLES):
    project = declared(database, folder, tables, SPEC, ["customers"], names=NAMES)
    project.goes("online")
    return project


def back(project, **x):
    return project.database.run_script(project.script("0002:0001", "downgrade", **x))


@pytest.mark.parametrize(
    ("edit", "noun", "stays"),
    [
        ("UPDATE orders SET memo = 'edited' WHERE id = 10", "order", ("orders", (10, 2, "edited"))),
        ("UPDATE orders SET memo = 'edited' WHERE id = 11", "order", ("orders", (11, 2, "edited"))),
        ("UPDATE orders SET memo = NULL WHERE id = 10", "order", ("orders", (10, 2, None))),
        ("UPDATE links SET memo = 'edited' WHERE club = 100", "link", ("links", (2, 100, "edited"))),
        ("UPDATE customers SET memo = 'edited' WHERE id = 3", "customer", ("customers", (3, "p06", "edited"))),
    ],
)
def test_the_script_refuses_it_or_leaves_that_row_alone_as_the_downgrade_online_does(
    database, tmp_path, edit, noun, stays
):
    project = folded(database, tmp_path)
    database.execute(edit)
    edited = rows(database)
    online = project.downgrade()
    assert (2, True) == (online.code, f"rekey_drift_{noun} (1)" in online.err)
    refused = back(project)
    assert [f"rekey_drift_{noun}"] == stopped_at(refused)
    assert edited == rows(database)
    went = back(project, on_drift="keep")
    assert 0 == went.returncode, went.stderr
    table, row = stays
    left = rows(database)
    assert row in left[table]
    others = {name: [each for each in found if each != row] for name, found in left.items()}
    assert 1 == sum(len(BEFORE[name]) - len(found) for name, found in others.items())
    assert all(each in BEFORE[name] for name, found in others.items() for each in found)


def test_rows_that_nobody_edited_go_back_by_script_whatever_columns_they_have(database, tmp_path):
    project = folded(database, tmp_path)
    went = back(project)
    assert 0 == went.returncode, went.stderr
    assert BEFORE == rows(database)


GENERATED = TABLES.replace(
    "customers (id), memo TEXT);",
    "customers (id), memo TEXT, said {},"
    " label TEXT GENERATED ALWAYS AS (CAST(customer_id AS TEXT) || coalesce(memo, '')) STORED);",
).replace("INTO orders", "INTO orders (id, customer_id, memo)")


def test_what_the_database_generates_is_no_edit_by_script_or_is_refused_by_name(database, tmp_path):
    """The generated text holds the owner, and changes with it; a value of JSON text is compared beside it."""
    kind = "TEXT" if database.dialect == "sqlite" else "JSON"
    project = folded(database, tmp_path, GENERATED.format(kind))
    went = back(project)
    if database.dialect == "sqlite":
        assert ["rekey_generated_column"] == stopped_at(went)
        assert 0 == project.downgrade().code
        return
    assert 0 == went.returncode, went.stderr
    assert [(10, "1o1"), (11, "1"), (12, "2o3")] == database.rows("SELECT id, label FROM orders ORDER BY id")
    project.goes("online")
    database.execute("UPDATE orders SET said = '{}' WHERE id = 11")
    assert ["rekey_drift_order"] == stopped_at(back(project))
