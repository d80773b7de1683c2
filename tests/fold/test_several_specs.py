"""Claims about several specs in one revision: each folds in a run of its own, and each goes back on its own."""

from __future__ import annotations

import json

import pytest

from several import both_ways, goes, several

SHOP = """
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE vendors (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE orders (
    id INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    vendor_id INTEGER NOT NULL REFERENCES vendors (id),
    label TEXT
);
CREATE TABLE prefs (
    id INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    name TEXT NOT NULL,
    value TEXT,
    UNIQUE (customer_id, name)
);
INSERT INTO customers VALUES (1, 'Acme'), (2, 'acme inc'), (3, 'Other');
INSERT INTO vendors VALUES (1, 'Bolt'), (2, 'bolt ltd'), (3, 'Nut');
INSERT INTO orders VALUES (1, 2, 2, 'both'), (2, 2, 3, 'customer'), (3, 3, 2, 'vendor'), (4, 1, 1, 'none');
INSERT INTO prefs VALUES (1, 1, 'colour', 'red'), (2, 2, 'colour', 'red'), (3, 2, 'size', 'XL');
"""

TABLES = ("customers", "vendors", "orders", "prefs")
REGISTRY = {"customers": {"Acme": ["acme inc"]}, "vendors": {"Bolt": ["bolt ltd"]}}

CUSTOMERS = """
a = Spec(
    revision={revision},
    identity=Identity(noun="customer", key=t["customers"].c.id, name=t["customers"].c.name),
    slots=(Slots(noun="pref", key=t["prefs"].c.id, owners=(t["prefs"].c.customer_id,), slot=(t["prefs"].c.name,),
                 value=t["prefs"].c.value),),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.customer_id,)),),
)
"""
VENDORS = """
b = Spec(
    revision={revision},
    identity=Identity(noun="vendor", key=t["vendors"].c.id, name=t["vendors"].c.name),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.vendor_id,)),),
)
"""
TEMPLATE = "revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n"
FOLDED = [(1, 1, 1), (2, 1, 3), (3, 3, 1), (4, 1, 1)]


def ways(up, down):
    """The functions of a revision: `up` and `down` are words like `create a`, `rekey a`, each an operation."""
    operations = {"create": "create_side_tables", "drop": "drop_side_tables", "rekey": "rekey", "restore": "restore"}

    def body(words):
        return "".join(
            f"    op.{operations[verb]}({name})\n" for verb, name in map(str.split, words.split(", ") if words else ())
        )

    return f"\ndef upgrade():\n{body(up) or '    pass'}\n\ndef downgrade():\n{body(down) or '    pass'}\n"


def made(database, folder, up, down, specs=CUSTOMERS + VENDORS, **further):
    bodies = {"0001": specs.format(revision="revision") + ways(up, down), **further}
    return several(database, folder, SHOP, TABLES, bodies, registry=REGISTRY)


def contents(database):
    return {name: database.table(name) for name in TABLES}


def orders(database):
    return database.rows("SELECT id, customer_id, vendor_id FROM orders ORDER BY id")


def runs(database):
    return database.rows("SELECT id, revision, noun, outcome FROM rekey_run ORDER BY id")


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("create a, create b, rekey a, rekey b", "restore b, restore a, drop b, drop a"),
        ("create b, create a, rekey a, rekey b", "restore b, restore a, drop a, drop b"),
        ("create a, rekey a, create b, rekey b", "restore b, drop b, restore a, drop a"),
    ],
    ids=["first", "in the same order", "each by itself"],
)
def test_two_specs_fold_in_their_order_and_leave_nothing_when_they_are_back(database, tmp_path, how, up, down):
    project = made(database, tmp_path, up, down)
    before = contents(database)
    goes(project, how, "upgrade", "", "head")
    assert FOLDED == orders(database)
    assert [(1, "0001", "customer", "applied"), (2, "0001", "vendor", "applied")] == runs(database)
    goes(project, how, "downgrade", "head", "base")
    assert before == contents(database)
    assert {*TABLES, "alembic_version"} == database.tables()


@pytest.mark.slow
@both_ways
def test_side_tables_of_a_later_revision_go_and_leave_what_the_one_before_needs(database, tmp_path, how):
    later = VENDORS.format(revision="revision") + ways("create b, rekey b", "restore b, drop b")
    project = made(database, tmp_path, "create a, rekey a", "restore a, drop a", CUSTOMERS, **{"0002": later})
    before = contents(database)
    goes(project, how, "upgrade", "", "0001")
    between, there = contents(database), database.tables()
    goes(project, how, "upgrade", "0001", "0002")
    assert {*there, "rekey_journal_vendors", "rekey_created_vendors"} == database.tables()
    goes(project, how, "downgrade", "0002", "0001")
    assert (between, there) == (contents(database), database.tables())
    goes(project, how, "downgrade", "0001", "base")
    assert before == contents(database)
    assert {*TABLES, "alembic_version"} == database.tables()


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize("down", ["restore b, restore a, drop b, drop a", "restore b, drop b, restore a, drop a"])
def test_a_row_that_one_spec_left_out_goes_with_no_side_table(database, tmp_path, how, down):
    """The first drop of the two takes the runs away: it asks for what the second could not."""
    project = made(database, tmp_path, "create a, create b, rekey a, rekey b", down)
    goes(project, how, "upgrade", "", "head")
    database.execute("INSERT INTO customers VALUES (2, 'a stranger')")
    before = database.snapshot()
    if how == "online":
        ended = project.downgrade("base", on_drift="keep")
        assert (2, True) == (ended.code, "customers: row 2, which run 1 deleted, did not go back" in ended.err)
    else:
        ran = database.run_script(project.script("head:base", "downgrade", on_drift="keep"))
        assert 0 != ran.returncode
        assert b"customers: row 2, which run 1 deleted, did not go back" in ran.stdout + ran.stderr
    assert before == database.snapshot()


@pytest.mark.slow
@both_ways
def test_side_tables_are_not_dropped_before_the_spec_is_restored(database, tmp_path, how):
    project = made(database, tmp_path, "create a, create b, rekey a, rekey b", "restore b, drop b, drop a")
    goes(project, how, "upgrade", "", "head")
    before = database.snapshot()
    if how == "online":
        ended = project.downgrade("base")
        assert (2, True) == (ended.code, "rekey_journal_needed (1)" in ended.err)
        assert "run 1 of revision 0001 was not restored" in ended.err
    else:
        done = database.run_script(project.script("head:base", "downgrade"))
        assert (True, True) == (done.returncode != 0, b"rekey_journal_needed" in done.stderr)
    assert before == database.snapshot()


@pytest.mark.slow
def test_a_table_with_another_key_in_another_spec_is_refused_with_a_remedy_that_works(database, tmp_path):
    other = VENDORS.replace('key=t["orders"].c.id', 'key=(t["orders"].c.id, t["orders"].c.label)')
    project = made(database, tmp_path, "create a, create b, rekey a, rekey b", "", CUSTOMERS + other)
    said = project.check()
    assert (1, True) == (
        said.status,
        "FAILED: the specs of revision 0001 name the keys (id) and (id, label)" in said.err,
    )
    assert "what to do: name the same key in both" in said.err
    ended = project.upgrade()
    assert (2, False) == (ended.code, "rekey_run" in database.tables()), ended.err
    revision = project.folder / "migrations" / "versions" / "0001.py"
    revision.write_text(
        revision.read_text("utf-8").replace('(t["orders"].c.id, t["orders"].c.label)', 't["orders"].c.id')
    )
    assert 0 == project.upgrade().code
    assert FOLDED == orders(database)


KEYED = 'key=t["orders"].c.id'


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize(
    ("first", "second"),
    [("t['orders'].c.id", "(t['orders'].c.id, t['orders'].c.label)"), ("(t['orders'].c.id, t['orders'].c.label)",) * 2],
    ids=["more columns", "another order"],
)
def test_a_journal_that_another_revision_made_for_another_key_is_refused(database, tmp_path, how, first, second):
    turned = second if first != second else "(t['orders'].c.label, t['orders'].c.id)"
    later = VENDORS.replace(KEYED, f"key={turned}").format(revision="revision") + ways("create b, rekey b", "")
    mine = CUSTOMERS.replace(KEYED, f"key={first}")
    project = made(database, tmp_path, "create a, rekey a", "restore a, drop a", mine, **{"0002": later})
    goes(project, how, "upgrade", "", "0001")
    before = database.snapshot()
    if how == "online":
        ended = project.upgrade()
        assert (2, True) == (ended.code, "rekey_journal_shape (" in ended.err), ended.err
        assert "name the same, its columns in the same order" in ended.err
    else:
        done = database.run_script(project.script("0001:head"))
        assert (True, True) == (done.returncode != 0, b"rekey_journal_shape" in done.stderr)
    assert before == database.snapshot()


def test_one_noun_for_two_tables_of_one_revision_is_refused(database, tmp_path):
    project = made(database, tmp_path, "create a, create b", "", CUSTOMERS + VENDORS.replace('"vendor"', '"customer"'))
    said = project.check()
    assert (1, True) == (said.status, "calls rows of customers and of vendors 'customer'" in said.err)
    assert "`registered='customers'` keeps its list of the registry" in said.err


# What the commands know of each.


@pytest.fixture
def folded(database, tmp_path):
    project = made(database, tmp_path, "create a, create b, rekey a, rekey b", "restore b, restore a, drop b, drop a")
    assert 0 == project.upgrade().code
    return project


def test_runs_and_reports_tell_which_spec_a_run_is_of(folded):
    lines = folded.rekey("runs").out.splitlines()[1::2]
    assert [["1", "0001", "(customer)", "applied"], ["2", "0001", "(vendor)", "applied"]] == [
        line.split()[:4] for line in lines
    ]
    titles = {
        number: [
            title for title, rows in folded.rekey("report", *number).document["plan"].items() if type(rows) is list
        ]
        for number in ((), ("1",), ("2",))
    }
    of_vendors = ["integrity_errors", "shadow_vendors", "order_plans"]
    of_customers = ["integrity_errors", "shadow_customers", "pref_plans", "order_plans"]
    assert {(): of_vendors, ("1",): of_customers, ("2",): of_vendors} == titles
    assert ["customers-1", "vendors-2"] == [
        f"{path.stem.split('-')[0]}-{path.stem.split('-')[-1]}" for path in folded.reports
    ]
    documents = [json.loads(path.read_text("ascii")) for path in folded.reports]
    assert [("customer", 1), ("vendor", 1)] == [(one["run"]["noun"], one["run"]["turn"]) for one in documents]


@pytest.mark.words
@pytest.mark.slow
def test_a_page_of_a_run_is_titled_with_its_spec(folded, tmp_path):
    assert 0 == folded.rekey("report", "1", "--html", str(tmp_path / "run.html")).status
    assert "Run 1 of revision 0001 (customer)" in (tmp_path / "run.html").read_text("ascii")


@pytest.mark.words
@pytest.mark.slow
def test_a_restore_plan_shows_every_run_that_one_downgrade_restores(folded, database):
    before = database.snapshot()
    said = folded.rekey("restore-plan")
    assert (0, "") == (said.status, said.err)
    assert [
        "Way back of run 2 of revision 0001 (vendor), reading only: nothing was changed.",
        "Way back of run 1 of revision 0001 (customer), reading only: nothing was changed.",
    ] == [line for line in said.out.splitlines() if line.startswith("Way back")]
    assert "  note      run 2 goes back first: rows that it changed as well are shown as drifted here" in said.out
    assert ["vendors: 1 row goes back, 0 drifted", "orders: 2 rows go back, 0 drifted"] == [
        line for line in said.out.partition("Way back of run 1")[0].splitlines() if " back, " in line
    ]
    (alone,) = [line for line in folded.rekey("restore-plan", "1").out.splitlines() if line.startswith("Way back")]
    assert "run 1 of revision 0001 (customer)" in alone
    assert before == database.snapshot()


@pytest.mark.words
@pytest.mark.slow
def test_plans_stand_one_behind_the_other_and_each_says_what_it_knows(database, tmp_path):
    project = made(database, tmp_path, "create a, create b, rekey a, rekey b", "")
    said = project.check(report_dir=tmp_path)
    assert (0, "") == (said.status, said.err)
    assert ["Plan of revision 0001 (customer),", "Plan of revision 0001 (vendor),"] == [
        line.partition(" reading")[0] for line in said.out.splitlines() if line.startswith("Plan of")
    ]
    assert "note         the upgrade folds with revision 0001 (vendor) as well" in said.out
    assert (
        "note         planned on the rows as they are before revision 0001 (customer), which folds first." in said.out
    )
    assert said.out.endswith(
        "2 folds are pending: the upgrade would carry out what revision 0001 (customer), 0001 (vendor) plans: "
        "alembic upgrade head\n"
    )
    said = project.rekey("plan", "--json", "--html", str(tmp_path / "plan.html"))
    first, end = json.JSONDecoder().raw_decode(said.out)
    assert ["shadow_customers", "shadow_vendors"] == [
        next(title for title in document["plan"] if title.startswith("shadow_"))
        for document in (first, json.loads(said.out[end:]))
    ]
    for name, noun in (("plan.html", "customer"), ("plan-2.html", "vendor")):
        assert f"Plan of revision 0001 ({noun})" in (tmp_path / name).read_text("ascii")
    database.execute("DELETE FROM orders WHERE customer_id = 2; DELETE FROM prefs; DELETE FROM customers WHERE id = 2")
    assert 0 == project.check().status
    database.execute("DELETE FROM orders WHERE vendor_id = 2; DELETE FROM vendors WHERE id = 2")
    assert 3 == project.check().status


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize(
    "declared",
    ["specs = (a, b)\ndel a, b\n", "specs = [a, (b, a)]\n", "specs = {'a': a}\n", "every = (a,), [b]\ndel a, b\n"],
    ids=["a tuple", "a list beside their names", "a name", "one in the other"],
)
def test_specs_are_found_wherever_a_module_keeps_them(database, tmp_path, declared):
    project = made(database, tmp_path, "", "", CUSTOMERS + VENDORS + declared.replace("{", "{{").replace("}", "}}"))
    said = project.rekey("plan")
    assert ["customer", "vendor"] == [
        line.partition("(")[2].partition(")")[0] for line in said.out.splitlines() if line.startswith("Plan of")
    ]


@pytest.mark.words
@pytest.mark.slow
def test_where_all_is_applied_the_last_revision_is_planned_again_whole(folded):
    said = folded.rekey("plan", "--check")
    assert 3 == said.status
    assert 2 == said.out.count("every fold is applied already: this is what another one would find.")


@pytest.mark.slow
def test_one_more_fold_folds_all_that_the_last_one_did(database, tmp_path):
    """Under whatever names their specs have: the copy folded a spec named `spec`, which was not there."""
    project = made(database, tmp_path, "create a, create b, rekey b, rekey a", "restore a, restore b, drop a, drop b")
    assert 0 == project.upgrade().code
    database.execute("INSERT INTO customers VALUES (9, 'ACME inc'); INSERT INTO vendors VALUES (9, 'BOLT ltd')")
    before = contents(database)
    (project.folder / "migrations" / "script.py.mako").write_text(TEMPLATE, "utf-8")
    said = project.rekey("revision", "-m", "what came late", "--rev-id", "0002")
    assert 0 == said.status, said.err
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    runs = "SELECT revision, noun FROM rekey_run ORDER BY id"
    assert [("0002", "vendor"), ("0002", "customer")] == database.rows(runs)[2:]
    assert [[1, 3], [1, 3]] == [[row["id"] for row in database.table(name)] for name in ("customers", "vendors")]
    ended = project.downgrade("0001")
    assert 0 == ended.code, ended.err
    assert before == contents(database)


def test_a_fold_that_needs_more_than_its_module_has_is_not_copied(database, tmp_path):
    project = made(database, tmp_path, "create a, rekey a", "restore a")
    (fold,) = (project.folder / "migrations" / "versions").glob("*.py")
    (project.folder / "migrations" / "script.py.mako").write_text(TEMPLATE, "utf-8")
    text = fold.read_text("utf-8")
    alike = "for one in [a]:\n        op.create_side_tables(one)\n        op.rekey(one)"
    for change in ("made = a\n    op.rekey(made)", alike):
        fold.write_text(text.replace("op.rekey(a)", change), "utf-8")
        said = project.rekey("revision", "-m", "again")
        assert (1, True) == (said.status, "does not say upgrade as a revision does that folds" in said.err), said.err


@pytest.mark.sqlite_first
def test_a_revision_that_was_stamped_goes_back_as_its_refusal_says(database, tmp_path):
    """As where `create_all` made the database: no run stands, and no report was written."""
    project = made(database, tmp_path, "create a, rekey a", "restore a, drop a")
    assert 0 == project.alembic("stamp", "head").code
    ended = project.downgrade("base")
    assert (2, True) == (ended.code, "alembic stamp the revision before it" in ended.err), ended.err
    assert 0 == project.alembic("stamp", "base").code
    assert 0 == project.upgrade().code
