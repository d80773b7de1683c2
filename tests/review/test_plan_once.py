"""A dry run decides about each table once where a reader may keep rows: in SQLite, beside the database."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, event

import legacy
from alembic_rekey.review.kept import PREFIX
from commands import rekey_here
from databases import SQLiteDatabase
from examples import alembic_here, folded, prepared


@pytest.fixture
def statements():
    """Every statement that an engine of this process executes."""
    seen: list[str] = []

    def listen(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    yield seen
    event.remove(Engine, "before_cursor_execute", listen)


def test_each_decision_is_made_once_and_nothing_is_written_to_the_database(tmp_path, statements):
    """The database's file stays as it is, byte for byte: what is kept stands beside it."""
    database = SQLiteDatabase(tmp_path / "atocore.db")
    registry = prepared(database, tmp_path, folded())
    before = (tmp_path / "atocore.db").read_bytes()

    assert 0 == rekey_here(database, registry, "plan").status

    deciding = [one for one in statements if "rekey_ranked_memory" in one]
    assert [True] == [one.startswith(f"CREATE TEMPORARY TABLE {PREFIX}memory AS") for one in deciding]
    assert before == (tmp_path / "atocore.db").read_bytes()


@pytest.mark.sqlite_first
def test_a_plan_counts_what_its_upgrade_counts(database, tmp_path, statements):
    """It counts the rows as they pass into its report: none is asked of the database a second time for that."""
    registry = prepared(database, tmp_path, folded())

    planned = rekey_here(database, registry, "plan", "--json").document["plan"]["counts"]

    asked = [one for one in statements if "rekey_ranked_memory" in one]
    assert not [one for one in asked if "GROUP BY rekey_planned.rekey_action" in one]
    reports = tmp_path / "made"
    assert 0 == alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=reports).code
    (made,) = reports.iterdir()
    assert json.loads(made.read_text())["plan"]["counts"] == planned


def test_a_glance_beside_the_specs_asks_once_per_table(database, tmp_path, statements):
    """Each question reads the whole registry; columns of two collations and documents are asked about together."""
    registry = prepared(database, tmp_path, folded())
    collations = {"sqlite": ("NOCASE", "RTRIM"), "postgresql": ('"C"', '"POSIX"')}[database.dialect]
    database.execute(
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, who TEXT COLLATE {}, of TEXT COLLATE {})".format(*collations)
    )
    database.insert("visits", [{"id": 1, "who": "P05", "of": '{"name": "p05"}'}])

    said = rekey_here(database, registry, "plan")

    assert "2 columns outside the spec hold registered names" in said.out
    asked = [one for one in statements if "rekey_as_scan" in one]
    assert len({*legacy.TABLES, "visits"}) == len(asked)
