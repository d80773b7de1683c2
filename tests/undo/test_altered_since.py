"""A table that was altered after its fold: what differs from the journal is said, and each remedy works."""

from __future__ import annotations

import pytest

from declared import declared

pytestmark = pytest.mark.slow

CUSTOMERS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, memo TEXT);
INSERT INTO customers VALUES (1, 'p05', 'm1'), (2, 'p05-interferometer', 'm2')
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="customer", key=t["customers"].c.id,
                                                   name=t["customers"].c.name, registered="projects"))"""
KEPT = ("rekey_journal_customers", "rekey_created_customers")


def folded(database, folder):
    project = declared(database, folder, CUSTOMERS, SPEC, ["customers"], names={"p05-interferometer": ["p05"]})
    project.goes("online")
    return project


def refused(project, *said):
    back = project.downgrade()
    assert 2 == back.code
    for journal in KEPT:
        for column, what in said:
            start = f"customers: column '{column}' differs in {journal}, which every spec of the table shares: "
            assert f"{start}{what}\n" in back.err


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("remedy", ["alter", "report"])
def test_another_type_is_named_as_one_and_the_journal_altered_or_dropped_for_its_report(database, tmp_path, remedy):
    project = folded(database, tmp_path)
    database.execute("ALTER TABLE customers ALTER id TYPE bigint")
    refused(project, ("id", "it is bigint in the table and integer in the journal"))
    settings = {}
    for journal in KEPT:
        if remedy == "alter":
            database.execute(f"ALTER TABLE {journal} ALTER COLUMN id TYPE bigint")
        else:
            database.execute(f"DROP TABLE {journal}")
            settings = {"report": project.reports[-1]}
    back = project.downgrade(**settings)
    assert 0 == back.code, back.err
    assert [(1, "p05", "m1"), (2, "p05-interferometer", "m2")] == database.rows("SELECT * FROM customers ORDER BY id")


def test_a_column_that_was_renamed_is_told_on_both_sides_and_the_journal_follows(database, tmp_path):
    project = folded(database, tmp_path)
    database.execute("ALTER TABLE customers RENAME COLUMN memo TO said")
    revision = project.folder / "migrations" / "versions" / "0002_fold.py"
    revision.write_text(revision.read_text("utf-8").replace("memo", "said"), "utf-8")
    refused(project, ("said", "the journal lacks it"), ("memo", "the table lacks it"))
    for journal in KEPT:
        database.execute(f"ALTER TABLE {journal} RENAME COLUMN memo TO said")
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert [(1, "p05", "m1"), (2, "p05-interferometer", "m2")] == database.rows("SELECT * FROM customers ORDER BY id")
