"""`alembic upgrade head` against a plain-Python reading of the decision tables, for any legacy data."""

import os

import pytest
from alembic.util import CommandError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import legacy
from oracle import expected
from outcomes import disagreements
from strategies import legacy as legacy_databases

pytestmark = pytest.mark.slow

CASES = 5_000 if os.environ.get("REKEY_LONG") else 25
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


def counts_of(database, phase):
    return dict(database.rows(f"SELECT name, value FROM rekey_count WHERE phase = '{phase}'"))


@UNHURRIED
@given(data=st.data())
def test_the_rows_and_all_counts_are_those_of_the_tables(reused_database, upgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_databases(database.dialect))
    database.reset()
    legacy.create(database)
    legacy.fill(database, case.rows)
    registry = tmp_path / "registry.json"
    legacy.write_registry(registry, case.registry)
    outcome = expected(case.registry, case.rows)
    if outcome.refused:
        before = database.snapshot()
        with pytest.raises(CommandError):
            upgrade(database, registry)
        assert before == database.snapshot()
        return
    upgrade(database, registry)
    assert [] == disagreements(outcome, legacy.read(database), stored=database.stored)
    assert outcome.plan_counts == counts_of(database, "plan")
    assert outcome.apply_counts == counts_of(database, "apply")
    assert [("empty" if outcome.is_empty else "applied",)] == database.rows("SELECT outcome FROM rekey_run")
