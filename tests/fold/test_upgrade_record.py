"""Claims about the side tables that others may rely on, and about the run's one timestamp (section 4, Side tables)."""

import hashlib

import pytest

import legacy
from examples import CANONICAL, OLD, actions, folded, memory, prepared, projects, state
from outcomes import APPLY_COUNTS, PLAN_COUNTS


@pytest.fixture(scope="module")
def registry(reused_database, upgrade, tmp_path_factory):
    """The registry that `done` was folded with."""
    path = prepared(reused_database, tmp_path_factory.mktemp("registry"), folded(), extra_columns=True)
    upgrade(reused_database, path)
    return path


@pytest.fixture(scope="module")
def done(reused_database, registry):
    """A database that was folded, to be read only."""
    return reused_database


def columns(database, table):
    return [row[0] for row in database.rows(_COLUMNS[database.dialect].format(table))]


_COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('{}')",
    "postgresql": "SELECT attname FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY attnum",
}


@pytest.mark.slow
def test_a_run_records_revision_outcome_times_registry_and_plan(done, registry):
    ((number, revision, outcome, path, digest),) = done.rows(
        "SELECT id, revision, outcome, registry_path, registry_sha256 FROM rekey_run"
    )
    assert (number, revision, outcome, path) == (1, "0003", "applied", str(registry))
    assert digest == hashlib.sha256(registry.read_bytes()).hexdigest()
    assert done.rows("SELECT finished_at >= started_at, length(plan_sha256) FROM rekey_run") == [(1, 64)]


@pytest.mark.slow
def test_every_count_of_both_phases_is_recorded_zeros_included(done):
    found = done.rows("SELECT run_id, phase, name FROM rekey_count")
    wanted = [(1, "plan", name) for name in PLAN_COUNTS] + [(1, "apply", name) for name in APPLY_COUNTS]
    assert sorted(found) == sorted(wanted)


def test_the_counts_are_those_of_the_example(done):
    found = {(p, n): v for p, n, v in done.rows("SELECT phase, name, value FROM rekey_count") if v}
    plan = {
        "shadow_projects": 2,
        "project_values_left_behind": 1,
        "state_rekey_rows": 3,
        "state_historical_drops": 1,
        "memory_rekey_rows": 1,
        "memory_supersede_rows": 1,
        "interaction_rekey_rows": 1,
    }
    apply = {
        "shadow_projects_deleted": 2,
        "canonical_rows_created": 1,
        "state_rows_rekeyed": 2,
        "state_rows_merged_as_duplicate": 1,
        "state_rows_replaced_inactive_canonical": 1,
        "state_rows_historical_dropped": 1,
        "memory_rows_rekeyed": 1,
        "memory_rows_superseded": 1,
        "interaction_rows_rekeyed": 1,
    }
    phases = {"plan": plan, "apply": apply}
    assert found == {(phase, name): value for phase, each in phases.items() for name, value in each.items()}


@pytest.mark.slow
def test_the_registry_is_kept_as_the_run_saw_it(done):
    found = done.rows("SELECT run_id, alias, canonical FROM rekey_alias")
    assert set(found) == {
        *((1, alias, CANONICAL) for alias in (CANONICAL, "p05", "interferometer")),
        *((1, alias, "p06-polisher") for alias in ("p06-polisher", "p06")),
    }


@pytest.mark.slow
@pytest.mark.parametrize("table", legacy.TABLES)
def test_a_journal_has_its_own_columns_and_then_those_of_its_table(done, table):
    own = ["rekey_run", "rekey_action", "rekey_canonical", "rekey_place", "rekey_to_id"]
    assert columns(done, f"rekey_journal_{table}") == [*own, *columns(done, table)]


def test_the_journals_name_every_touched_row_and_no_other(done):
    assert actions(done, "projects") == {"c": "keep", "s": "delete", "new": "delete", None: "create"}
    assert actions(done, "project_state") == {
        "rekeyed": "rekey",
        "kept": "keep",
        "merged": "merge",
        "replaced": "replace",
        "displacing": "rekey",
        "living": "keep",
        "dropped": "drop",
    }
    assert actions(done, "memories") == {"m1": "supersede", "m2": "keep", "m3": "rekey"}
    assert actions(done, "interactions") == {"i1": "rekey"}


@pytest.mark.slow
def test_journalled_rows_carry_run_and_canonical(done):
    for table in legacy.TABLES:
        found = set(done.rows(f"SELECT rekey_run, rekey_canonical FROM rekey_journal_{table}"))
        assert found <= {(1, CANONICAL), (1, "p06-polisher")} != set()


@pytest.mark.slow
def test_every_changed_row_is_dated_by_the_run_and_by_nothing_else(database, upgrade, tmp_path):
    rows = folded()
    rows["projects"][0] = {**rows["projects"][0], "name": CANONICAL.upper()}
    rows["project_state"] += [state("revived", "c", "v", "invalid", key="r"), state("reviving", "s", "v", key="r")]
    upgrade(database, prepared(database, tmp_path, rows))
    changed = {
        "projects": {"rename", "create"},
        "project_state": {"rekey", "revive"},
        "memories": {"rekey", "supersede"},
    }
    for table, acts in changed.items():
        done = actions(database, table)
        assert acts <= set(done.values())
        dated = {
            key
            for (key,) in database.rows(f"SELECT t.id FROM {table} t, rekey_run r WHERE t.updated_at = r.started_at")
        }
        created = {row["id"] for row in database.table(table)} - {row["id"] for row in rows[table]}
        assert dated == {key for key, action in done.items() if action in acts and key} | created


@pytest.mark.slow
def test_rows_that_are_kept_or_not_planned_keep_their_date(done):
    old = done.stored(OLD) if done.dialect == "sqlite" else "2026-01-01 09:00:00+00"
    dates = {row["id"]: row["updated_at"] for row in done.table("project_state")}
    assert {dates["kept"], dates["living"], dates["others"]} == {old}


@pytest.mark.slow
def test_an_empty_run_is_recorded_too(database, upgrade, tmp_path):
    upgrade(database, prepared(database, tmp_path, {"projects": projects(c=CANONICAL), "memories": [memory("m", "")]}))
    assert database.rows("SELECT outcome, finished_at IS NOT NULL FROM rekey_run") == [("empty", 1)]
    assert database.rows("SELECT sum(value), count(*) FROM rekey_count") == [(0, len(PLAN_COUNTS) + len(APPLY_COUNTS))]
