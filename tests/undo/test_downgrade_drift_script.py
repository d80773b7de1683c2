"""Drift in a script: it stops by name, or shows what stays and comes to what the online downgrade comes to."""

import pytest

from alembic_rekey.back.drift import KEPT
from drifts import CASES, UNKNOWN, rows_of
from ways_back import everything_folded, script_back

pytestmark = pytest.mark.slow


def guard_of(case):
    nouns = {"projects": "project", "project_state": "state", "memories": "memory", "interactions": "interaction"}
    return next(f"rekey_drift_{noun}" for table, noun in nouns.items() if table in {place[0] for place in case.drift})


@pytest.mark.parametrize(
    "name",
    ["a deleted interaction", "a shadow that the application made again", "a state row under a created canonical",
     "an edited row that displaced another", *UNKNOWN],
)  # fmt: skip
def test_a_script_stops_at_drift_or_shows_what_stays_and_leaves_what_the_online_downgrade_leaves(
    reused_database, upgrade, downgrade, tmp_path, name
):
    database, case = reused_database, CASES[name]
    left = []
    for way in ("online", "script"):
        folded = everything_folded(database, tmp_path, upgrade, downgrade)
        database.execute(case.sql)
        if way == "online":
            folded.back(on_drift="keep")
        else:
            before = database.snapshot()
            stopped = database.run_script(script_back(database, folded.registry).encode())
            assert stopped.returncode != 0
            hidden = database.dialect == "sqlite" and name in UNKNOWN
            guard = "rekey_foreign_key_broken" if hidden else guard_of(case)
            assert guard in stopped.stderr.decode()
            assert database.snapshot() == before
            going = database.run_script(script_back(database, folded.registry, on_drift="keep").encode())
            if hidden:  # no statement can name an unknown table there: nothing is lost, and it refuses
                assert going.returncode != 0
                assert b"rekey_foreign_key_broken" in going.stderr
                assert database.snapshot() == before
                return
            assert going.returncode == 0, going.stderr
            for (table, key), drift in case.drift.items():
                line = next(line for line in going.stdout.decode().splitlines() if table in line and key in line)
                assert KEPT[drift][0] in line
        left.append(rows_of(database))
    assert left[0].keys() == left[1].keys()
    times = {"created_at", "updated_at"}
    for place, row in left[0].items():
        seen = left[1][place]
        assert [row[c] for c in row if c not in times] == [seen[c] for c in seen if c not in times]
