"""Claims about one noun that is folded twice in a revision: each run goes back by the spec that made it."""

from __future__ import annotations

import pytest

from several import both_ways, goes, several

SHOP = """
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT, phone TEXT);
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer_id INTEGER NOT NULL, payer_id INTEGER NOT NULL);
INSERT INTO customers VALUES
    (1, 'Ann', 'a@x', '1'), (2, 'A.', 'a@x', '2'), (3, 'Anna', NULL, '1'), (4, 'Bob', 'b@x', '4');
INSERT INTO orders VALUES (1, 2, 3), (2, 3, 1), (3, 4, 4), (4, 2, 4);
"""
TABLES = ("customers", "orders")
SPEC = """
{name} = Spec(
    revision=revision,
    identity=Identity(noun="customer", key=t["customers"].c.id, duplicates=Duplicates.FOUND,
                      match=(t["customers"].c.{match},)),
    references=(References(noun="order", key=t["orders"].c.id, owners=({owners},), itself=Itself.KEEP),),
)
"""
CUSTOMER, PAYER = 't["orders"].c.customer_id', 't["orders"].c.payer_id'


def ways(*back):
    down = "".join(f"    op.restore({name})\n" for name in back)
    drop = "    op.drop_side_tables(a)\n    op.drop_side_tables(b)\n"
    return f"""
def upgrade():
    op.create_side_tables(a)
    op.create_side_tables(b)
    op.rekey(a)
    op.rekey(b)
def downgrade():
{down}{drop}
"""


def contents(database):
    return [database.rows(f"SELECT * FROM {name} ORDER BY id") for name in TABLES]


def made(database, folder, owners, back):
    specs = "".join(
        SPEC.format(name=name, match=match, owners=of)
        for name, match, of in zip("ab", ("email", "phone"), owners, strict=True)
    )
    return several(database, folder, SHOP, TABLES, {"0001": specs + ways(*back)}, registry={})


ALIKE = (f"{CUSTOMER}, {PAYER}",) * 2
APART = CUSTOMER, PAYER
alike_and_apart = pytest.mark.parametrize("owners", [ALIKE, APART], ids=["alike", "apart"])


@pytest.mark.slow
@both_ways
@alike_and_apart
def test_each_goes_back_in_the_reverse_order(database, tmp_path, how, owners):
    project = made(database, tmp_path, owners, "ba")
    before = contents(database)
    goes(project, how, "upgrade", "", "head")
    assert [(1, 1), (2, 2)] == database.rows("SELECT id, turn FROM rekey_run ORDER BY id")
    assert [(1, "Ann"), (4, "Bob")] == [row[:2] for row in contents(database)[0]]
    goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)


@pytest.mark.slow
@both_ways
@alike_and_apart
def test_in_another_order_the_run_is_refused_as_the_others(database, tmp_path, how, owners):
    """Where the specs write other columns it seemed that rows had drifted, and `on_drift=keep` lost them."""
    project = made(database, tmp_path, owners, "ab")
    goes(project, how, "upgrade", "", "head")
    before = database.snapshot()
    if how == "online":
        ended = project.downgrade("base", on_drift="keep")
        says = "0001 (customer, number 1) has no run to restore: the newest one that was not restored is of 0001 "
        assert (2, True) == (ended.code, f"revision {says}(customer, number 2)" in ended.err), ended.err
    else:
        done = database.run_script(project.script("head:base", "downgrade"))
        assert (True, True) == (done.returncode != 0, b"rekey_run_to_restore" in done.stderr), done.stderr
    assert before == database.snapshot()
    # As the remedy says.
    revision = tmp_path / "several" / "migrations" / "versions" / "0001.py"
    revision.write_text(revision.read_text("utf-8").replace(ways(*"ab"), ways(*"ba")), "utf-8")
    goes(project, how, "downgrade", "head", "base")


@pytest.mark.slow
@alike_and_apart
def test_each_goes_back_from_its_own_report(database, tmp_path, owners):
    project = made(database, tmp_path, owners, "ba")
    before = contents(database)
    goes(project, "online", "upgrade", "", "head")
    first, second = project.reports
    ended = project.downgrade("base", report=first)
    assert (1, True) == (ended.code, "run 2 of this database was not restored" in ended.err), ended.err
    ended = project.downgrade("base", report=f"{first},{second}")
    assert 0 == ended.code, ended.err
    assert before == contents(database)
