"""A script in the real shells against the online upgrade, for any legacy data and any registry."""

from __future__ import annotations

import os

import pytest
from alembic.util import CommandError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import legacy
from scripts import generated, state
from strategies import legacy as any_legacy
from strategies import legacy_without_collision

pytestmark = pytest.mark.slow

CASES = 500 if os.environ.get("REKEY_LONG") else 6
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


@UNHURRIED
@given(data=st.data())
def test_the_script_leaves_the_database_that_the_upgrade_leaves_or_refuses_as_it_does(
    reused_database, upgrade, tmp_path, data
):
    database = reused_database
    # Two of three are accepted: a refusal says less.
    of_kind = data.draw(st.sampled_from((any_legacy, legacy_without_collision, legacy_without_collision)))
    case = data.draw(of_kind(database.dialect))
    extra_columns = data.draw(st.booleans())
    registry = legacy.write_registry(tmp_path / "registry.json", case.registry)

    def begin():
        database.reset()
        legacy.create(database, extra_columns=extra_columns)
        legacy.fill(database, case.rows)

    begin()
    refused = False
    try:
        upgrade(database, registry)
    except CommandError:
        refused = True
    online = state(database)

    begin()
    before = database.snapshot()
    outcome = database.run_script(generated(database.url, registry).encode("ascii"))
    if refused:
        assert outcome.returncode != 0
        assert b"rekey_" in outcome.stderr
        assert before == database.snapshot()
    else:
        said = [line for line in outcome.stderr.splitlines() if b"NOTICE" not in line]
        assert (outcome.returncode, said) == (0, [])
        assert online == state(database)
