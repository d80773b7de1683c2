"""Any spec on any rows: an upgrade gives what the plain reading of the design gives, a downgrade gives it all back."""

import itertools
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from declared import declared
from drawn import Case, cases, definitions, disagreements, spec_text
from reading import folded
from whole_database import is_ours, whole

pytestmark = [
    pytest.mark.slow,
    # SQLAlchemy reads the text of a table, and no quotes in names of foreign keys.
    pytest.mark.filterwarnings("ignore:WARNING. SQL-parsed foreign key constraint"),
]

CASES = 500 if os.environ.get("REKEY_LONG") else 16
UNHURRIED = settings(
    max_examples=CASES,
    # Nothing shrinks a seed.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
BY_SCRIPT = 4
"""Of so many cases one is folded by script as well."""


def own(database):
    """All tables that are the application's."""
    return {name: content for name, content in whole(database).items() if not is_ours(name)}


def told(case: Case) -> str:
    rows = "\n".join(f"{name}: {row}" for name, table in case.tables.items() for row in table.rows)
    return f"{spec_text(case)}\n{dict(case.registry)}\n{definitions(case)}\n{rows}"


def made(database, folder, case):
    """The project of a case, on a database that holds its rows and nothing else."""
    database.reset()
    database.execute(definitions(case))
    case.fill(database)
    return declared(database, folder, "SELECT 1", spec_text(case), case.tables, names=case.registry)


def script(project, *arguments):
    """A script; names of tables and columns may be in any language."""
    ended = project.alembic(*arguments, "--sql")
    assert 0 == ended.code, ended.err
    return ended.out.encode()


def holds(database, folder, case, *, by_script):
    """How a case ends: what it comes to is asserted on the way."""
    outcome = folded(case.declaration, case.registry, case.rows)
    project = made(database, folder / "online", case)
    before = own(database)
    ended = project.upgrade()
    if outcome.refused:
        # A created row that would not count may meet a foreign key of PostgreSQL first: nobody has to decide there.
        late = database.dialect == "postgresql" and outcome.refusals["created apart"]
        assert ended.code in ((1, 2) if late else (2,)), (dict(outcome.refusals), ended.err)
        assert before == own(database)
    else:
        assert 0 == ended.code, ended.err
        assert [] == disagreements(case, outcome, database)
        online = own(database)
        ended = project.downgrade()
        assert 0 == ended.code, ended.err
        assert before == own(database)
    assert "Traceback" not in ended.err
    if by_script:
        project = made(database, folder / "script", case)
        said = database.run_script(script(project, "upgrade", "head"))
        if outcome.refused:
            assert 0 != said.returncode, dict(outcome.refusals)
            assert before == own(database)
        else:
            assert 0 == said.returncode, said.stderr.decode()
            assert [] == disagreements(case, outcome, database)
            assert online.keys() == own(database).keys()
            back = database.run_script(script(project, "downgrade", "0002:0001"))
            assert 0 == back.returncode, back.stderr.decode()
            assert before == own(database)
    return "refused" if outcome.refused else "empty" if outcome.is_empty else "applied"


def test_any_spec_folds_as_the_design_says_and_goes_back(reused_database, tmp_path):
    numbers, ends = itertools.count(), Counter()

    @UNHURRIED
    @given(case=cases(reused_database.dialect), by_script=st.integers(1, BY_SCRIPT))
    def any_spec(case, by_script):
        folder = tmp_path / str(next(numbers))
        try:
            ends[holds(reused_database, folder, case, by_script=by_script == BY_SCRIPT)] += 1
        except AssertionError as error:
            error.add_note(told(case))
            raise

    any_spec()
    # Where nearly every case is refused or empty, nothing is tried.
    assert ends["applied"] > ends.total() / 8, ends
