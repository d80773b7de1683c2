"""Claims about constraints that are newer than the fold: rows that they do not let back are told before any changes."""

import pytest

from declared import declared
from drifts import listed

pytestmark = pytest.mark.sqlite_first

CUSTOMERS = "id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, email VARCHAR(40)"
ORDERS = "id INTEGER PRIMARY KEY, customer_id INTEGER, cname VARCHAR(40)"
NOTES = "id INTEGER PRIMARY KEY, customer VARCHAR(40), body VARCHAR(40)"
DEFINITIONS = f"""
CREATE TABLE customers ({CUSTOMERS});
CREATE TABLE orders ({ORDERS});
CREATE TABLE notes ({NOTES});
INSERT INTO customers VALUES (1, 'p05', NULL), (2, 'p05x', 'i@x'), (3, 'p06', 'x@x'), (4, 'p06x', NULL),
    (5, 'p07', 'z@x'), (6, 'p07x', 'y@x');
INSERT INTO orders VALUES (1, 1, 'p05'), (2, 3, 'p06'), (3, 5, 'p07');
INSERT INTO notes VALUES (1, 'p05', 'a'), (2, 'p06', 'b'), (3, 'p07x', 'c');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["customers"].c.id, name=t["customers"].c.name,
        absorb={"email": Absorb.COALESCE}),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.customer_id,),
        names=(t["orders"].c.cname,)),),
    tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.customer),))"""
NAMES = {"p05x": ["p05"], "p06x": ["p06"], "p07x": ["p07"]}
TABLES = ("customers", "orders", "notes")


def constrained(database, table, columns, constraint):
    """A later revision adds a constraint: SQLite makes the table anew."""
    if database.dialect == "postgresql":
        database.execute(f"ALTER TABLE {table} ADD CONSTRAINT newer {constraint}")
    else:
        database.execute(
            f"CREATE TABLE anew ({columns}, CONSTRAINT newer {constraint}); INSERT INTO anew SELECT * FROM {table};"
            f" DROP TABLE {table}; ALTER TABLE anew RENAME TO {table}"
        )


def email_is_not_null(database):
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE customers ALTER email SET NOT NULL")
    else:
        database.execute(
            f"CREATE TABLE anew ({CUSTOMERS} NOT NULL); INSERT INTO anew SELECT * FROM customers;"
            " DROP TABLE customers; ALTER TABLE anew RENAME TO customers"
        )


def email_is_unique_and_not_null(database):
    email_is_not_null(database)
    database.execute("CREATE UNIQUE INDEX once ON customers (email)")


def email_is_unique(database):
    database.execute("INSERT INTO customers VALUES (30, 'another', 'Z@X')")
    database.execute("CREATE UNIQUE INDEX once ON customers (lower(email))")


def email_is_none_of_p07(database):
    constrained(database, "customers", CUSTOMERS, "CHECK (email <> 'z@x')")


def note_is_not_of_p05(database):
    constrained(database, "notes", NOTES, "CHECK (customer <> 'p05')")


def order_is_not_of_the_shadow(database):
    constrained(database, "orders", ORDERS, "CHECK (customer_id <> 1)")


def note_is_of_one_that_is_listed(database):
    database.execute("CREATE TABLE listed (name VARCHAR(40) PRIMARY KEY); INSERT INTO listed VALUES ('p06')")
    database.execute("INSERT INTO listed SELECT DISTINCT customer FROM notes")
    constrained(database, "notes", NOTES, "FOREIGN KEY (customer) REFERENCES listed (name)")


def order_names_one_that_is_listed(database):
    database.execute("CREATE TABLE listed (name VARCHAR(40) PRIMARY KEY); INSERT INTO listed VALUES ('p06')")
    database.execute("INSERT INTO listed SELECT DISTINCT cname FROM orders")
    constrained(database, "orders", ORDERS, "FOREIGN KEY (cname) REFERENCES listed (name)")


def email_is_one_that_is_listed(database):
    database.execute("CREATE TABLE listed (name VARCHAR(40) PRIMARY KEY); INSERT INTO listed VALUES ('i@x'), ('y@x')")
    database.execute("INSERT INTO listed VALUES ('z@x'); UPDATE customers SET email = NULL WHERE id = 4")
    constrained(database, "customers", CUSTOMERS, "FOREIGN KEY (email) REFERENCES listed (name)")


SINCE = {
    email_is_not_null: {("customers", "1"), ("customers", "4"), ("orders", "1")},
    # Who stays keeps what it took over.
    email_is_unique_and_not_null: {("customers", "1"), ("customers", "3"), ("customers", "4")}
    | {("orders", "1"), ("orders", "2")},
    email_is_unique: {("customers", "5"), ("orders", "3")},
    email_is_none_of_p07: {("customers", "5"), ("orders", "3")},
    note_is_not_of_p05: {("notes", "1")},
    order_is_not_of_the_shadow: {("orders", "1")},
    email_is_one_that_is_listed: {("customers", "3"), ("customers", "4"), ("orders", "2")},
    note_is_of_one_that_is_listed: {("notes", "1")},
    order_names_one_that_is_listed: {("orders", "1"), ("orders", "3")},
}


def rows(database):
    return {
        (table, str(key)): tuple(values) for table in TABLES for key, *values in database.rows(f"SELECT * FROM {table}")
    }


def folded(database, folder):
    project = declared(database, folder, DEFINITIONS, SPEC, TABLES, names=NAMES)
    before = rows(database)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    return project, before


@pytest.mark.slow
@pytest.mark.parametrize("since", SINCE, ids=lambda since: since.__name__)
def test_rows_that_a_newer_constraint_does_not_let_back_are_listed_and_can_be_left(database, tmp_path, since):
    project, before = folded(database, tmp_path)
    since(database)
    now = rows(database)
    plan = project.rekey("restore-plan", "--check")
    assert (2, SINCE[since]) == (plan.status, listed(plan.out).keys()), plan
    refused = project.downgrade()
    assert (2, SINCE[since], now) == (refused.code, listed(refused.err).keys(), rows(database)), refused.err
    kept = project.downgrade(on_drift="keep")
    assert 0 == kept.code, kept.err
    stay = {place: values for place, values in now.items() if place in SINCE[since]}
    other = {place: values for place, values in before.items() if place not in SINCE[since]}
    added = {place: values for place, values in now.items() if place not in before}
    assert {**added, **other, **stay} == rows(database)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_newer_check_is_not_asked_of_a_row_that_was_edited_since(database, tmp_path):
    """Of what the row held before, this one is an error."""
    project, _ = folded(database, tmp_path)
    database.execute("UPDATE orders SET cname = '7'")
    constrained(database, "orders", ORDERS, "CHECK (CAST(cname AS integer) > 0)")
    edited = {("orders", "1"), ("orders", "2"), ("orders", "3")}
    plan = project.rekey("restore-plan", "--check")
    assert (2, edited) == (plan.status, listed(plan.out).keys()), plan
    kept = project.downgrade(on_drift="keep")
    assert 0 == kept.code, kept.err


def test_constraints_that_hold_of_all_rows_keep_none_from_going_back(database, tmp_path):
    project, before = folded(database, tmp_path)
    constrained(database, "customers", CUSTOMERS, "CHECK (length(name) > 2 AND id > 0)")
    constrained(database, "notes", NOTES, "FOREIGN KEY (customer) REFERENCES customers (name)")
    constrained(database, "orders", ORDERS, "CHECK (customer_id IN (1, 2, 3, 4, 5, 6))")
    assert 0 == project.rekey("restore-plan", "--check").status
    ended = project.downgrade()
    assert (0, before) == (ended.code, rows(database)), ended.err


def test_once_the_constraint_is_taken_back_all_rows_return(database, tmp_path):
    project, before = folded(database, tmp_path)
    email_is_none_of_p07(database)
    assert 2 == project.downgrade().code
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE customers DROP CONSTRAINT newer")
    else:
        constrained(database, "customers", CUSTOMERS, "CHECK (1)")
    ended = project.downgrade()
    assert (0, before) == (ended.code, rows(database)), ended.err
