"""Claims about `alembic-rekey restore-plan`: the dry run of the downgrade, reading only."""

import pytest

import legacy
from commands import rekey_here


@pytest.fixture
def folded(database, upgrade, registry_path):
    """A database after an upgrade that created a canonical row."""
    legacy.create(database)
    database.insert("projects", [{"id": "1", "name": "al"}])
    database.insert("project_state", [{"id": "s", "project_id": "1", "category": "c", "key": "k", "value": "v"}])
    database.insert("interactions", [{"id": "i", "prompt": "p", "project": "AL"}])
    legacy.write_registry(registry_path, {"alpha": ["al"]})
    upgrade(database, registry_path)
    return database


def test_it_counts_what_goes_back_and_changes_nothing(folded, registry_path):
    before = folded.snapshot()
    made = rekey_here(folded, registry_path, "restore-plan")
    assert (0, "") == (made.status, made.err)
    assert "projects: 2 rows go back, 0 drifted" in made.out
    assert "project_state: 1 row goes back, 0 drifted" in made.out
    assert before == folded.snapshot()


@pytest.mark.slow
def test_it_lists_what_drifted_with_what_keep_would_do(folded, registry_path):
    folded.execute("UPDATE interactions SET response = 'later'")
    made = rekey_here(folded, registry_path, "restore-plan")
    assert "interactions: row 'i' (rekey for 'alpha'): it was edited since the upgrade" in made.out
    assert "on_drift=keep would leave it as it is now" in made.out


@pytest.mark.words
@pytest.mark.slow
def test_a_run_that_was_restored_is_refused(folded, downgrade, registry_path):
    downgrade(folded, registry_path)
    for asked in ((), ("1",)):
        made = rekey_here(folded, registry_path, "restore-plan", *asked)
        assert (1, "") == (made.status, made.out)
        assert "FAILED: run 1 cannot be restored" in made.err
        assert "run 1 was restored already" in made.err


@pytest.mark.words
@pytest.mark.slow
def test_an_older_run_is_refused_with_the_newer_one(folded, registry_path):
    folded.execute(
        "INSERT INTO rekey_run (id, revision, noun, outcome, started_at, registry_path)"
        " SELECT 2, '0004', 'project', 'applied', started_at, registry_path FROM rekey_run"
    )
    made = rekey_here(folded, registry_path, "restore-plan", "1")
    assert (1, True) == (made.status, "run 2, of revision 0004, comes after run 1" in made.err)


@pytest.mark.words
@pytest.mark.slow
def test_an_unknown_run_is_refused(folded, registry_path):
    made = rekey_here(folded, registry_path, "restore-plan", "9")
    assert (1, True) == (made.status, "no run 9 is recorded" in made.err)
