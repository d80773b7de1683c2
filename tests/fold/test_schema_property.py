"""No row goes, moves or changes that the journal does not hold, whatever the schema is, and every one comes back.

And what an upgrade refuses, `plan --check` has refused before it.
"""

import os
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from accounts import differences, unaccounted
from fuzzed_project import make_project
from fuzzed_schemas import cases
from whole_database import schema_of, whole, with_heirs

pytestmark = [
    pytest.mark.slow,
    # SQLAlchemy reads the text of a table, and no quotes in names of foreign keys.
    pytest.mark.filterwarnings("ignore:WARNING. SQL-parsed foreign key constraint"),
]

CARRIED_OUT, NOTHING_TO_DO = 0, 3
LONG = bool(os.environ.get("REKEY_LONG"))
UNHURRIED = settings(
    max_examples=2_000 if LONG else 50,
    # The long form looks for what nobody knows; the short one says whether what was so still is.
    derandomize=not LONG,
    # Shrinking takes minutes here; a case has few features, and is small enough to read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def ended(project, case):
    """How a case ends; whatever the engine raises that is no refusal of its own is an error here."""
    database = project.database
    database.reset()
    case.make(database)
    before, schema, stood = whole(database), schema_of(database), database.snapshot()
    folded = {part.table.name: part.changeable for part in case.parts}
    with project.of(case):
        planned = project.check()
        assert stood == database.snapshot(), planned
        refusal = project.upgrade()
        beforehand = planned.status not in (CARRIED_OUT, NOTHING_TO_DO)
        assert beforehand == (refusal is not None) or _shows_later(case, refusal), (planned, refusal)
        if refusal is not None:
            assert stood == database.snapshot(), refusal
            return "refused"
        after = whole(database)
        assert [] == unaccounted(*(with_heirs(content, case.heirs) for content in (before, after)), folded)
        assert None is project.downgrade()
    assert [] == differences(before, whole(database))
    assert schema == schema_of(database)
    return "applied" if any(rows.rows for name, rows in after.items() if name.startswith("rekey_journal_")) else "empty"


def _shows_later(case, refusal):
    """Whether no plan tells: what triggers do, what a script cannot ask, which key is made, which time fits."""
    said = refusal or ""
    made = re.search("rekey_orphan_adopted_.*_made", said) is not None
    time = "odd times" in case.features and "alembic-rekey guide database" in said
    return case.by_script or any("trigger" in feature for feature in case.features) or made or time


def test_every_row_is_where_it_was_or_in_the_journal_and_comes_back(reused_database, tmp_path):
    ends = Counter()
    project = make_project(reused_database, tmp_path)

    @UNHURRIED
    @given(cases(reused_database.dialect, frozenset()))
    def holds(case):
        ends[ended(project, case)] += 1

    holds()
    # Where nearly every schema is refused, nothing is tried.
    assert ends["applied"] > ends.total() // 20, ends
