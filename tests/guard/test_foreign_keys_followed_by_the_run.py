"""Claims about the foreign keys that a run leads itself: SQLite is asked about others alone, and misses none."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine

from alembic_rekey.guard.foreign_key_check import foreign_keys_before
from alembic_rekey.spec import Duplicates, Identity, References, Spec
from declared import declared

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER{more});
INSERT INTO people VALUES (1, 'a@x'), (2, 'A@x'), (3, 'b@x');
INSERT INTO orders VALUES (1, 2{one}), (2, 99{none}), (3, 3{none});
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.email, duplicates=Duplicates.FOUND),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.person,){where}),))"""
KEY = " REFERENCES people (id)"
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def project(database, folder, more=KEY, one="", none="", where=""):
    definitions = SCHEMA.format(more=more, one=one, none=none)
    return declared(database, folder, definitions, SPEC.format(where=where), ["people", "orders"], names={})


def asked(database, **identity):
    """What the database says of rows that lead nowhere, as a run asks before it changes any."""
    meta = MetaData()
    people = Table("people", meta, Column("id", Integer), Column("email", Text))
    orders = Table("orders", meta, Column("id", Integer), Column("person", identity.pop("type", Integer)))
    spec = Spec(
        revision="1",
        identity=Identity(noun="person", key=people.c.id, name=people.c.email, **identity),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.person,)),),
    )
    engine = create_engine(database.url)
    with engine.connect() as connection:
        (step,) = foreign_keys_before(spec, "sqlite")
        connection.execute(step.clause)
        found = connection.exec_driver_sql('SELECT "table", rowid FROM rekey_broken_before').all()
    engine.dispose()
    return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("more", "declaration", "tells"),
    [
        (KEY, {"duplicates": Duplicates.FOUND}, []),
        (KEY, {}, [("orders", 2)]),
        (KEY, {"duplicates": Duplicates.FOUND, "type": Text}, [("orders", 2)]),
        (" REFERENCES people", {"duplicates": Duplicates.FOUND}, [("orders", 2)]),
        (f"{KEY}, other INTEGER{KEY}", {"duplicates": Duplicates.FOUND}, [("orders", 2)]),
        (f"{KEY}, other INTEGER REFERENCES places (id)", {"duplicates": Duplicates.FOUND}, []),
    ],
    ids=["followed", "rows are created", "a text", "no column", "one more", "another table"],
)
def test_a_table_is_asked_unless_each_of_its_foreign_keys_is_followed(database, more, declaration, tells):
    one = ", NULL" if "other" in more else ""
    database.execute("CREATE TABLE places (id INTEGER PRIMARY KEY);" + SCHEMA.format(more=more, one=one, none=one))
    assert tells == asked(database, **declaration)


@pytest.mark.parametrize("how", ["online", "script"])
def test_what_leads_nowhere_stays_as_it_was_there_and_back(database, tmp_path, how):
    made = project(database, tmp_path)
    before = database.table("orders")
    if how == "online":
        assert 0 == made.upgrade().code
    else:
        assert 0 == database.run_script(made.script()).returncode
    assert [(1, 1), (2, 99), (3, 3)] == database.rows("SELECT id, person FROM orders ORDER BY id")
    assert 0 == made.downgrade().code
    assert before == database.table("orders")


@pytest.mark.parametrize(
    "further",
    [{"more": f"{KEY}, other INTEGER{KEY}", "one": ", 2", "none": ", NULL"}, {"where": ', where=t["orders"].c.id > 5'}],
    ids=["another foreign key", "rows that do not count"],
)
def test_rows_that_would_lead_nowhere_stop_a_script(database, tmp_path, further):
    made = project(database, tmp_path, **further)
    before = database.snapshot()
    done = database.run_script(made.script())
    by_name = b"rekey_left_out" if "where" in further else b"rekey_foreign_key_broken"
    assert (True, True) == (done.returncode != 0, by_name in done.stderr), done.stderr
    assert before == database.snapshot()
