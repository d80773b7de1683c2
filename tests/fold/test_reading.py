"""The oracle of any spec against examples worked out by hand from the design: groups, the identity, children.

What it says of slots stands in `test_reading_slots.py`.
"""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from reading import (
    RUN_TIME,
    SURVIVOR,
    Absorb,
    Created,
    Declaration,
    Duplicates,
    Expression,
    ForeignKey,
    Identity,
    Itself,
    LeftBehind,
    Match,
    Missing,
    Most,
    OnFold,
    References,
    Stamped,
    Tags,
    Time,
    counts_of,
    folded,
    instant,
)

REGISTRY = {"Atlas": ["at", "ATL"], "Boreas": ["bo"]}
PROJECTS = Identity(table="projects", noun="project", key=("id",), name="name")
FOUND = replace(PROJECTS, duplicates=Duplicates.FOUND)
ORDERS = References(table="orders", noun="order", key=("id",), owners=(("project_id",),))
FOLLOWS = References(table="follows", noun="follow", key=("id",), owners=(("who",), ("whom",)))
NOTES = Tags(table="notes", noun="note", key=("id",), tag=("project",))


def column(name):
    """An expression that is a column."""
    return Expression(name, lambda row: row[name])


def fold(identity, projects, *children, registry=None, declared=None, **tables):
    """The outcome for rows of projects and of other tables."""
    kinds = {kind: tuple(part for part in children if isinstance(part, of)) for kind, of in KINDS.items()}
    declaration = Declaration(identity=identity, **kinds, **(declared or {}))
    return folded(declaration, REGISTRY if registry is None else registry, {"projects": projects, **tables})


KINDS = {"references": References, "tags": Tags}


def named(*names, **more):
    """Rows of projects with these names, numbered from 1."""
    return [{"id": number, "name": name, **more} for number, name in enumerate(names, 1)]


def by_id(outcome, table="projects"):
    return {row["id"]: {name: value for name, value in row.items() if name != "id"} for row in outcome.rows[table]}


def test_rows_of_one_entry_are_one_and_the_canonicals_own_stays():
    outcome = fold(PROJECTS, named("at", " Atlas\n", "ATL ", "Boreas", "other", None, " "))
    assert {1: "delete", 2: "rename", 3: "delete"} == outcome.said("project")
    assert {2: {"name": "Atlas"}, 4: {"name": "Boreas"}} == {key: by_id(outcome)[key] for key in (2, 4)}
    assert [2, 4, 5, 6, 7] == sorted(by_id(outcome))
    assert {(1,): (2,), (3,): (2,)} == outcome.leads["project"]


def test_names_match_exactly_where_the_declaration_says_so():
    outcome = fold(replace(PROJECTS, match=Match.EXACT), named("at", "AT", "Atlas", "atlas"))
    assert {1: "delete"} == outcome.said("project")


def test_an_id_that_is_the_name_is_compared_by_its_text():
    outcome = fold(replace(PROJECTS, name="id"), named("a", "b", "c"), registry={"3": ["1"], "4": ["9"]})
    assert {1: "delete"} == outcome.said("project")
    assert {(1,): (3,)} == outcome.leads["project"]


def test_an_id_that_no_row_has_stands_in_for_none():
    outcome = fold(replace(PROJECTS, name="id"), named("a", "b", "c"), registry={"7": ["3", "2"]})
    assert {("7", ())} == outcome.refusals["canonical absent"]


def test_a_retired_row_that_would_be_found_again_is_refused():
    rows = [{**row, "state": "live"} for row in named("Atlas", "at")]
    retiring = replace(PROJECTS, retire={"state": "merged"})
    assert {("project", (2,))} == fold(retiring, rows).refusals["retired again"]
    live = replace(retiring, where=Expression("", lambda row: row["state"] == "live"))
    assert {2: "retire"} == fold(live, rows).said("project")


def test_two_rows_with_the_canonicals_key_are_an_error_unless_a_rule_says_which():
    rows = named("Atlas", "atlas ", "at")
    assert {("Atlas", ())} == fold(PROJECTS, rows).refusals["two canonical rows"]
    for row, age in zip(rows, (3, 2, 1), strict=True):
        row["age"] = age
    outcome = fold(replace(PROJECTS, survivor=(column("age"),)), rows)
    assert not outcome.refused
    assert {2: "delete", 3: "delete"} == outcome.said("project")


def test_a_missing_canonical_is_created_with_what_the_spec_gives_it():
    identity = replace(
        PROJECTS, within=("tenant",), created={"label": "new"}, created_at=Time("since"), updated_at=Time("changed")
    )
    rows = named("at", "ATL", tenant=1, label="x", more=5, since="a", changed="b")
    outcome = fold(identity, [*rows, {**rows[0], "id": 7, "tenant": None}])
    made = Created("Atlas", (1,))
    assert {1: "delete", 2: "delete", 7: "delete", made: "create", Created("Atlas", (None,)): "create"} == outcome.said(
        "project"
    )
    wanted = {"name": "Atlas", "tenant": 1, "label": "new", "more": None, "since": RUN_TIME, "changed": RUN_TIME}
    assert wanted == by_id(outcome)[made]
    assert LeftBehind((1,), "more", 5, None) in outcome.left_behind
    assert LeftBehind((1,), "label", "x", "new") in outcome.left_behind
    assert 6 == counts_of(Declaration(identity=identity), outcome).plan["project_values_left_behind"]


def test_a_missing_canonical_is_the_first_alias_row_where_that_is_declared():
    identity = replace(PROJECTS, missing=Missing.PROMOTE, survivor=(column("age"),), updated_at=Time("changed"))
    rows = [{**row, "age": -row["id"], "changed": None} for row in named("at", "ATL")]
    outcome = fold(identity, rows)
    assert {1: "delete", 2: "rename"} == outcome.said("project")
    assert {2: {"name": "Atlas", "age": -2, "changed": RUN_TIME}} == by_id(outcome)


def test_names_are_one_within_what_must_agree_and_null_is_a_value_of_its_own():
    rows = [
        {"id": number, "name": name, "tenant": tenant}
        for number, (name, tenant) in enumerate((("Atlas", 1), ("at", 1), ("at", None), ("Atlas", None), ("bo", 2)), 1)
    ]
    outcome = fold(replace(PROJECTS, within=("tenant",)), rows)
    assert {(2,): (1,), (3,): (4,), (5,): (Created("Boreas", (2,)),)} == outcome.leads["project"]


def test_rows_that_do_not_count_are_left_alone():
    identity = replace(PROJECTS, where=Expression("gone is null", lambda row: row["gone"] is None))
    outcome = fold(identity, [*named("Atlas", "at", gone=None), {"id": 9, "name": "ATL", "gone": 1}])
    assert {2: "delete"} == outcome.said("project")


def test_rows_are_found_that_match_and_the_rule_says_which_stays():
    rows = [
        {**row, "age": age} for row, age in zip(named("At ", "at", "AT", "bo", "", ""), (3, 1, 2, 1, 1, 1), strict=True)
    ]
    outcome = fold(replace(FOUND, survivor=(column("age"),)), rows)
    assert {1: "delete", 3: "delete"} == outcome.said("project")
    assert ("at", (2,)) == outcome.actions["project"][1,][1:]
    assert {} == fold(replace(FOUND, match=Match.EXACT), rows).said("project")


def test_rows_are_found_by_expressions_and_null_or_blank_matches_nothing():
    match = (Expression("lower(mail)", lambda row: row["mail"] and row["mail"].lower()), column("place"))
    pairs = (("A", 1), ("a", 1), ("a", 2), (None, 1), (None, 1), (" ", 1), (" ", 1), ("a", None), ("a", None))
    rows = [{"id": number, "mail": mail, "place": place} for number, (mail, place) in enumerate(pairs, 1)]
    outcome = fold(replace(FOUND, name=None, match=match), rows)
    assert {2: "delete"} == outcome.said("project")
    assert "1" == outcome.actions["project"][2,].canonical


def test_what_most_rows_refer_to_stays():
    identity = replace(FOUND, survivor=(Most("orders", "project_id"),))
    orders = [{"id": number, "project_id": owner} for number, owner in enumerate((1, 2, 2, 3, None), 1)]
    outcome = fold(identity, named("a", "a", "a"), ORDERS, orders=orders)
    assert {1: "delete", 3: "delete"} == outcome.said("project")
    assert {1: 2, 2: 2, 3: 2, 4: 2, 5: None} == {row["id"]: row["project_id"] for row in outcome.rows["orders"]}
    assert {1: "rekey", 4: "rekey"} == outcome.said("order")


@pytest.mark.parametrize(
    ("how", "values", "taken"),
    [
        (Absorb.COALESCE, (None, None, 2, 3), 2),
        (Absorb.COALESCE, (1, 2, 3), 1),
        (Absorb.SUM, (1, None, 2, 3), 6),
        (Absorb.SUM, (None, None), None),
        (Absorb.MIN, (5, 3, 4), 3),
        (Absorb.MAX, (None, 3, 4), 4),
    ],
)
def test_the_survivor_takes_from_the_shadows(how, values, taken):
    rows = [{**row, "held": value} for row, value in zip(named(*["a"] * len(values)), values, strict=True)]
    outcome = fold(replace(FOUND, absorb={"held": how}), rows)
    assert {1: {"name": "a", "held": taken}} == by_id(outcome)
    assert ("absorb" if taken != values[0] else None) == outcome.said("project").get(1)
    left = {value for value in values[1:] if value not in (None, taken)} if how is Absorb.COALESCE else set()
    assert left == {found.value for found in outcome.left_behind}


def test_a_shadow_may_stay_and_say_where_it_went():
    live = Expression("", lambda row: row["state"] == "live")
    retire = {"state": "merged", "into": SURVIVOR}
    identity = replace(PROJECTS, where=live, retire=retire, updated_at=Time("changed"))
    outcome = fold(identity, named("Atlas", "at", state="live", into=None, changed=None))
    assert {2: "retire"} == outcome.said("project")
    assert {"name": "at", "state": "merged", "into": 1, "changed": RUN_TIME} == by_id(outcome)[2]
    assert {"name": "Atlas", "state": "live", "into": None, "changed": None} == by_id(outcome)[1]


@pytest.mark.parametrize(("itself", "parent"), [(Itself.REFUSE, None), (Itself.KEEP, 1), (Itself.SET_NULL, None)])
def test_a_tree_is_hung_on_the_rows_that_stay(itself, parent):
    identity = replace(PROJECTS, owners=(("parent",),), itself=itself, updated_at=Time("changed"))
    parents = {1: 2, 2: 1, 3: 2, 4: 3, 5: 5}
    rows = [{**row, "parent": parents[row["id"]], "changed": None} for row in named("Atlas", "at", "x", "y", "z")]
    outcome = fold(identity, rows)
    assert (itself is Itself.REFUSE) == outcome.refused
    assert {1: "rekey", 2: "delete", 3: "rekey"} == outcome.said("project")
    if outcome.refused:
        assert {("project", (1,))} == outcome.refusals["itself"]
        return
    assert {1: parent, 3: 1, 4: 3, 5: 5} == {key: row["parent"] for key, row in by_id(outcome).items()}
    assert {1: RUN_TIME, 3: RUN_TIME, 4: None, 5: None} == {key: row["changed"] for key, row in by_id(outcome).items()}


def test_who_does_several_things_at_once_is_said_to_do_the_first():
    identity = replace(PROJECTS, owners=(("parent",),), absorb={"held": Absorb.SUM})
    rows = [
        {"id": 1, "name": "atlas", "held": 1, "parent": 4},
        {"id": 2, "name": "at", "held": 2, "parent": None},
        {"id": 3, "name": "Boreas", "held": None, "parent": 2},
        {"id": 4, "name": "bo", "held": 3, "parent": None},
    ]
    outcome = fold(identity, rows)
    assert {1: "rename", 2: "delete", 3: "absorb", 4: "delete"} == outcome.said("project")
    wanted = {1: {"name": "Atlas", "held": 3, "parent": 3}, 3: {"name": "Boreas", "held": 3, "parent": 1}}
    assert wanted == by_id(outcome)


def test_what_shadows_hold_and_the_survivor_has_not_got_is_left_behind():
    rows = [
        {**row, **held}
        for row, held in zip(named("Atlas", "at"), ({"a": 1, "b": None, "c": 1}, {"a": 2, "b": 3, "c": 1}), strict=True)
    ]
    found = fold(PROJECTS, rows).left_behind
    assert {LeftBehind((2,), "a", 2, 1), LeftBehind((2,), "b", 3, None)} == set(found)


@pytest.mark.parametrize(
    ("on_fold", "rows", "action"),
    [
        (OnFold.MOVE, {1: 1, 2: 1, 3: None, 4: 3}, "rekey"),
        (OnFold.DELETE, {2: 1, 3: None, 4: 3}, "delete"),
        (OnFold.SET_NULL, {1: None, 2: 1, 3: None, 4: 3}, "detach"),
    ],
)
def test_rows_of_a_shadow_are_moved_or_deleted_or_hang_on_nobody(on_fold, rows, action):
    orders = [{"id": number, "project_id": owner, "at": None} for number, owner in ((1, 2), (2, 1), (3, None), (4, 3))]
    part = replace(ORDERS, on_fold=on_fold, updated_at=Time("at"))
    outcome = fold(PROJECTS, named("Atlas", "at", "other"), part, orders=orders)
    assert rows == {row["id"]: row["project_id"] for row in outcome.rows["orders"]}
    assert {1: action} == outcome.said("order")
    assert ({1: RUN_TIME} if action != "delete" else {}) == {
        row["id"]: row["at"] for row in outcome.rows["orders"] if row["at"]
    }


def test_a_time_that_the_database_writes_is_not_written():
    part = replace(ORDERS, updated_at=Time("at"), stamped=Stamped.BY_THE_DATABASE)
    outcome = fold(PROJECTS, named("Atlas", "at"), part, orders=[{"id": 1, "project_id": 2, "at": 5}])
    assert [{"id": 1, "project_id": 1, "at": 5}] == outcome.rows["orders"]


def test_only_rows_that_are_meant_are_moved_and_a_key_kept_as_text_stays_text():
    part = replace(ORDERS, where=Expression("kind", lambda row: row["kind"] == "project"))
    orders = [
        {"id": number, "project_id": owner, "kind": kind}
        for number, owner, kind in ((1, "2", "project"), (2, "2", "person"), (3, "02", "project"), (4, "4", "project"))
    ]
    outcome = fold(PROJECTS, [*named("Atlas", "at"), {"id": 4, "name": "bo"}], part, orders=orders)
    assert ["1", "2", "02", Created("Boreas", (), as_text=True)] == [
        row["project_id"] for row in outcome.rows["orders"]
    ]


def test_a_name_beside_the_owner_follows_where_it_is_exactly_the_old_one():
    part = replace(ORDERS, names=("said", "also"))
    orders = [
        {"id": 1, "project_id": 2, "said": "at", "also": "AT"},
        {"id": 2, "project_id": 1, "said": "at", "also": "atlas"},
        {"id": 3, "project_id": 1, "said": "Atlas", "also": None},
    ]
    outcome = fold(PROJECTS, named("atlas", "at"), part, orders=orders)
    told = {row["id"]: (row["project_id"], row["said"], row["also"]) for row in outcome.rows["orders"]}
    assert {1: (1, "Atlas", "AT"), 2: (1, "at", "Atlas"), 3: (1, "Atlas", None)} == told
    assert {1: "rekey", 2: "rekey"} == outcome.said("order")


@pytest.mark.parametrize(
    ("itself", "rows"),
    [(Itself.REFUSE, None), (Itself.KEEP, {1: (1, 1), 2: (1, 3), 3: (1, 1)}), (Itself.DELETE, {2: (1, 3), 3: (1, 1)})],
)
def test_a_row_may_not_come_to_follow_itself_unnoticed(itself, rows):
    follows = [{"id": number, "who": who, "whom": whom} for number, who, whom in ((1, 1, 2), (2, 2, 3), (3, 2, 2))]
    outcome = fold(PROJECTS, named("Atlas", "at", "x"), replace(FOLLOWS, itself=itself), follows=follows)
    if rows is None:
        assert {("follow", (1,))} == outcome.refusals["itself"]
        return
    assert rows == {row["id"]: (row["who"], row["whom"]) for row in outcome.rows["follows"]}
    assert {1: "delete" if itself is Itself.DELETE else "rekey", 2: "rekey", 3: "rekey"} == outcome.said("follow")


def test_a_key_of_two_columns_is_one_owner():
    identity = replace(FOUND, key=("tenant", "id"), within=("tenant",))
    part = replace(ORDERS, owners=(("tenant", "project_id"),), key=("tenant", "id"))
    rows = [{"tenant": tenant, "id": key, "name": "a"} for tenant, key in ((1, 1), (1, 2), (2, 2))]
    orders = [{"tenant": tenant, "id": 1, "project_id": 2} for tenant in (1, 2)]
    # The smallest key stays, wherever its row stands.
    outcome = fold(identity, rows[::-1], part, orders=orders)
    assert {(1, 2): (1, 1)} == outcome.leads["project"]
    assert {(1, 1): "rekey"} == outcome.said("order")
    assert [(1, 1), (2, 2)] == [(row["tenant"], row["project_id"]) for row in outcome.rows["orders"]]


def test_rows_that_would_be_twice_what_the_database_has_once_are_refused():
    declared = {"unique": {"orders": (("project_id", "day"),)}}
    orders = [
        {"id": number, "project_id": owner, "day": day}
        for number, owner, day in ((1, 1, 1), (2, 2, 1), (3, 2, None), (4, 2, None), (5, 2, 2))
    ]
    outcome = fold(PROJECTS, named("Atlas", "at"), ORDERS, declared=declared, orders=orders)
    assert {("orders", ("project_id", "day"), (1, 1))} == outcome.refusals["unique"]
    assert {} == outcome.rows


def test_rows_that_nobody_declared_and_that_hang_on_a_shadow_are_refused():
    declared = {"foreign_keys": (ForeignKey("orders", ("project_id",), "projects", ("id",)),)}
    orders = [{"id": 1, "project_id": 2}, {"id": 2, "project_id": None}]
    outcome = fold(PROJECTS, named("Atlas", "at"), declared=declared, orders=orders)
    assert {("orders", ("project_id",), (2,))} == outcome.refusals["foreign key"]
    assert not fold(PROJECTS, named("Atlas", "at"), ORDERS, declared=declared, orders=orders).refused


def note(key, tag, **more):
    return {"id": key, "project": tag, "text": "t", "state": "active", "at": None, "tenant": 1, **more}


def test_tags_are_written_as_the_canonical_and_nothing_else():
    outcome = fold(
        PROJECTS, [], NOTES, notes=[note(1, "AT"), note(2, "Atlas"), note(3, "x"), note(4, None), note(5, "atlas")]
    )
    assert ["Atlas", "Atlas", "x", None, "Atlas"] == [row["project"] for row in outcome.rows["notes"]]
    assert {1: "rekey", 5: "rekey"} == outcome.said("note")


SUPERSEDED = replace(NOTES, agree=("text",), status="state", superseded="old", updated_at=Time("at", "s"))


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ([("Atlas", 1), ("at", 2)], {1: "supersede", 2: "rekey"}),
        ([("Atlas", 2), ("at", 1)], {2: "supersede"}),
        ([("Atlas", 1), ("at", 1)], {2: "supersede"}),
        ([("at", 1), ("ATL", 1)], {1: "rekey", 2: "supersede"}),
        ([("at", None), ("ATL", 1)], {1: "supersede", 2: "rekey"}),
        ([("Atlas", 3), ("Atlas", 1), ("at", 2)], {3: "supersede"}),
        ([("Atlas", 1), ("Atlas", 1), ("at", 2)], {1: "supersede", 2: "supersede", 3: "rekey"}),
        ([("Atlas", 1), ("Atlas", 2)], {}),
        ([("x", 1), ("x", 2)], {}),
    ],
)
def test_of_rows_that_agree_the_newest_wins(notes, said):
    rows = [note(key, tag, at=at) for key, (tag, at) in enumerate(notes, 1)]
    outcome = fold(PROJECTS, [], SUPERSEDED, notes=rows)
    assert said == outcome.said("note")
    states = {key: ("old", "Atlas", RUN_TIME) for key, action in said.items() if action == "supersede"}
    assert states == {
        row["id"]: (row["state"], row["project"], row["at"]) for row in outcome.rows["notes"] if row["state"] == "old"
    }
    merging = fold(PROJECTS, [], replace(SUPERSEDED, status=None), notes=rows)
    assert {key: action.replace("supersede", "merge") for key, action in said.items()} == merging.said("note")
    assert set(range(1, len(notes) + 1)) - states.keys() == {row["id"] for row in merging.rows["notes"]}


def test_rows_agree_within_a_tenant_only_and_only_those_that_count():
    part = replace(SUPERSEDED, within=("tenant",), where=Expression("kind", lambda row: row.get("kind") is None))
    rows = [note(1, "at"), note(2, "ATL", tenant=2), note(3, "ATL", kind="x"), note(4, "bo"), note(5, "bo", text="u")]
    assert {1: "rekey", 2: "rekey", 4: "rekey", 5: "rekey"} == fold(PROJECTS, [], part, notes=rows).said("note")


def test_several_columns_carry_names_each_for_itself():
    part = replace(NOTES, tag=("home", "away"), agree=("text",))
    games = [
        {"id": number, "home": home, "away": away, "text": "t"}
        for number, (home, away) in enumerate(
            (("at", "bo"), ("Atlas", "Boreas"), ("x", "bo"), ("x", "y"), ("x", "y"), ("at", None)), 1
        )
    ]
    outcome = fold(PROJECTS, [], part, notes=games)
    told = {row["id"]: (row["home"], row["away"]) for row in outcome.rows["notes"]}
    assert {2: ("Atlas", "Boreas"), 3: ("x", "Boreas"), 4: ("x", "y"), 5: ("x", "y"), 6: ("Atlas", None)} == told
    assert {1: "merge", 3: "rekey", 6: "rekey"} == outcome.said("note")


def test_tags_follow_rows_that_were_found_within_what_must_agree():
    identity, part = replace(FOUND, within=("tenant",)), replace(NOTES, within=("tenant",))
    rows = [
        {"id": number, "name": name, "tenant": tenant}
        for number, name, tenant in ((1, "At", 1), (2, "at", 1), (3, "AT", 2))
    ]
    outcome = fold(identity, rows, part, notes=[note(1, "at"), note(2, "at ", tenant=2), note(3, "At"), note(4, "bo")])
    assert {1: "rekey"} == outcome.said("note")
    assert ["At", "at ", "At", "bo"] == [row["project"] for row in outcome.rows["notes"]]


def test_of_rows_as_old_as_each_other_that_are_all_rekeyed_the_smallest_key_wins():
    notes = [note(2, "at"), note(1, "at")]
    assert {1: "rekey", 2: "supersede"} == fold(PROJECTS, [], SUPERSEDED, notes=notes).said("note")


def test_two_rows_that_are_both_spelt_as_the_canonical_are_ranked_by_key():
    identity = replace(PROJECTS, survivor=(column("age"),))
    assert {2: "delete"} == fold(identity, named("Atlas", "Atlas", age=1)[::-1]).said("project")


def test_a_created_row_takes_from_the_shadows_too():
    identity = replace(PROJECTS, created={"label": "new"}, absorb={"held": Absorb.SUM, "note": Absorb.COALESCE})
    outcome = fold(identity, named("at", "ATL", held=2, label="old", note="said"))
    assert {"name": "Atlas", "held": 4, "label": "new", "note": "said"} == by_id(outcome)[Created("Atlas")]


def test_counts_have_the_names_of_the_design():
    parts = (
        replace(ORDERS, on_fold=OnFold.DELETE),
        replace(FOLLOWS, itself=Itself.KEEP),
        replace(ORDERS, table="logins", noun="login", on_fold=OnFold.SET_NULL),
        SUPERSEDED,
        replace(SUPERSEDED, table="marks", noun="mark", status=None),
        replace(NOTES, table="visits", noun="visit"),
    )
    orders = [{"id": 1, "project_id": 2}]
    follows = [{"id": 1, "who": 2, "whom": 3}]
    notes = [note(1, "at", at=1), note(2, "ATL")]
    outcome = fold(
        PROJECTS,
        named("atlas", "at", "bo", x=1),
        *parts,
        orders=orders,
        follows=follows,
        logins=orders,
        notes=notes,
        marks=notes,
        visits=notes,
    )
    kinds = {"references": parts[:3], "tags": parts[3:]}
    counts = counts_of(Declaration(identity=PROJECTS, **kinds), outcome)
    assert {
        "shadow_projects": 2,
        "canonical_rows_renamed": 1,
        "project_values_left_behind": 1,
        "order_delete_rows": 1,
        "login_detach_rows": 1,
        "follow_rekey_rows": 1,
        "note_rekey_rows": 1,
        "note_supersede_rows": 1,
        "mark_rekey_rows": 1,
        "mark_merge_rows": 1,
        "visit_rekey_rows": 2,
    } == {name: number for name, number in counts.plan.items() if number}
    assert {
        "shadow_projects_deleted": 2,
        "canonical_rows_created": 1,
        "canonical_rows_renamed": 1,
        "order_rows_deleted": 1,
        "follow_rows_rekeyed": 1,
        "login_rows_detached": 1,
        "note_rows_rekeyed": 1,
        "note_rows_superseded": 1,
        "mark_rows_rekeyed": 1,
        "mark_rows_merged_as_duplicate": 1,
        "visit_rows_rekeyed": 2,
    } == {name: number for name, number in counts.apply.items() if number}


@pytest.mark.parametrize(
    ("stored", "unit", "seconds"),
    [
        ("1970-01-01 00:01:00", None, 60),
        ("1970-01-01T00:01:00.25Z", None, 60.25),
        ("1970-01-01 02:01:00+02:00", None, 60),
        ("1969-12-31 22:01:00-02:00", None, 60),
        (datetime(1970, 1, 1, 0, 1), None, 60),
        (datetime(1970, 1, 1, 0, 1, tzinfo=timezone(timedelta(hours=1))), None, 60 - 3600),
        (60, "s", 60),
        (60_000, "ms", 60),
        (60_000_000, "us", 60),
    ],
)
def test_times_compare_as_times(stored, unit, seconds):
    assert seconds * 1_000_000 == instant(stored, unit)


def test_no_time_is_older_than_any():
    assert instant(None) == instant(None, "ms") == instant(" ") < instant("0001-01-01 00:00:00")
    with pytest.raises(ValueError, match="no time"):
        instant("yesterday")
