"""Answers to collisions against a plain-Python reading of them: online, there and back, and in a script."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import legacy
from answer_files import written
from oracle import expected, key, names_of
from outcomes import disagreements
from scripts import generated
from scripts import state as everything
from strategies import legacy as legacy_databases

pytestmark = pytest.mark.slow

CASES = 1_000 if os.environ.get("REKEY_LONG") else 3
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[
        *(HealthCheck.too_slow, HealthCheck.function_scoped_fixture),
        *(HealthCheck.data_too_large, HealthCheck.filter_too_much),
    ],
)


def answered(data: st.DataObject, registry: dict, rows: dict) -> dict:
    """For each slot in collision the project whose live row is kept, drawn from those that have one."""
    names = {row["id"]: row["name"] for row in rows["projects"]}
    live: dict = {}
    for row in rows["project_state"]:
        owner = names[row["project_id"]]
        if row["status"] == "active" and key(owner) in names_of(registry):
            live.setdefault((names_of(registry)[key(owner)], row["category"], row["key"]), []).append(owner)
    return {slot: data.draw(st.sampled_from(live[slot])) for slot in expected(registry, rows).collisions}


def document(answers: dict, registry: dict, folder: Path) -> Path:
    """The same as a file; a spelling of a canonical is the canonical's row."""
    return written(
        folder,
        *(
            {"project": canonical, "category": category, "key": slot, "keep": own_or(kept, canonical)}
            for (canonical, category, slot), kept in answers.items()
        ),
    )


def own_or(kept: str, canonical: str) -> str:
    return "canonical" if key(kept) == key(canonical) else kept


@UNHURRIED
@given(data=st.data())
def test_any_collision_is_decided_as_it_was_answered(reused_database, upgrade, downgrade, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_databases(database.dialect))
    answers = answered(data, case.registry, case.rows)
    outcome = expected(case.registry, case.rows, answers)
    # The other refusals have a property of their own.
    assume(answers and not outcome.refused)
    registry = legacy.write_registry(tmp_path / "registry.json", case.registry)
    file = str(document(answers, case.registry, tmp_path))

    def begin():
        database.reset()
        legacy.create(database)
        legacy.fill(database, case.rows)

    begin()
    before = legacy.read(database)
    upgrade(database, registry, resolutions=file)
    assert [] == disagreements(outcome, legacy.read(database), stored=database.stored)
    for phase, counted in (("plan", outcome.plan_counts), ("apply", outcome.apply_counts)):
        assert counted == dict(database.rows(f"SELECT name, value FROM rekey_count WHERE phase = '{phase}'"))
    online = everything(database)
    downgrade(database, registry)
    assert before == legacy.read(database)
    begin()
    done = database.run_script(generated(database.url, registry, resolutions=file).encode("ascii"))
    assert 0 == done.returncode, done.stderr
    assert online == everything(database)
