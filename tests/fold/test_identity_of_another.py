"""Claims about a child that is the identity of another spec: accounts of customers, folded for themselves too."""

from __future__ import annotations

import pytest

from several import both_ways, goes, several

SHOP = """
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE accounts (
    id INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    name TEXT NOT NULL
);
CREATE TABLE entries (
    id INTEGER NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    text TEXT
);
INSERT INTO customers VALUES (1, 'Acme'), (2, 'acme inc'), (3, 'Other');
INSERT INTO accounts VALUES (1, 1, 'Main'), (2, 2, 'main'), (3, 2, 'Savings'), (4, 3, 'main'), (5, 3, 'Main');
INSERT INTO entries VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd'), (5, 5, 'e');
"""
TABLES = ("customers", "accounts", "entries")
REGISTRY = {"customers": {"Acme": ["acme inc"]}}
CUSTOMERS = """
customers = Spec(
    revision=revision,
    identity=Identity(noun="customer", key=t["customers"].c.id, name=t["customers"].c.name),
    references=(References(noun="account", key=t["accounts"].c.id, owners=(t["accounts"].c.customer_id,)),),
)
"""
ACCOUNTS = """
accounts = Spec(
    revision=revision,
    identity=Identity(noun="account", key=t["accounts"].c.id, name=t["accounts"].c.name,
                      duplicates=Duplicates.FOUND, within=(t["accounts"].c.customer_id,)),
    references=(References(noun="entry", key=t["entries"].c.id, owners=(t["entries"].c.account_id,)),),
)
"""
SPECS = {"customers": CUSTOMERS, "accounts": ACCOUNTS}
FOLDED = {
    ("customers", "accounts"): (
        [(1, "Acme"), (3, "Other")],
        [(1, 1, "Main"), (3, 1, "Savings"), (4, 3, "main")],
        [(1, 1, "a"), (2, 1, "b"), (3, 3, "c"), (4, 4, "d"), (5, 4, "e")],
        [("account", "2", "1"), ("account", "5", "4"), ("customer", "2", "1")],
    ),
    # Accounts of one customer are folded before it is known that two customers are one.
    ("accounts", "customers"): (
        [(1, "Acme"), (3, "Other")],
        [(1, 1, "Main"), (2, 1, "main"), (3, 1, "Savings"), (4, 3, "main")],
        [(1, 1, "a"), (2, 2, "b"), (3, 3, "c"), (4, 4, "d"), (5, 4, "e")],
        [("account", "5", "4"), ("customer", "2", "1")],
    ),
}


def contents(database):
    return [database.rows(f"SELECT * FROM {name} ORDER BY id") for name in TABLES]


def ways(order):
    made = "".join(f"    op.create_side_tables({name})\n" for name in order)
    up = "".join(f"    op.rekey({name})\n" for name in order)
    back = "".join(f"    op.restore({name})\n" for name in reversed(order))
    drop = "".join(f"    op.drop_side_tables({name})\n" for name in reversed(order))
    return f"def upgrade():\n{made}{up}\ndef downgrade():\n{back}{drop}"


def bodies(order, revisions):
    if revisions == 1:
        return {"0001": "".join(SPECS[name] for name in order) + ways(order)}
    return {f"{number:04}": SPECS[name] + ways([name]) for number, name in enumerate(order, 1)}


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize("order", FOLDED, ids=" then ".join)
@pytest.mark.parametrize("revisions", [1, 2], ids=["one revision", "two revisions"])
def test_a_child_that_is_an_identity_of_its_own_is_folded_in_either_order(database, tmp_path, how, order, revisions):
    project = several(database, tmp_path, SHOP, TABLES, bodies(order, revisions), registry=REGISTRY)
    before = contents(database)
    goes(project, how, "upgrade", "", "head")
    *rows, leads = FOLDED[order]
    assert rows == contents(database)
    assert leads == database.rows("SELECT noun, old_key, new_key FROM rekey_redirect ORDER BY noun, old_key")
    if revisions == 2:
        goes(project, how, "downgrade", "0002", "0001")
        left = database.rows("SELECT DISTINCT noun FROM rekey_redirect")
        assert [(order[0].removesuffix("s"),)] == left
        goes(project, how, "downgrade", "0001", "base")
    else:
        goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)
