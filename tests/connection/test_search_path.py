"""Side tables that would go with the session are refused before anything is made or changed."""

from __future__ import annotations

import pytest

from declared import declared

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'p05'), (2, 'p05-interferometer')
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="customer", key=t["customers"].c.id,
                                                   name=t["customers"].c.name, registered="projects"))"""


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("path", ["pg_temp, public", "pg_temp"])
def test_a_search_path_that_makes_tables_temporary_is_refused_and_its_remedy_lets_the_fold_through(
    database, tmp_path, path
):
    names = {"p05-interferometer": ["p05"]}
    project = declared(database, tmp_path, SCHEMA, SPEC, ["customers"], names=names)
    database.execute(f"ALTER DATABASE {database.name} SET search_path = {path}")
    database.disconnect()
    refused = project.upgrade()
    assert 2 == refused.code
    assert f"search_path is '{path}': what is made would be temporary, and gone with the session" in refused.err
    assert [] == database.rows("SELECT relname FROM pg_catalog.pg_class WHERE relname LIKE 'rekey%'")
    assert [(1,), (2,)] == database.rows("SELECT id FROM public.customers ORDER BY id")
    followed = project.upgrade(url=f"{database.url}?options=-csearch_path%3Dpublic")
    assert 0 == followed.code, followed.err
    assert [(2,)] == database.rows("SELECT id FROM public.customers")
    assert [(1, "delete")] == database.rows("SELECT id, rekey_action FROM public.rekey_journal_customers WHERE id = 1")
