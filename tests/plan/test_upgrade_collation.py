"""Claims about columns whose collation takes different spellings for equal: names are matched letter by letter."""

import pytest

import legacy

pytestmark = pytest.mark.slow


@pytest.fixture
def unsure(database):
    """A legacy database whose names compare without regard to case, where the database can do that."""
    legacy.create(database)
    if database.dialect == "sqlite":
        for table, column in (("memories", "project"), ("interactions", "project")):
            database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO old")
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT COLLATE NOCASE")
    return database


def test_every_spelling_but_the_canonical_one_is_rekeyed_and_comes_back(
    unsure, upgrade, downgrade, registry_path, report_dir
):
    legacy.write_registry(registry_path, {"alpha": ["al"]})
    names = {"1": "al", "2": "AL", "3": "ALPHA", "4": "alpha", "5": "beta"}
    unsure.insert("interactions", [{"id": key, "prompt": "p", "project": name} for key, name in names.items()])
    upgrade(unsure, registry_path)
    found = dict(unsure.rows("SELECT id, project FROM interactions"))
    assert {"1": "alpha", "2": "alpha", "3": "alpha", "4": "alpha", "5": "beta"} == found
    assert [(3,)] == unsure.rows("SELECT value FROM rekey_count WHERE name = 'interaction_rows_rekeyed'")
    downgrade(unsure, registry_path)
    assert names == dict(unsure.rows("SELECT id, project FROM interactions"))
