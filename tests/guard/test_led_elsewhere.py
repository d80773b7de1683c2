"""Rows of a declared part refer to a row that goes, by columns which are none of its owners, and are led elsewhere.

What they will refer to decides, not which columns are listed.
"""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

CUSTOMERS = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, UNIQUE (id, name));
    INSERT INTO customers VALUES (1, '{}'), (2, 'atl'), (3, 'bo');"""
COMPOSITE = """
    CREATE TABLE kids (id INTEGER PRIMARY KEY, cid INTEGER, called VARCHAR(40),
      FOREIGN KEY (cid, called) REFERENCES customers (id, name));"""
APART = """
    CREATE TABLE kids (id INTEGER PRIMARY KEY, cid INTEGER REFERENCES customers (id),
      called VARCHAR(40) REFERENCES customers (name) ON DELETE CASCADE);"""
FURTHER = """
    CREATE TABLE kids (id INTEGER PRIMARY KEY, cid INTEGER REFERENCES customers (id),
      called VARCHAR(40), made_by INTEGER REFERENCES customers (id) ON DELETE CASCADE);"""
CUSTOMER = 'Identity(noun="customer", key=t["customers"].c.id, name=t["customers"].c.name, registered="projects"{})'
OF_KIDS = 'noun="kid", key=t["kids"].c.id, owners=(t["kids"].c.cid,), names=(t["kids"].c.called,)'
NAMES = {"atlas": ["atl", "atlas ltd"]}


def made(database, folder, definitions, child, identity="", tables=("customers", "kids")):
    spec = f"Spec(revision=revision, identity={CUSTOMER.format(identity)}, {child})"
    return declared(database, folder, definitions, spec, list(tables), names=NAMES)


def rows(database, table, columns="*"):
    return sorted(database.rows(f"SELECT {columns} FROM {table}"), key=str)


def folds(project, table, columns="*"):
    """Return what a table holds after the fold, online and by script, each there and back."""
    database = project.database
    before = rows(database, table), rows(database, "customers")
    checked, ended = project.check(), project.upgrade()
    assert (0, 0) == (checked.status, ended.code), (checked.out, ended.err)
    after = rows(database, table, columns)
    said, ended = project.rekey("restore-plan"), project.downgrade()
    assert (0, 0) == (said.status, ended.code), (said, ended.err)
    assert before == (rows(database, table), rows(database, "customers"))
    assert 0 == project.downgrade("base").code
    done = database.run_script(project.script())
    assert 0 == done.returncode, (done.stdout, done.stderr)
    assert after == rows(database, table, columns)
    done = database.run_script(project.script("0002:0001", "downgrade"))
    assert 0 == done.returncode, (done.stdout, done.stderr)
    assert before == (rows(database, table), rows(database, "customers"))
    return after


def refuses(project, guard):
    """A plan, an upgrade and a script refuse, and change nothing."""
    database = project.database
    assert 0 == project.upgrade("0001").code
    before = database.snapshot()
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    assert " through " in checked.out
    assert guard in ended.err
    assert before == database.snapshot()
    done = database.run_script(project.script("0001:0002"))
    assert 0 != done.returncode
    assert before == database.snapshot()
    return (done.stdout + done.stderr).decode()


@pytest.mark.slow
@pytest.mark.parametrize("kids", [COMPOSITE, APART], ids=["composite", "apart"])
@pytest.mark.parametrize("kind", ["references=(References", "slots=(Slots"], ids=["references", "slots"])
def test_a_name_that_follows_may_be_a_foreign_key(database, tmp_path, kids, kind):
    stored = CUSTOMERS.format("atlas") + kids + "INSERT INTO kids VALUES (20, 2, 'atl'), (21, 3, 'bo'), (22, 2, NULL);"
    slot = ", slot=(t['kids'].c.id,)" if "Slots" in kind else ""
    project = made(database, tmp_path, stored, f"{kind}({OF_KIDS}{slot}),)")
    assert [(20, 1, "atlas"), (21, 3, "bo"), (22, 1, None)] == folds(project, "kids")


@pytest.mark.slow
@pytest.mark.parametrize("kids", [COMPOSITE, APART], ids=["composite", "apart"])
def test_a_name_that_follows_may_lead_to_a_row_that_is_renamed_if_nothing_hangs_there(database, tmp_path, kids):
    stored = CUSTOMERS.format("Atlas") + kids + "INSERT INTO kids VALUES (20, 2, 'atl'), (21, 3, 'bo');"
    project = made(database, tmp_path, stored, f"references=(References({OF_KIDS}),)")
    assert [(20, 1, "atlas"), (21, 3, "bo")] == folds(project, "kids")


@pytest.mark.slow
@pytest.mark.parametrize("kids", [COMPOSITE, APART], ids=["composite", "apart"])
def test_a_name_that_follows_may_lead_to_a_row_that_is_created(database, tmp_path, kids):
    stored = CUSTOMERS.format("atlas ltd") + kids + "INSERT INTO kids VALUES (20, 2, 'atl'), (21, 1, 'atlas ltd');"
    if database.dialect != "sqlite":
        stored = stored.replace("id INTEGER PRIMARY KEY", "id SERIAL PRIMARY KEY", 1)
        stored += "SELECT setval('customers_id_seq', 3);"
    project = made(database, tmp_path, stored, f"references=(References({OF_KIDS}),)")
    joined = "kids JOIN customers ON cid = customers.id"
    assert [(20, "atlas", "atlas"), (21, "atlas", "atlas")] == folds(project, joined, "kids.id, name, called")


@pytest.mark.slow
def test_a_foreign_key_with_the_tenant_leads_elsewhere_with_the_owner(database, tmp_path):
    stored = """
        CREATE TABLE customers (tenant INTEGER NOT NULL, id INTEGER NOT NULL UNIQUE, name VARCHAR(40) NOT NULL,
          PRIMARY KEY (tenant, id), UNIQUE (tenant, name));
        INSERT INTO customers VALUES (1, 1, 'atlas'), (1, 2, 'atl'), (2, 3, 'atlas'), (2, 4, 'atl');
        CREATE TABLE kids (id INTEGER PRIMARY KEY, tenant INTEGER, cid INTEGER,
          FOREIGN KEY (tenant, cid) REFERENCES customers (tenant, id) ON DELETE CASCADE);
        INSERT INTO kids VALUES (10, 1, 2), (11, 2, 4), (12, 1, 1);"""
    child = 'references=(References(noun="kid", key=t["kids"].c.id, owners=(t["kids"].c.cid,)),)'
    project = made(database, tmp_path, stored, child, ', within=(t["customers"].c.tenant,)')
    assert [(10, 1, 1), (11, 2, 3), (12, 1, 1)] == folds(project, "kids")


@pytest.mark.slow
@pytest.mark.parametrize(
    "held",
    [
        APART + "INSERT INTO kids VALUES (20, 3, 'atl');",
        FURTHER + "INSERT INTO kids VALUES (20, 2, 'atl', 2);",
        FURTHER + "INSERT INTO kids VALUES (20, 3, 'bo', 2);",
    ],
    ids=["name of another owner", "further key of the same row", "further key"],
)
@pytest.mark.parametrize("named", ["atlas", "atlas ltd"], ids=["stays", "created"])
def test_a_row_that_would_refer_to_nothing_is_refused(database, tmp_path, held, named):
    stored = CUSTOMERS.format(named) + held
    if database.dialect != "sqlite":
        stored = stored.replace("id INTEGER PRIMARY KEY", "id SERIAL PRIMARY KEY", 1)
    refuses(made(database, tmp_path, stored, f"references=(References({OF_KIDS}),)"), "rekey_attached_customer_")


@pytest.mark.slow
@pytest.mark.parametrize("kids", [COMPOSITE, APART], ids=["composite", "apart"])
def test_a_name_under_which_rows_stand_is_followed_where_no_foreign_key_is_asked_in_between(database, tmp_path, kids):
    """PostgreSQL asks as the name is written, before the rows that carry it are: refused, with what helps."""
    stored = CUSTOMERS.format("Atlas") + kids + "INSERT INTO kids VALUES (20, 2, 'atl'), (21, 1, 'Atlas');"
    project = made(database, tmp_path, stored, f"references=(References({OF_KIDS}),)")
    if database.dialect == "sqlite":
        assert [(20, 1, "atlas"), (21, 1, "atlas")] == folds(project, "kids")
    else:
        assert "rekey_attached_by_name_customer" in refuses(project, "rekey_attached_by_name_customer_")
