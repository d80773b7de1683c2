"""Claims about the slots of `project_state`: every row of the design's tables, by hand (section 3, Slots)."""

import pytest

from databases import Database
from examples import CANONICAL, LATER, OLD, actions, counts, prepared, projects, refuses, state, states

pytestmark = [pytest.mark.sqlite_first, pytest.mark.drawn]

NAMES = {"c": CANONICAL, "s": "p05", "t": "interferometer"}
"""A canonical row and two shadows, by id. A state row has the id of its project."""


@pytest.fixture
def slot(database, upgrade, tmp_path):
    """Folds one slot: rows as (value, status) or (value, status, updated_at) by project; returns what it holds then."""

    def fold(**rows: tuple) -> dict:
        written = []
        for owner, (value, status, *moment) in rows.items():
            written.append(state(owner, owner, value, status, updated_at=moment[0] if moment else OLD))
        # Some row is active: a status that none has cannot be the one that says so.
        written.append(state("elsewhere", "elsewhere", "1"))
        every = {"projects": projects(**NAMES, elsewhere="atlas"), "project_state": written}
        upgrade(database, prepared(database, tmp_path, every))
        found = states(database)
        assert ("atlas", "1", "active") == found.pop("elsewhere")
        assert {name for name, _, _ in found.values()} <= {CANONICAL}
        return {key: (value, status) for key, (_, value, status) in found.items()}

    return fold


@pytest.fixture
def collided(database, tmp_path):
    """Tries to fold one slot that must be refused; returns the refusal."""

    def refuse(**rows: str) -> str:
        written = [state(owner, owner, value) for owner, value in rows.items()]
        registry = prepared(database, tmp_path, {"projects": projects(**NAMES), "project_state": written})
        said = [f"row '{owner}', active under '{NAMES[owner]}', says '{value}'" for owner, value in rows.items()]
        return refuses(database, registry, "rekey_collision_state", *said)

    return refuse


def did(database: Database) -> dict:
    return actions(database, "project_state")


# The three regressions.


def test_a_superseded_shadow_row_on_a_free_slot_is_attached_to_the_canonical_and_still_superseded(slot, database):
    assert slot(s=("old", "superseded")) == {"s": ("old", "superseded")}
    assert counts(database, "apply") == {"state_rows_rekeyed": 1, "shadow_projects_deleted": 2}


def test_an_inactive_shadow_row_on_a_taken_slot_is_a_counted_journalled_drop_and_the_canonicals_value_stays(
    slot, database
):
    assert slot(c=("new", "active"), s=("old", "superseded")) == {"c": ("new", "active")}
    assert counts(database, "plan") == {"state_historical_drops": 1, "shadow_projects": 2}
    assert counts(database, "apply") == {"state_rows_historical_dropped": 1, "shadow_projects_deleted": 2}
    kept = database.rows(
        "SELECT id, project_id, value, status FROM rekey_journal_project_state WHERE rekey_action = 'drop'"
    )
    assert kept == [("s", "s", "old", "superseded")]


def test_an_active_shadow_row_displaces_an_inactive_canonical_one_with_its_counter(slot, database):
    assert slot(c=("old", "superseded"), s=("new", "active")) == {"s": ("new", "active")}
    applied = {"state_rows_rekeyed": 1, "state_rows_replaced_inactive_canonical": 1, "shadow_projects_deleted": 2}
    assert counts(database, "apply") == applied
    assert counts(database, "plan") == {"state_rekey_rows": 1, "shadow_projects": 2}


# The decision table of the original script, row by row.


@pytest.mark.slow
@pytest.mark.parametrize("status", ["active", "superseded", "invalid", "", None])
def test_a_shadow_row_of_any_status_on_a_free_slot_is_rekeyed_as_it_is(slot, database, status):
    assert slot(s=("v", status)) == {"s": ("v", status)}
    assert did(database) == {"s": "rekey"}


@pytest.mark.slow
@pytest.mark.parametrize("canonical", ["active", "superseded"])
def test_an_inactive_shadow_row_that_says_the_same_is_merged_and_the_canonical_stays_as_it_is(
    slot, database, canonical
):
    assert slot(c=("v", canonical), s=("v", "superseded")) == {"c": ("v", canonical)}
    assert did(database) == {"c": "keep", "s": "merge"}
    assert counts(database, "plan") == {"state_rekey_rows": 1, "shadow_projects": 2}


def test_an_active_shadow_row_that_says_the_same_as_the_active_canonical_is_merged(slot, database):
    assert slot(c=("v", "active"), s=("v", "active")) == {"c": ("v", "active")}
    assert did(database) == {"c": "keep", "s": "merge"}


def test_an_active_shadow_row_that_says_the_same_as_an_inactive_canonical_revives_it(slot, database):
    assert slot(c=("v", "superseded"), s=("v", "active")) == {"c": ("v", "active")}
    assert did(database) == {"c": "revive", "s": "merge"}
    plan = {"state_rekey_rows": 1, "state_rows_revived": 1, "shadow_projects": 2}
    applied = {"state_rows_merged_as_duplicate": 1, "state_rows_revived": 1, "shadow_projects_deleted": 2}
    assert (counts(database, "plan"), counts(database, "apply")) == (plan, applied)


def test_two_active_rows_with_different_values_are_a_collision_that_names_both_values(collided):
    collided(c="new", s="old")


@pytest.mark.slow
@pytest.mark.parametrize("canonical", ["superseded", "invalid", None])
def test_an_active_shadow_row_wins_over_an_inactive_canonical_one_whatever_its_status_is_called(
    slot, database, canonical
):
    assert slot(c=("old", canonical), s=("new", "active")) == {"s": ("new", "active")}
    assert did(database) == {"c": "replace", "s": "rekey"}


@pytest.mark.slow
@pytest.mark.parametrize("canonical", ["active", "superseded"])
@pytest.mark.parametrize("shadow", ["superseded", None])
def test_an_inactive_shadow_row_that_says_otherwise_is_dropped_even_if_it_is_newer(slot, database, canonical, shadow):
    assert slot(c=("new", canonical), s=("old", shadow, LATER)) == {"c": ("new", canonical)}
    assert did(database) == {"c": "keep", "s": "drop"}


# Several shadows of one project in one slot.


def test_of_two_active_shadow_rows_with_one_value_the_newest_is_rekeyed_and_the_other_merged(slot, database):
    assert slot(s=("v", "active", OLD), t=("v", "active", LATER)) == {"t": ("v", "active")}
    assert did(database) == {"s": "merge", "t": "rekey"}


def test_at_a_tie_of_two_shadow_rows_the_smallest_id_is_rekeyed(slot, database):
    assert slot(t=("v", "superseded"), s=("w", "superseded")) == {"s": ("w", "superseded")}
    assert did(database) == {"s": "rekey", "t": "drop"}


@pytest.mark.slow
def test_an_active_shadow_row_wins_over_a_newer_inactive_one(slot, database):
    assert slot(s=("v", "active", OLD), t=("w", "superseded", LATER)) == {"s": ("v", "active")}
    assert did(database) == {"s": "rekey", "t": "drop"}


@pytest.mark.slow
def test_of_two_inactive_shadow_rows_the_newest_is_rekeyed(slot, database):
    assert slot(s=("v", "superseded", OLD), t=("w", "invalid", LATER)) == {"t": ("w", "invalid")}
    assert did(database) == {"s": "drop", "t": "rekey"}


@pytest.mark.every_case
@pytest.mark.slow
def test_a_time_is_newer_than_no_time(slot, database):
    assert slot(s=("v", "superseded", None), t=("w", "superseded", OLD)) == {"t": ("w", "superseded")}


@pytest.mark.slow
def test_an_active_shadow_row_displaces_the_canonical_and_the_other_shadow_row_is_measured_by_the_winner(
    slot, database
):
    after = slot(c=("old", "superseded"), s=("new", "active"), t=("old", "superseded", LATER))
    assert after == {"s": ("new", "active")}
    assert did(database) == {"c": "replace", "s": "rekey", "t": "drop"}


@pytest.mark.slow
def test_a_revived_canonical_takes_one_shadow_row_in_and_drops_the_other(slot, database):
    after = slot(c=("v", "superseded"), s=("v", "active"), t=("w", "superseded", LATER))
    assert after == {"c": ("v", "active")}
    assert did(database) == {"c": "revive", "s": "merge", "t": "drop"}


@pytest.mark.slow
def test_two_shadows_with_different_live_values_collide_without_any_canonical_row(collided):
    collided(s="v", t="w")


@pytest.mark.slow
def test_a_collision_of_three_rows_names_all_three(collided):
    collided(c="u", s="v", t="w")


@pytest.mark.slow
def test_a_third_row_that_agrees_does_not_heal_a_collision(collided):
    collided(c="v", s="v", t="w")


# Values.


@pytest.mark.every_case
@pytest.mark.slow
def test_no_value_is_the_same_as_no_value_and_differs_from_an_empty_one(slot, database):
    assert slot(c=(None, "active"), s=(None, "active"), t=("", "superseded")) == {"c": (None, "active")}
    assert did(database) == {"c": "keep", "s": "merge", "t": "drop"}


@pytest.mark.every_case
@pytest.mark.slow
def test_values_that_differ_in_case_or_blanks_differ(collided):
    collided(c="v", s="V", t="v ")


# What is left alone.


def test_slots_without_a_shadow_row_are_not_even_planned(database, upgrade, tmp_path):
    rows = [state("c1", "c", "1", "superseded", key="one"), state("s1", "s", "1", key="two")]
    written = {"projects": projects(c=CANONICAL, s="p05", o="atlas"), "project_state": [*rows, state("o1", "o", "2")]}
    upgrade(database, prepared(database, tmp_path, written))
    assert did(database) == {"s1": "rekey"}
    assert states(database)["c1"] == (CANONICAL, "1", "superseded")
    assert states(database)["o1"] == ("atlas", "2", "active")


@pytest.mark.slow
def test_slots_of_one_key_in_two_categories_do_not_meet(database, upgrade, tmp_path):
    rows = [state("c1", "c", "1", category="decision"), state("s1", "s", "2", category="risk")]
    upgrade(
        database,
        prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05"), "project_state": rows}),
    )
    assert did(database) == {"s1": "rekey"}
