"""`alembic-rekey plan` against a plain-Python reading of the decision tables, and against the upgrade itself."""

import os

import pytest
from alembic.util import CommandError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import legacy
from commands import rekey_here
from oracle import expected
from strategies import legacy as legacy_databases

pytestmark = pytest.mark.slow

CASES = 1_000 if os.environ.get("REKEY_LONG") else 5
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


@UNHURRIED
@given(data=st.data())
def test_a_plan_says_what_the_upgrade_then_does_and_changes_nothing(reused_database, upgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_databases(database.dialect))
    database.reset()
    legacy.create(database)
    legacy.fill(database, case.rows)
    registry = legacy.write_registry(tmp_path / "registry.json", case.registry)
    outcome = expected(case.registry, case.rows)
    before = database.snapshot()
    said = rekey_here(database, registry, "plan", "--json", "--check")
    assert before == database.snapshot()
    plan = said.document["plan"]
    assert said.status == (2 if outcome.refused else 3 if outcome.is_empty else 0)
    assert outcome.refused == bool(plan["integrity_errors"] or plan["has_collisions"])
    if outcome.refused:
        with pytest.raises(CommandError):
            upgrade(database, registry)
        return
    assert outcome.is_empty == plan["is_empty"]
    assert outcome.plan_counts == plan["counts"]
    upgrade(database, registry)
    assert [(plan["fingerprint"],)] == database.rows("SELECT plan_sha256 FROM rekey_run")
