"""The oracle against examples worked out by hand from the design."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oracle import expected, instant, is_unread, key
from outcomes import Marker, Outcome, disagreements

REGISTRY = {"p05-interferometer": ["p05", "interferometer"]}
CANONICAL = "p05-interferometer"
OLD, NEW = "2026-01-01 10:00:00", "2026-01-02 10:00:00"


def fold(projects=(), state=(), memories=(), interactions=(), registry: dict[str, list[str]] | None = None) -> Outcome:
    """The outcome for rows in short: a project is its name, which is its id too; all state is in one slot.

    State is (id, project, value, status[, updated_at]), a memory (id, project, content[, status
    [, updated_at]]), an interaction (id, project).
    """
    rows = {
        "projects": [{"id": name, "name": name, "updated_at": OLD} for name in projects],
        "project_state": [
            {
                "id": each,
                "project_id": project,
                "category": "c",
                "key": "k",
                "value": value,
                "status": status,
                "updated_at": when[0] if when else OLD,
            }
            for each, project, value, status, *when in state
        ],
        "memories": [
            {
                "id": each,
                "project": project,
                "memory_type": "fact",
                "content": content,
                **dict(zip(("status", "updated_at"), (*rest, *("active", OLD)[len(rest) :]), strict=True)),
            }
            for each, project, content, *rest in memories
        ],
        "interactions": [{"id": each, "project": project} for each, project in interactions],
    }
    return expected(registry or REGISTRY, rows)


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in counts.items() if number}


def after(outcome: Outcome, table: str) -> dict[str, dict]:
    return {row["id"]: row for row in outcome.rows[table]}


SHADOW, OWN = ("s", "p05"), ("c", CANONICAL)


@pytest.mark.parametrize(
    ("shadow", "own", "actions"),
    [
        (("x", "active"), None, {"s": "rekey"}),
        (("x", "superseded"), None, {"s": "rekey"}),
        (("x", None), None, {"s": "rekey"}),
        (("x", "active"), ("x", "active"), {"s": "merge"}),
        (("x", "superseded"), ("x", "active"), {"s": "merge"}),
        (("x", "superseded"), ("x", "invalid"), {"s": "merge"}),
        ((None, "active"), (None, "active"), {"s": "merge"}),
        (("x", "active"), ("x", "superseded"), {"s": "merge", "c": "revive"}),
        ((None, "active"), (None, "superseded"), {"s": "merge", "c": "revive"}),
        (("x", "active"), ("y", "superseded"), {"s": "rekey", "c": "replace"}),
        (("x", "active"), (None, None), {"s": "rekey", "c": "replace"}),
        (("x", "superseded"), ("y", "active"), {"s": "drop"}),
        (("x", "superseded"), ("y", "invalid"), {"s": "drop"}),
    ],
)
def test_each_row_of_the_decision_table_for_one_shadow(shadow, own, actions) -> None:
    state = [(*SHADOW, *shadow), *([(*OWN, *own)] if own else [])]
    outcome = fold([CANONICAL, "p05"], state)
    assert not outcome.refused
    assert outcome.actions["project_state"] == actions


@pytest.mark.parametrize("own_value", ["y", None])
def test_two_live_values_in_one_slot_collide_and_nothing_is_applied(own_value: str | None) -> None:
    outcome = fold([CANONICAL, "p05"], [(*SHADOW, "x", "active"), (*OWN, own_value, "active")])
    assert outcome.collisions == {(CANONICAL, "c", "k")}
    assert (outcome.refused, dict(outcome.rows), outcome.apply_counts) == (True, {}, {})
    assert nonzero(outcome.plan_counts) == {"shadow_projects": 1, "state_collisions": 1}


def test_a_superseded_shadow_row_on_a_free_slot_is_attached_to_the_canonical_and_still_superseded() -> None:
    outcome = fold([CANONICAL, "p05"], [(*SHADOW, "x", "superseded")])
    kept = after(outcome, "project_state")["s"]
    assert (kept["owner"], kept["status"], kept["updated_at"]) == (CANONICAL, "superseded", Marker.RUN_TIME)
    assert outcome.apply_counts["state_rows_rekeyed"] == 1


def test_an_inactive_shadow_row_on_a_taken_slot_is_a_counted_drop_and_the_canonical_stays() -> None:
    outcome = fold([CANONICAL, "p05"], [(*SHADOW, "x", "invalid"), (*OWN, "y", "active")])
    assert {each: row["value"] for each, row in after(outcome, "project_state").items()} == {"c": "y"}
    assert after(outcome, "project_state")["c"]["updated_at"] == OLD
    assert nonzero(outcome.plan_counts) == {"shadow_projects": 1, "state_historical_drops": 1}
    assert nonzero(outcome.apply_counts) == {"shadow_projects_deleted": 1, "state_rows_historical_dropped": 1}


def test_an_active_shadow_row_displaces_an_inactive_canonical_one_and_is_counted() -> None:
    outcome = fold([CANONICAL, "p05"], [(*SHADOW, "x", "active"), (*OWN, "y", "superseded")])
    assert {each: row["owner"] for each, row in after(outcome, "project_state").items()} == {"s": CANONICAL}
    assert nonzero(outcome.apply_counts) == {
        "shadow_projects_deleted": 1,
        "state_rows_rekeyed": 1,
        "state_rows_replaced_inactive_canonical": 1,
    }


def test_a_revived_canonical_row_is_active_again_and_the_shadow_row_goes() -> None:
    outcome = fold([CANONICAL, "p05"], [(*SHADOW, "x", "active"), (*OWN, "x", "superseded")])
    assert set(after(outcome, "project_state")) == {"c"}
    revived = after(outcome, "project_state")["c"]
    assert (revived["status"], revived["updated_at"]) == ("active", Marker.RUN_TIME)
    assert (outcome.plan_counts["state_rekey_rows"], outcome.plan_counts["state_rows_revived"]) == (1, 1)


def test_two_shadows_without_a_canonical_row_fold_into_one_created_row() -> None:
    outcome = fold(["p05", "interferometer"])
    (created,) = outcome.rows["projects"]
    assert created == {
        "id": Marker.CREATED_ID,
        "name": CANONICAL,
        "description": "created by legacy alias migration",
        "created_at": Marker.RUN_TIME,
        "updated_at": Marker.RUN_TIME,
    }
    assert nonzero(outcome.apply_counts) == {"shadow_projects_deleted": 2, "canonical_rows_created": 1}


@pytest.mark.parametrize(
    ("rows", "actions"),
    [
        # Two live rows with one value: the newest, then the smallest id; the others merge.
        ([("a", "p05", "x", "active", OLD), ("b", "interferometer", "x", "active", NEW)], "a merge, b rekey"),
        ([("b", "p05", "x", "active", OLD), ("a", "interferometer", "x", "active", OLD)], "a rekey, b merge"),
        # A live one wins over a newer one that is not.
        ([("a", "p05", "x", "active", OLD), ("b", "interferometer", "y", "invalid", NEW)], "a rekey, b drop"),
        ([("a", "p05", "x", "invalid", OLD), ("b", "interferometer", "y", None, NEW)], "a drop, b rekey"),
        ([("a", "p05", "x", "invalid", OLD), ("b", "interferometer", "x", None, NEW)], "a merge, b rekey"),
        # The canonical's inactive row wins over inactive shadow rows, however new.
        (
            [
                ("a", "p05", "x", "invalid", NEW),
                ("b", "interferometer", "y", "invalid", NEW),
                ("c", CANONICAL, "x", "superseded"),
            ],
            "a merge, b drop",
        ),
        # Replaced by one live shadow row, while another one is history.
        (
            [
                ("a", "p05", "x", "active"),
                ("b", "interferometer", "y", "invalid", NEW),
                ("c", CANONICAL, "y", "invalid"),
            ],
            "a rekey, b drop, c replace",
        ),
        # Revived: what is compared with the survivor is compared with the canonical's row.
        (
            [
                ("a", "p05", "x", "active"),
                ("b", "interferometer", "x", "active", NEW),
                ("c", CANONICAL, "x", "invalid"),
            ],
            "a merge, b merge, c revive",
        ),
    ],
)
def test_two_shadows_in_one_slot_have_one_survivor(rows, actions: str) -> None:
    outcome = fold([CANONICAL, "p05", "interferometer"], rows)
    found = outcome.actions["project_state"]
    assert ", ".join(f"{each} {found[each]}" for each in sorted(found)) == actions


def test_two_shadows_with_different_live_values_collide_without_a_canonical_row() -> None:
    state = [("a", "p05", "x", "active"), ("b", "interferometer", "y", "active")]
    assert fold(["p05", "interferometer"], state).collisions == {(CANONICAL, "c", "k")}


def test_a_misspelt_canonical_is_renamed_and_keeps_its_rows() -> None:
    outcome = fold([" P05-Interferometer"], [("c", " P05-Interferometer", "x", "active")])
    assert after(outcome, "projects")[" P05-Interferometer"]["name"] == CANONICAL
    assert after(outcome, "project_state")["c"] == {
        "id": "c",
        "category": "c",
        "key": "k",
        "value": "x",
        "status": "active",
        "updated_at": OLD,
        "owner": CANONICAL,
    }
    assert nonzero(outcome.plan_counts) == {"canonical_rows_renamed": 1}


def test_a_misspelt_canonical_with_shadows_is_the_canonical_of_their_slots() -> None:
    outcome = fold(
        ["P05-interferometer", "P05"],
        [("s", "P05", "x", "invalid"), ("c", "P05-interferometer", "y", "invalid")],
    )
    assert outcome.actions["project_state"] == {"s": "drop"}
    assert outcome.actions["projects"] == {"P05-interferometer": "rename", "P05": "delete"}


def test_two_rows_with_the_canonicals_key_are_refused() -> None:
    outcome = fold(["P05", "p05"], registry={"p05": []})
    assert (outcome.two_canonical_rows, outcome.refused) == ({"p05"}, True)


def test_a_slot_with_two_rows_of_one_project_is_crowded_only_where_a_shadow_touches_it() -> None:
    twice = [("a", CANONICAL, "x", "active"), ("b", CANONICAL, "x", "invalid")]
    assert not fold([CANONICAL, "p05"], twice).refused
    assert fold([CANONICAL, "p05"], [*twice, (*SHADOW, "x", "active")]).crowded == {(CANONICAL, "c", "k")}


def test_an_alias_registered_for_two_projects_is_no_registry() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        fold(registry={"a": ["X"], "b": [" x "]})


def test_an_alias_registered_twice_for_one_project_is_harmless() -> None:
    assert fold(["p05"], registry={"p": ["p05", "P05 ", "", "P"]}).plan_counts["shadow_projects"] == 1


def test_names_match_as_python_lowers_them() -> None:
    assert key(" P05\u00a0") == "p05"
    assert key("\u212a9") == "k9"
    assert key("GRÖẞE") == key("Größe") != key("GRÖSSE")
    assert key("ΟΔΟΣ") == "οδος" != key("οδοσ")
    assert key("İ") == "i\u0307"


@pytest.mark.parametrize(
    ("memories", "actions"),
    [
        # Two alias rows with the same content: the newest wins, then the smallest id; the loser is history.
        ([("a", "p05", "m", "active", OLD), ("b", "P05", "m", "active", NEW)], "a supersede, b rekey"),
        ([("b", "p05", "m"), ("a", "P05", "m")], "a rekey, b supersede"),
        # A winner that was rekeyed supersedes the canonical's rows too.
        ([("a", "p05", "m", "active", NEW), ("b", CANONICAL, "m")], "a rekey, b supersede"),
        # A winner that was canonical already supersedes only what was rekeyed; at a tie it wins.
        ([("a", "p05", "m"), ("b", CANONICAL, "m"), ("c", CANONICAL, "m", "active", "1999")], "a supersede"),
        # Rows that were canonical all along are nobody's business.
        ([("a", CANONICAL, "m"), ("b", CANONICAL, "m")], ""),
        # Another status, another content: no duplicates. NULL agrees with NULL.
        ([("a", "p05", "m"), ("b", CANONICAL, "m", "invalid")], "a rekey"),
        ([("a", "p05", None, None), ("b", CANONICAL, None, None)], "a supersede"),
        # Not registered, empty or no project at all: left alone.
        ([("a", "atlas", "m"), ("b", "", "m"), ("c", None, "m")], ""),
        # Spelt with spaces or capitals, the canonical is rekeyed as well.
        ([("a", f" {CANONICAL.upper()}", "m")], "a rekey"),
    ],
)
def test_each_rule_of_rows_with_duplicates(memories, actions: str) -> None:
    found = fold(memories=memories).actions["memories"]
    assert ", ".join(f"{each} {found[each]}" for each in sorted(found)) == actions


def test_a_superseded_loser_reads_under_the_canonical_name_and_is_counted_apart() -> None:
    outcome = fold(memories=[("a", "p05", "m"), ("b", CANONICAL, "m")])
    loser = after(outcome, "memories")["a"]
    assert (loser["project"], loser["status"]) == (CANONICAL, "superseded")
    assert loser["updated_at"] is Marker.RUN_TIME
    assert nonzero(outcome.plan_counts) == {"memory_supersede_rows": 1}
    assert not outcome.is_empty


def test_rows_without_duplicates_are_rekeyed_and_nothing_else() -> None:
    outcome = fold(interactions=[("a", "P05"), ("b", CANONICAL), ("c", "atlas"), ("d", None)])
    assert [row["project"] for row in outcome.rows["interactions"]] == [CANONICAL, CANONICAL, "atlas", None]
    assert set(outcome.rows["interactions"][0]) == {"id", "project"}
    assert nonzero(outcome.apply_counts) == {"interaction_rows_rekeyed": 1}


def test_what_is_not_registered_or_spelt_exactly_is_an_empty_plan() -> None:
    outcome = fold([CANONICAL, "atlas"], [("c", CANONICAL, "x", "active"), ("d", "atlas", "y", "active")])
    assert outcome.is_empty
    assert len(outcome.rows["project_state"]) == 2


def test_times_compare_as_times_whatever_their_format() -> None:
    assert instant("2026-01-01 10:00:00") > instant("2026-01-01T09:00:00+00:00")
    same = ["2026-01-01 10:00:00", "2026-01-01T10:00:00Z", "2026-01-01 12:00:00.000+02:00"]
    assert {instant(time) for time in same} == {instant(datetime(2026, 1, 1, 10, tzinfo=UTC))}
    assert instant("2026-01-01 10:00:00.000001") == instant("2026-01-01 10:00:00") + 1
    assert instant(None) == instant("") < instant("0001-01-01 00:00:00")


def test_what_is_no_time_is_told_from_none() -> None:
    no_times = (None, "", "  ", "yesterday", "2026-02-30 10:00:00", 1767258000, "2026-01-01 10:00:00")
    assert [False] * 3 + [True] * 3 + [False] == [is_unread(time) for time in no_times]


def test_a_database_that_was_not_folded_disagrees_with_the_outcome() -> None:
    outcome = fold(["p05"], interactions=[("a", "p05")])
    rows = {"projects": [{"id": "p05", "name": "p05"}], "interactions": [{"id": "a", "project": "p05"}]}
    assert len(disagreements(outcome, rows)) == 3


def test_two_timestamps_in_one_run_disagree() -> None:
    outcome = fold(memories=[("a", "p05", "m"), ("b", "p05", "n")])
    times = {"a": NEW, "b": OLD}
    rows = [{**row, "updated_at": times[row["id"]]} for row in outcome.rows["memories"]]
    assert disagreements(outcome, {"memories": rows}) == [
        f"the run's timestamp is not one and the same: {set(times.values())}"
    ]
