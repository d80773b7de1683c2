"""Claims about counts as a person reads them: one name for each, before and after."""

from alembic_rekey.plan.told_counts import told_applied, told_planned

PLANNED = {
    "shadow_projects": 2,
    "canonical_rows_renamed": 1,
    "state_rekey_rows": 5,
    "state_historical_drops": 1,
    "state_rows_revived": 0,
    "state_collisions": 0,
    "memory_rekey_rows": 3,
    "memory_supersede_rows": 1,
    "tag_rekey_rows": 4,
    "tag_merge_rows": 2,
    "project_values_left_behind": 7,
}
APPLIED = {
    "canonical_rows_created": 1,
    "canonical_rows_renamed": 1,
    "shadow_projects_deleted": 2,
    "state_rows_replaced_inactive_canonical": 1,
    "state_rows_merged_as_duplicate": 2,
    "state_rows_historical_dropped": 1,
    "state_rows_revived": 0,
    "state_rows_rekeyed": 3,
    "memory_rows_superseded": 1,
    "memory_rows_rekeyed": 3,
    "tag_rows_merged_as_duplicate": 2,
    "tag_rows_rekeyed": 4,
}


def test_what_was_done_has_the_names_and_numbers_of_its_plan():
    told = {one.name: one.value for one in told_applied(PLANNED, APPLIED)}
    asked = {
        name: value for name, value in PLANNED.items() if name not in ("state_collisions", "project_values_left_behind")
    }
    assert {**asked, "canonical_rows_created": 1, "state_rows_replaced_inactive_canonical": 1} == told


def test_merged_rows_are_told_among_those_that_are_rekeyed_before_and_after():
    planned, applied = told_planned(PLANNED, {"state": 2}), told_applied(PLANNED, APPLIED)
    for told in (planned, applied):
        assert "state_rekey_rows 5 (of these merged 2)" in [one.text for one in told]
        assert ["state_rekey_rows"] == [one.name for one in told if one.note]
    assert list(PLANNED.items()) == [(one.name, one.value) for one in planned]


def test_counts_of_no_known_plan_keep_their_names():
    assert [("state_rows_rekeyed", 3)] == [one[:2] for one in told_applied({}, {"state_rows_rekeyed": 3})]
