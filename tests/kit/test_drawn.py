"""The drawn cases against the oracle and the databases: they reach everything, and everything is real."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from databases import Database
from drawn import cases, definitions, disagreements
from reading import Identity, OnFold, Outcome, folded

pytestmark = pytest.mark.slow

UNHURRIED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
ACTIONS = {
    "Identity": {"create", "rename", "absorb", "delete", "retire", "rekey"},
    "References": {"rekey", "delete", "detach"},
    "Slots": {"rekey", "merge", "drop", "replace", "revive", "absorb", "delete"},
    "Tags": {"rekey", "merge", "supersede"},
}
REFUSALS = {"two canonical rows", "collision", "crowded", "itself", "unique"}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_drawn_cases_reach_every_action_and_every_refusal(dialect: str) -> None:
    reached: set[str] = set()

    @settings(UNHURRIED, max_examples=1_500)
    @given(cases(dialect))
    def reach(case) -> None:
        outcome = folded(case.declaration, case.registry, case.rows)
        reached.update(kind for kind, found in outcome.refusals.items() if found)
        for part in (case.declaration.identity, *case.declaration.children):
            said = outcome.said(part.noun).values()
            reached.update(f"{type(part).__name__} {action}" for action in said)

    reach()
    wanted = {f"{kind} {action}" for kind, actions in ACTIONS.items() for action in actions}
    assert set() == (wanted | REFUSALS) - reached


def test_every_drawn_case_fits_into_the_database_and_reads_back(reused_database: Database) -> None:
    @settings(UNHURRIED, max_examples=40)
    @given(cases(reused_database.dialect))
    def fits(case) -> None:
        reused_database.reset()
        reused_database.execute(definitions(case))
        case.fill(reused_database)
        untouched = Outcome(rows=dict(case.rows))
        assert [] == disagreements(case, untouched, reused_database)
        for name, rows in case.rows.items():
            if rows:
                missing = replace(untouched, rows={**case.rows, name: rows[1:]})
                assert 1 == len(disagreements(case, missing, reused_database))

    fits()


def test_what_is_switched_off_is_not_drawn() -> None:
    @settings(UNHURRIED, max_examples=200)
    @given(cases("sqlite", frozenset({"references", "slots", "tags"})))
    def plain(case) -> None:
        declared = case.declaration
        identity = declared.identity
        assert identity == replace(
            Identity(table="projects", noun="project", key=("id",), name="name"),
            updated_at=identity.updated_at,
            created_at=identity.created_at,
        )
        for part in declared.references:
            assert (1, (), None, OnFold.MOVE) == (len(part.owners), part.names, part.where, part.on_fold)
        for part in declared.slots:
            assert (1, None) == (len(part.owners), part.where)
            assert None not in (part.value, part.status, part.updated_at)
        for part in declared.tags:
            assert (1, (), None) == (len(part.tag), part.within, part.where)
            assert not part.agree or part.status is not None

    plain()
