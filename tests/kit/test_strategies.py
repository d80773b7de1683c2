"""The strategies against the oracle and the databases: they reach everything, and everything is real."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

import legacy
from databases import Database
from oracle import expected
from outcomes import APPLY_COUNTS, PLAN_COUNTS, disagreements
from strategies import legacy as any_legacy
from strategies import legacy_without_collision

pytestmark = pytest.mark.slow

# The same examples in every run, and no verdict on how fast the machine is.
UNHURRIED = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_strategies_reach_every_action_every_count_and_every_refusal(dialect: str) -> None:
    reached: set[str] = set()

    @settings(UNHURRIED, max_examples=150)
    @given(any_legacy(dialect) | legacy_without_collision(dialect))
    def reach(example) -> None:
        outcome = expected(example.registry, example.rows)
        for found in (outcome.plan_counts, outcome.apply_counts):
            reached.update(name for name, number in found.items() if number)
        refusals = ("two canonical rows",) * bool(outcome.two_canonical_rows)
        reached.update([*refusals, "refused" if outcome.refused else "accepted"])

    reach()
    wanted = {*PLAN_COUNTS, *APPLY_COUNTS, "two canonical rows", "refused", "accepted"}
    assert wanted - reached == set()


@settings(UNHURRIED, max_examples=40)
@given(legacy_without_collision("sqlite"))
def test_without_collision_nothing_is_refused(example) -> None:
    assert not expected(example.registry, example.rows).refused


def test_every_drawn_row_fits_into_the_database_and_reads_back(reused_database: Database) -> None:
    @settings(UNHURRIED, max_examples=15)
    @given(any_legacy(reused_database.dialect))
    def fits(example) -> None:
        reused_database.reset()
        legacy.create(reused_database)
        legacy.fill(reused_database, example.rows)
        untouched = expected({}, example.rows)
        assert disagreements(untouched, legacy.read(reused_database), stored=reused_database.stored) == []

    fits()
