"""Whatever the schema is and an application edits after a fold: `restore-plan` says what the downgrade then does.

Over drift the downgrade refuses, and with `on_drift=keep` it goes: no edit is lost, no row is made up.
"""

import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzzed_edits import edit
from fuzzed_hazards import HAZARDS
from fuzzed_project import make_project
from fuzzed_schemas import cases
from whole_database import whole

pytestmark = [
    pytest.mark.slow,
    # SQLAlchemy reads the text of a table, and no quotes in names of foreign keys.
    pytest.mark.filterwarnings("ignore:WARNING. SQL-parsed foreign key constraint"),
]

DRIFTED = 2
CASES = 2_000 if os.environ.get("REKEY_LONG") else 16
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SPOILT = frozenset({*HAZARDS, "orphans", "unchecked rows", "key null", "child of a foreign mismatch", "on conflict"})
"""What refuses most folds, or lets rows in that no way back can be asked of."""


def ended(project, case, random):
    database = project.database
    database.reset()
    case.make(database)
    before = whole(database)
    case.by_script = False
    with project.of(case):
        if project.upgrade() is not None:
            return "refused"
        after = whole(database)
        edits = edit(database, case, before, random)
        edited, stood = whole(database), database.snapshot()
        planned = project.restore_plan()
        assert stood == database.snapshot(), edits
        refusal = project.downgrade("0001")
        assert (planned.status == DRIFTED) == (refusal is not None), (edits, planned, refusal)
        if refusal is not None:
            assert stood == database.snapshot(), (edits, refusal)
            # SQLite lets ON DELETE SET NULL take a row its key: nothing tells it apart any more, drift or not.
            if database.dialect == "sqlite" and "rekey_key_is_null" in refusal:
                return "no key"
            assert "rekey_drift" in refusal, (edits, refusal)
            assert None is project.downgrade("0001", on_drift="keep"), edits
        back = whole(database)
    for table in case.tables:
        was, made, now, then = (each[table.name].rows for each in (before, after, edited, back))
        assert not (now - made) - then, (edits, "an edit is lost", table.name)
        assert not then - now - was, (edits, "a row was neither there nor before", table.name)
        if refusal is None:
            assert was + (now - made) == then + (made - now), (edits, table.name)
    return "went back" if refusal is None else "kept"


def test_an_edit_refuses_the_way_back_or_stays_and_restore_plan_says_which(reused_database, tmp_path):
    ends = Counter()
    project = make_project(reused_database, tmp_path)

    @UNHURRIED
    @given(cases(reused_database.dialect, SPOILT), st.integers(0, 2**32))
    def holds(case, seed):
        ends[ended(project, case, Random(seed))] += 1

    holds()
    # Where nearly every schema is refused, nothing is tried.
    assert ends.total() - ends["refused"] > ends.total() // 5, ends
