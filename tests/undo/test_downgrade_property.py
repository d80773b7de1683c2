"""`alembic downgrade` puts back every row that the upgrade touched, for any legacy data."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import legacy
from strategies import legacy_without_collision

pytestmark = pytest.mark.slow

CASES = 2_000 if os.environ.get("REKEY_LONG") else 5
UNHURRIED = settings(
    max_examples=CASES,
    # Shrinking takes minutes here; the case as drawn is small enough to read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


def rows_of(database):
    return {name: sorted(map(repr, database.table(name))) for name in legacy.TABLES}


def filled(database, case, tmp_path):
    database.reset()
    legacy.create(database)
    legacy.fill(database, case.rows)
    registry = tmp_path / "registry.json"
    legacy.write_registry(registry, case.registry)
    return registry


@UNHURRIED
@given(data=st.data())
def test_up_and_down_and_up_and_down_is_the_identity(reused_database, upgrade, downgrade, tmp_path, data):
    database = reused_database
    registry = filled(database, data.draw(legacy_without_collision(database.dialect)), tmp_path)
    before = rows_of(database)
    upgrade(database, registry)
    downgrade(database, registry)
    assert before == rows_of(database)
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",)]
    upgrade(database, registry)
    downgrade(database, registry)
    assert before == rows_of(database)
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",), ("restored",)]


@UNHURRIED
@given(data=st.data())
def test_a_report_file_puts_everything_back_where_the_side_tables_are_gone(
    reused_database, upgrade, downgrade, tmp_path, data
):
    database = reused_database
    registry = filled(database, data.draw(legacy_without_collision(database.dialect)), tmp_path)
    before = rows_of(database)
    reports = tmp_path / "reports"
    for old in reports.glob("*"):
        old.unlink()
    upgrade(database, registry, report_dir=reports)
    (report,) = reports.glob("*")
    for name in database.tables():
        if name.startswith("rekey_"):
            database.execute(f"DROP TABLE {name}")
    downgrade(database, registry, report=report)
    assert before == rows_of(database)
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",)]
