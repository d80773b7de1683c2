"""The oracle of any spec against examples worked out by hand from the design, section 4: slots."""

from dataclasses import replace

import pytest

from reading import (
    RUN_TIME,
    Absorb,
    Created,
    Declaration,
    Differing,
    Duplicates,
    Expression,
    Identity,
    Itself,
    Missing,
    References,
    Slots,
    Time,
    counts_of,
    folded,
)

REGISTRY = {"Atlas": ["at", "ATL"]}
PROJECTS = Identity(table="projects", noun="project", key=("id",), name="name")
ROWS = [{"id": number, "name": name} for number, name in enumerate(("Atlas", "at", "ATL ", "other"), 1)]
STATE = Slots(
    table="state",
    noun="state",
    key=("id",),
    owners=(("project_id",),),
    slot=("slot",),
    value="value",
    status="status",
    updated_at=Time("at", "ms"),
)
LINKS = Slots(table="links", noun="link", key=("post", "project_id"), owners=(("project_id",),), slot=("post",))
FOLLOWS = Slots(table="follows", noun="follow", key=("who", "whom"), owners=(("who",), ("whom",)))
PLANNED = ("rekey_rows", "collisions", "historical_drops", "rows_revived")
APPLIED = ("rekeyed", "merged_as_duplicate", "replaced_inactive_canonical", "historical_dropped", "revived")
ONE = [{"id": 1, "name": "at"}]


def held(*rows):
    """Rows of the one slot: who owns each, its value, its status, its time; numbered from 1."""
    told = [
        dict(zip(("project_id", "value", "status", "at"), (*row, *("x", "active", 0)[len(row) - 1 :]), strict=True))
        for row in rows
    ]
    return [{"id": number, "slot": "s", **row} for number, row in enumerate(told, 1)]


def fold(part, rows, *more, identity=PROJECTS, projects=ROWS, **tables):
    """The outcome for the rows of one table of slots."""
    declaration = Declaration(identity=identity, slots=(part,), references=more)
    return folded(declaration, REGISTRY, {"projects": projects, part.table: rows, **tables})


def by_id(outcome, table="state"):
    return {row["id"]: row for row in outcome.rows[table]}


@pytest.mark.parametrize(
    ("shadow", "own", "said"),
    [
        (("x", "active"), None, {1: "rekey"}),
        (("x", "old"), None, {1: "rekey"}),
        (("x", None), None, {1: "rekey"}),
        (("x", "active"), ("x", "active"), {1: "merge"}),
        (("x", "old"), ("x", "active"), {1: "merge"}),
        (("x", "old"), ("x", "invalid"), {1: "merge"}),
        ((None, "active"), (None, "active"), {1: "merge"}),
        (("x", "active"), ("x", "old"), {1: "merge", 2: "revive"}),
        ((None, "active"), (None, "old"), {1: "merge", 2: "revive"}),
        (("x", "active"), ("y", "old"), {1: "rekey", 2: "replace"}),
        (("x", "active"), (None, None), {1: "rekey", 2: "replace"}),
        (("x", "old"), ("y", "active"), {1: "drop"}),
        (("x", "old"), ("y", "invalid"), {1: "drop"}),
    ],
)
def test_each_line_of_the_decision_table_for_one_shadow(shadow, own, said):
    outcome = fold(STATE, held((2, *shadow), *([(1, *own)] if own else [])))
    assert not outcome.refused
    assert said == outcome.said("state")
    (stays,) = outcome.rows["state"]
    assert 1 == stays["project_id"]
    if said.get(stays["id"]) is not None:
        assert RUN_TIME == stays["at"]
    if said.get(2) == "revive":
        assert "active" == stays["status"]
    assert all(
        decision.survivor == (stays["id"],)
        for (key,), decision in outcome.actions["state"].items()
        if key != stays["id"]
    )


def test_live_values_that_differ_collide():
    outcome = fold(STATE, held((2, "x"), (1, "y")))
    assert {("state", (1, "s"))} == outcome.refusals["collision"]
    counts = counts_of(Declaration(identity=PROJECTS, slots=(STATE,)), outcome)
    assert (1, {}, {}) == (counts.plan["state_collisions"], counts.apply, dict(outcome.rows))


@pytest.mark.parametrize(
    ("differing", "rows", "said"),
    [
        (Differing.CANONICAL, [(1, "x"), (2, "y", "active", 9)], {2: "drop"}),
        (Differing.CANONICAL, [(2, "x", "active", 1), (3, "y", "active", 2)], {1: "drop", 2: "rekey"}),
        (Differing.NEWEST, [(1, "x", "active", 1), (2, "y", "active", 2)], {1: "drop", 2: "rekey"}),
        (Differing.NEWEST, [(1, "x", "active", 2), (2, "y", "active", 1)], {2: "drop"}),
        (Differing.NEWEST, [(1, "x", "active", 1), (2, "y", "active", 1)], {2: "drop"}),
        (Differing.NEWEST, [(1, "x", "active", None), (2, "y", "active", 0)], {1: "drop", 2: "rekey"}),
        (
            Differing.NEWEST,
            [(1, "x", "active", 1), (2, "x", "active", 3), (3, "y", "active", 2)],
            {2: "merge", 3: "drop"},
        ),
        (
            Differing.NEWEST,
            [(1, "x", "active", 1), (2, "y", "active", 2), (3, "z", "old", 3)],
            {1: "drop", 2: "rekey", 3: "drop"},
        ),
        (
            Differing.NEWEST,
            [(1, "y", "old", 9), (2, "y", "active", 2), (3, "z", "active", 1)],
            {1: "revive", 2: "merge", 3: "drop"},
        ),
    ],
)
def test_the_declaration_may_say_which_live_value_stays(differing, rows, said):
    assert said == fold(replace(STATE, differing=differing), held(*rows)).said("state")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(2, "x", "active", 1), (3, "x", "active", 2)], {1: "merge", 2: "rekey"}),
        ([(2, "x", "active", 1), (3, "x", "active", 1)], {1: "rekey", 2: "merge"}),
        ([(2, "x", "active", None), (3, "x", "active", -1)], {1: "merge", 2: "rekey"}),
        ([(2, "x", "active", 1), (3, "y", "old", 2)], {1: "rekey", 2: "drop"}),
        ([(2, "x", "old", 1), (3, "y", "old", 2)], {1: "drop", 2: "rekey"}),
    ],
)
def test_among_several_shadows_the_newest_stays_then_the_smallest_key(rows, said):
    assert said == fold(STATE, held(*rows)).said("state")


def test_slots_without_a_shadow_are_left_alone_and_so_are_rows_that_do_not_count():
    assert {} == fold(STATE, held((1, "x"), (4, "y"), (None, "z"))).said("state")
    part = replace(STATE, where=Expression("id < 2", lambda row: row["id"] < 2))
    outcome = fold(part, held((2, "x"), (1, "y"), (2, "z")))
    assert {1: "rekey"} == outcome.said("state")
    assert {1: 1, 2: 1, 3: 2} == {key: row["project_id"] for key, row in by_id(outcome).items()}


def test_one_owner_with_several_rows_in_a_slot_that_a_shadow_touches_is_refused():
    assert {("state", (1, "s"))} == fold(STATE, held((1, "x"), (1, "x"), (2, "x"))).refusals["crowded"]
    assert {("state", (2, "s"))} == fold(STATE, held((2, "x", "old"), (2, "x"))).refusals["crowded"]
    assert not fold(STATE, held((1, "x"), (1, "y"))).refused


def test_null_is_a_slot_of_its_own():
    rows = [
        {**row, "slot": slot} for row, slot in zip(held((1, "x"), (2, "x"), (2, "x")), (None, None, "t"), strict=True)
    ]
    assert {2: "merge", 3: "rekey"} == fold(STATE, rows).said("state")


def test_without_a_value_rows_say_the_same_and_without_a_status_all_are_active():
    assert {2: "merge"} == fold(replace(STATE, value=None), held((1, "x"), (2, "y"))).said("state")
    assert {2: "merge", 1: "revive"} == fold(replace(STATE, value=None), held((1, "x", "old"), (2, "y"))).said("state")
    assert fold(replace(STATE, status=None), held((1, "x", "old"), (2, "y", "old"))).refusals["collision"]
    assert {2: "merge"} == fold(replace(STATE, status=None), held((1, "x", "old"), (2, "x"))).said("state")


def test_without_a_time_the_smallest_key_stays():
    part = replace(STATE, value=None, status=None, updated_at=None)
    outcome = fold(part, held((2, "x", "active", 1), (3, "y", "active", 2)))
    assert {1: "rekey", 2: "merge"} == outcome.said("state")
    assert 1 == by_id(outcome)[1]["at"]


def test_a_slot_of_no_columns_is_one_row_per_identity():
    part = replace(STATE, slot=(), value=None, status=None)
    rows = [{**row, "slot": slot} for row, slot in zip(held((1, "x"), (2, "y"), (4, "z")), "abc", strict=True)]
    assert {2: "merge"} == fold(part, rows).said("state")


def test_the_row_that_stays_takes_from_those_that_go():
    part = replace(STATE, value=None, status=None, absorb={"value": Absorb.SUM})
    own = fold(part, held((1, 1), (2, 2), (3, None)))
    assert ({1: "absorb", 2: "merge", 3: "merge"}, 3, RUN_TIME) == (
        own.said("state"),
        by_id(own)[1]["value"],
        by_id(own)[1]["at"],
    )
    same = fold(part, held((1, 1), (2, 0)))
    assert ({2: "merge"}, 0) == (same.said("state"), by_id(same)[1]["at"])
    moved = fold(part, held((2, 5)))
    assert ({1: "rekey"}, 5) == (moved.said("state"), by_id(moved)[1]["value"])


def test_a_key_that_holds_the_owner_changes_with_it():
    links = [{"post": post, "project_id": owner} for post, owner in (("p", 1), ("p", 2), ("q", 2), ("q", 3), ("r", 4))]
    outcome = fold(LINKS, links)
    assert {("p", 2): "merge", ("q", 2): "rekey", ("q", 3): "merge"} == outcome.said("link")
    assert [("p", 1), ("q", 1), ("r", 4)] == [(row["post"], row["project_id"]) for row in outcome.rows["links"]]
    assert {("p", 2): ("p", 1), ("q", 2): ("q", 1), ("q", 3): ("q", 1)} == outcome.leads["link"]


@pytest.mark.parametrize(
    ("itself", "pairs"),
    [(Itself.REFUSE, None), (Itself.KEEP, {(1, 1), (1, 4), (4, 1)}), (Itself.DELETE, {(1, 4), (4, 1)})],
)
def test_a_slot_of_two_owners_is_both_of_them_after_the_fold(itself, pairs):
    follows = [{"who": who, "whom": whom} for who, whom in ((1, 2), (2, 4), (3, 4), (4, 2), (1, 4))]
    outcome = fold(replace(FOLLOWS, itself=itself), follows)
    if pairs is None:
        assert {("follow", (1, 2))} == outcome.refusals["itself"]
        return
    assert pairs == {(row["who"], row["whom"]) for row in outcome.rows["follows"]}
    own = "rekey" if itself is Itself.KEEP else "delete"
    assert {(1, 2): own, (2, 4): "merge", (3, 4): "merge", (4, 2): "rekey"} == outcome.said("follow")


def test_rows_of_a_slot_row_that_goes_hang_on_the_one_that_stays():
    items = References(table="items", noun="item", key=("id",), owners=(("list",),), of="state")
    rows = [{"id": number, "list": number} for number in (1, 2, 3)]
    outcome = fold(STATE, held((1, "x"), (2, "x"), (3, "y", "old")), items, items=rows)
    assert {2: "merge", 3: "drop"} == outcome.said("state")
    assert {1: 1, 2: 1, 3: 1} == {row["id"]: row["list"] for row in outcome.rows["items"]}
    assert {2: "rekey", 3: "rekey"} == outcome.said("item")
    assert "Atlas" == outcome.actions["item"][2,].canonical


def test_rows_of_a_slot_row_whose_key_changes_follow_it():
    items = References(table="items", noun="item", key=("id",), owners=(("post", "project"),), of="link")
    outcome = fold(LINKS, [{"post": "p", "project_id": 2}], items, items=[{"id": 1, "post": "p", "project": 2}])
    assert [{"id": 1, "post": "p", "project": 1}] == outcome.rows["items"]


def test_slots_may_refer_to_slots():
    parts = replace(STATE, table="parts", noun="part", owners=(("of",),), of="state")
    rows = [
        {"id": number, "of": owner, "slot": "s", "value": "x", "status": "active", "at": at}
        for number, owner, at in ((1, 1, 0), (2, 2, 1))
    ]
    declaration = Declaration(identity=PROJECTS, slots=(parts, STATE))
    outcome = folded(declaration, REGISTRY, {"projects": ROWS, "state": held((1, "x"), (2, "x")), "parts": rows})
    assert {2: "merge"} == outcome.said("part")


def test_slots_are_counted():
    rows = [(1, "x", "old"), (2, "y"), (3, "y", "old")]
    rows = [
        *held(*rows),
        *({**row, "id": row["id"] + 3, "slot": "t"} for row in held((1, "x", "old"), (2, "x"), (3, "y", "old"))),
    ]
    counts = counts_of(Declaration(identity=PROJECTS, slots=(STATE,)), fold(STATE, rows))
    assert (3, 0, 1, 1) == tuple(counts.plan[f"state_{name}"] for name in PLANNED)
    assert (1, 2, 1, 1, 1) == tuple(counts.apply[f"state_rows_{name}"] for name in APPLIED)


def test_slots_of_a_created_and_of_a_promoted_row():
    created = fold(STATE, held((1, "x")), projects=ONE)
    assert Created("Atlas") == by_id(created)[1]["project_id"]
    promoted = fold(STATE, held((1, "x")), projects=ONE, identity=replace(PROJECTS, missing=Missing.PROMOTE))
    assert ({1: "rename"}, {}) == (promoted.said("project"), promoted.said("state"))


def test_slots_of_rows_that_were_found():
    identity = replace(PROJECTS, duplicates=Duplicates.FOUND)
    projects = [{"id": number, "name": "a"} for number in (3, 2)]
    outcome = fold(STATE, held((3, "x"), (2, "y", "old")), projects=projects, identity=identity)
    assert {1: "rekey", 2: "replace"} == outcome.said("state")
    assert "a" == outcome.actions["state"][1,].canonical


def test_a_name_in_a_slot_row_follows():
    rows = [{**row, "said": said} for row, said in zip(held((2, "x"), (3, "x")), ("at", "ATL "), strict=True)]
    outcome = fold(replace(STATE, names=("said",)), rows)
    assert "Atlas" == by_id(outcome)[1]["said"]
