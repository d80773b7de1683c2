"""Claims about `-x resolutions=FILE`: a person's answers decide collisions, alike online, in a plan and in a script."""

from __future__ import annotations

import json

import pytest

from answer_files import answer, written
from commands import rekey_here
from examples import (
    CANONICAL,
    LATER,
    REGISTRY,
    actions,
    alembic_here,
    counts,
    prepared,
    projects,
    refuses,
    state,
    states,
)
from scripts import generated
from scripts import state as everything

pytestmark = pytest.mark.sqlite_first

TWO = {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("own", "c", "1"), state("old", "s", "2")]}
SEVERAL = {
    "projects": projects(c=CANONICAL, s="p05", t="interferometer"),
    "project_state": [
        state("own", "c", "1"),
        state("old", "s", "2"),
        state("other", "t", "2", updated_at=LATER),
        state("k-own", "c", "1", "superseded", key="k"),
        state("k-old", "s", "1", key="k"),
        state("k-other", "t", "2", key="k"),
    ],
}
SLOTS = [answer("p05"), answer("p05", CANONICAL, "k")]


def upgraded(database, registry, answers, **x):
    settings = {"url": database.url, "registry": registry, "report_dir": registry.parent / "reports", **x}
    ended = alembic_here("upgrade", "head", resolutions=answers, **settings)
    assert ended.code == 0, ended.err
    return ended


def decided(database, tmp_path, rows, *answers, registry=REGISTRY):
    """What becomes of the rows under these answers, by their actions; undone again, to the byte."""
    path = prepared(database, tmp_path, rows, registry)
    before = {table: database.table(table) for table in ("projects", "project_state")}
    upgraded(database, path, written(tmp_path, *answers))
    found = actions(database, "project_state"), states(database)
    assert alembic_here("downgrade", "-1", url=database.url).code == 0
    assert before == {table: database.table(table) for table in before}
    return found


@pytest.mark.drawn
def test_the_canonical_row_is_kept_and_the_aliass_is_a_historical_drop(database, tmp_path):
    found, after = decided(database, tmp_path, TWO, answer("canonical"))
    assert {"own": "keep", "old": "drop"} == found
    assert {"own": (CANONICAL, "1", "active")} == after


@pytest.mark.drawn
@pytest.mark.slow
def test_the_aliass_row_is_kept_and_the_canonical_row_is_a_historical_drop(database, tmp_path):
    found, after = decided(database, tmp_path, TWO, answer("p05"))
    assert {"own": "drop", "old": "rekey"} == found
    assert {"old": (CANONICAL, "2", "active")} == after


@pytest.mark.drawn
@pytest.mark.slow
def test_an_answer_leaves_the_other_rows_to_the_rules(database, tmp_path):
    found, after = decided(database, tmp_path, SEVERAL, *SLOTS)
    assert {
        "own": "drop",
        "old": "rekey",
        "other": "merge",
        # The canonical row says what the kept row says: it becomes active again, and the kept one is merged.
        "k-own": "revive",
        "k-old": "merge",
        "k-other": "drop",
    } == found
    assert {"old": (CANONICAL, "2", "active"), "k-own": (CANONICAL, "1", "active")} == after


@pytest.mark.drawn
@pytest.mark.slow
def test_a_canonical_row_that_says_what_the_kept_row_says_is_not_touched(database, tmp_path):
    rows = {
        "projects": projects(c=CANONICAL, s="p05", t="interferometer"),
        "project_state": [state("own", "c", "1"), state("old", "s", "1"), state("other", "t", "2")],
    }
    found, after = decided(database, tmp_path, rows, answer("p05"))
    assert {"own": "keep", "old": "merge", "other": "drop"} == found
    assert {"own": (CANONICAL, "1", "active")} == after


@pytest.mark.drawn
@pytest.mark.slow
def test_an_inactive_canonical_row_that_says_otherwise_is_replaced(database, tmp_path):
    rows = {
        "projects": projects(c=CANONICAL, s="p05", t="interferometer"),
        "project_state": [state("own", "c", "0", "invalid"), state("old", "s", "1"), state("other", "t", "2")],
    }
    found, _ = decided(database, tmp_path, rows, answer("interferometer"))
    assert {"own": "replace", "old": "drop", "other": "rekey"} == found


@pytest.mark.drawn
@pytest.mark.slow
def test_a_collision_of_shadows_alone_creates_the_canonical(database, tmp_path):
    rows = {
        "projects": projects(s="p05", t="interferometer"),
        "project_state": [state("old", "s", "1"), state("other", "t", None, updated_at=LATER)],
    }
    found, after = decided(database, tmp_path, rows, answer("p05"))
    assert {"old": "rekey", "other": "drop"} == found
    assert {"old": (CANONICAL, "1", "active")} == after


@pytest.mark.slow
def test_the_loser_is_counted_and_reported_with_both_values_and_statuses(database, tmp_path):
    registry = prepared(database, tmp_path, TWO)
    upgraded(database, registry, written(tmp_path, answer("p05")))
    assert 1 == counts(database, "plan")["state_historical_drops"]
    assert {"state_rows_historical_dropped": 1, "state_rows_rekeyed": 1, "shadow_projects_deleted": 1} == counts(
        database, "apply"
    )
    (report,) = (tmp_path / "reports").glob("*.json")
    plan = json.loads(report.read_text())["plan"]
    (dropped,) = (row for row in plan["state_plans"] if row["action"] == "drop")
    assert ("1", "active") == (dropped["before"]["value"], dropped["before"]["status"])
    assert {"key": "old", "value": "2", "status": "active"} == dropped["survivor"]
    assert [(0, CANONICAL, "p05")] == database.rows("SELECT number, project, alias FROM rekey_answer")


@pytest.mark.slow
def test_an_alias_that_is_called_canonical_has_a_way_to_be_named(database, tmp_path):
    registry = {"p05": ["canonical"]}
    rows = {
        "projects": projects(c="p05", s="Canonical"),
        "project_state": [state("own", "c", "1"), state("old", "s", "2")],
    }
    path = prepared(database, tmp_path, rows, registry)
    unclear = written(tmp_path, answer("canonical", "p05"))
    refuses(database, path, "resolutions[0].keep: 'p05' has an alias of that name", resolutions=unclear)
    before = database.snapshot()
    for keep, kept in (({"alias": "canonical"}, "2"), ("Canonical", "2"), ("p05", "1")):
        upgraded(database, path, written(tmp_path, answer(keep, "p05")))
        assert [(kept,)] == database.rows("SELECT value FROM project_state")
        alembic_here("downgrade", "0001", url=database.url)
    assert before != database.snapshot()  # the version row came with the upgrade


SPELT = {
    "projects": projects(c=CANONICAL, s="P05", t="p05 "),
    "project_state": [state("own", "c", "1"), state("capital", "s", "2"), state("blank", "t", "3")],
}


@pytest.mark.slow
def test_of_two_spellings_of_one_alias_the_exact_one_is_kept(database, tmp_path):
    found, _ = decided(database, tmp_path, SPELT, answer("p05 "))
    assert {"own": "drop", "capital": "drop", "blank": "rekey"} == found


@pytest.mark.slow
def test_a_name_that_two_spellings_equal_is_refused_as_unclear_and_decides_nothing(database, tmp_path):
    registry = prepared(database, tmp_path, SPELT)
    answers = written(tmp_path, answer("p05"))
    said = refuses(database, registry, "rekey_answer_state", "write it as one of them is spelt", resolutions=answers)
    assert "rekey_collision_state (3)" in said


@pytest.mark.slow
def test_two_spellings_that_say_the_same_are_one_answer(database, tmp_path):
    rows = {**SPELT, "project_state": [state("own", "c", "1"), state("a", "s", "2"), state("b", "t", "2")]}
    found, _ = decided(database, tmp_path, rows, answer("p05"))
    assert {"own": "drop", "a": "rekey", "b": "merge"} == found


WRONG = {
    "no project of that name": answer("canonical", "p99"),
    "no registered name of the project": answer("p06", CANONICAL, "unanswered"),
    "no row under an alias stands in that slot": answer("canonical", CANONICAL, "nothing"),
    "its active rows do not differ": answer("canonical", CANONICAL, "agreed"),
    "no active row there is written under that name": answer("interferometer", CANONICAL, "other"),
    "an answer before it in the file is about the same slot": answer("canonical"),
}


@pytest.mark.slow
def test_answers_without_use_and_collisions_without_answer_are_all_listed_at_once(database, tmp_path):
    rows = {
        **TWO,
        "project_state": [
            *TWO["project_state"],
            *(state(f"{key}-{owner}", owner, owner, key=key) for key in ("other", "unanswered") for owner in "cs"),
            *(state(f"agreed-{owner}", owner, "1", key="agreed") for owner in "cs"),
        ],
    }
    registry = prepared(database, tmp_path, rows)
    answers = written(tmp_path, answer("p05"), *WRONG.values())
    said = refuses(database, registry, *WRONG, f"rekey_answer_state ({len(WRONG)})", resolutions=answers)
    assert all(f"resolutions[{number}]" in said for number in range(1, len(WRONG) + 1))
    assert "resolutions[0]" not in said
    for wrong in ("no registered name of the project", "no active row there is written under that name"):
        assert f"{wrong}; keep one of p05, {CANONICAL}" in said
    assert "rekey_collision_state (4)" in said
    assert "key=unanswered" in said
    made = rekey_here(database, registry, "plan", "--check", "--json", x=[f"resolutions={answers}"])
    assert 2 == made.status
    assert len(WRONG) == len(made.document["plan"]["integrity_errors"])


@pytest.mark.slow
def test_an_answer_where_nothing_is_to_be_folded_is_refused(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL)})
    refuses(database, registry, "no row under an alias stands", resolutions=written(tmp_path, answer("canonical")))


@pytest.mark.slow
def test_a_plan_with_answers_is_the_plan_that_runs(database, tmp_path):
    registry = prepared(database, tmp_path, SEVERAL)
    answers = written(tmp_path, *SLOTS)
    bare = rekey_here(database, registry, "plan", "--json", "--check")
    made = rekey_here(database, registry, "plan", "--json", "--check", x=[f"resolutions={answers}"])
    assert (2, 0) == (bare.status, made.status)
    fingerprint = made.document["plan"]["fingerprint"]
    assert fingerprint != bare.document["plan"]["fingerprint"]
    assert not made.document["plan"]["has_collisions"]
    text = rekey_here(database, registry, "plan", x=[f"resolutions={answers}"]).out
    assert "row 'own' (active) says '1'; row 'old' (active) stays and says '2'" in text
    other = written(tmp_path, answer("canonical"), SLOTS[1], name="other.json")
    refuses(database, registry, "not the one that was approved", resolutions=other, expect_plan=fingerprint)
    upgraded(database, registry, answers, expect_plan=fingerprint)
    assert [(fingerprint,)] == database.rows("SELECT plan_sha256 FROM rekey_run")


def test_a_script_does_what_the_upgrade_does(database, tmp_path):
    registry = prepared(database, tmp_path, SEVERAL)
    remarks = {"decided_by": "Mira O'Hara", "why": "it's \u202e %s :x \\ $$ -- ;\t🧪"}
    answers = written(tmp_path, {**SLOTS[0], **remarks}, *SLOTS[1:])
    script = generated(database.url, registry, resolutions=str(answers))
    upgraded(database, registry, answers)
    online = everything(database)
    database.reset()
    prepared(database, tmp_path, SEVERAL)
    done = database.run_script(script.encode("ascii"))
    assert 0 == done.returncode, done.stderr
    assert online == everything(database)
    assert tuple(remarks.values()) in database.rows("SELECT decided_by, why FROM rekey_answer")
    back = database.run_script(scripted_downgrade(database, registry).encode("ascii"))
    assert 0 == back.returncode, back.stderr
    assert {"own": (CANONICAL, "1", "active")}.items() <= states(database).items()


def scripted_downgrade(database, registry):
    return alembic_here("downgrade", "head:-1", "--sql", url=database.url, registry=registry).out


@pytest.mark.slow
def test_a_script_stops_where_an_answer_does_not_fit(database, tmp_path):
    registry = prepared(database, tmp_path, TWO)
    answers = written(tmp_path, answer("p05"), answer("interferometer", CANONICAL, "k"))
    script = generated(database.url, registry, resolutions=str(answers))
    before = database.snapshot()
    done = database.run_script(script.encode("ascii"))
    assert 0 != done.returncode
    assert b"rekey_answer_state" in done.stderr
    assert before == database.snapshot()


@pytest.mark.slow
def test_a_script_is_not_written_with_names_that_the_registry_does_not_have(database, tmp_path):
    registry = prepared(database, tmp_path, TWO)
    answers = written(tmp_path, answer("canonical", "p99"), answer("p06"))
    refuses(
        database,
        registry,
        "resolutions[0].project: no project is registered as 'p99'",
        f"resolutions[1].keep: 'p06' is no name of '{CANONICAL}'; keep is one of 'canonical', 'p05', 'interferometer'",
        arguments="upgrade head --sql",
        resolutions=answers,
    )


HOSTILE = (
    *("it's", '"', "%(x)s 100 %%", ":x", "?", "\\", "C:\\new", "a\tb", "a\nb", "a\r\nb", "\x01\x1b", "$$ $1", "; --"),
    *("🧪 Größe", "\u202eabc", "NULL", "", " ", "'; DROP TABLE projects; --", "x" * 10_000, "/* */", ".quit\n"),
)


@pytest.mark.slow
def test_hostile_slots_and_names_survive_online_and_in_a_script(database, tmp_path):
    alias = "'; DROP TABLE projects; -- 🧪 %s :x \\ \t$$"
    name = 'it\'s "100%" $$ -- \\n'
    registry = {name: [alias]}
    rows = {
        "projects": projects(c=name, s=alias),
        "project_state": [
            state(f"{number}{owner}", owner, owner, key=key) for number, key in enumerate(HOSTILE) for owner in "cs"
        ],
    }
    answers = written(tmp_path, *(answer(alias, name, key) for key in HOSTILE))
    path = prepared(database, tmp_path, rows, registry)
    script = generated(database.url, path, resolutions=str(answers))
    upgraded(database, path, answers)
    online = everything(database)
    assert dict.fromkeys(HOSTILE, "s") == dict(database.rows("SELECT key, value FROM project_state"))
    database.reset()
    prepared(database, tmp_path, rows, registry)
    done = database.run_script(script.encode("ascii"))
    assert 0 == done.returncode, done.stderr
    assert online == everything(database)


@pytest.mark.slow
def test_a_slot_may_be_null_where_the_table_allows_it(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05")})
    database.execute("DROP TABLE project_state")
    database.execute(
        "CREATE TABLE project_state (id TEXT PRIMARY KEY, project_id TEXT, category TEXT, key TEXT, value TEXT, "
        "source TEXT, confidence REAL, status TEXT, created_at TIMESTAMP, updated_at TIMESTAMP)"
    )
    database.insert("project_state", [state("own", "c", "1", key=None), state("old", "s", "2", key=None)])
    database.insert("project_state", [state("own2", "c", "1", key=""), state("old2", "s", "2", key="")])
    upgraded(database, registry, written(tmp_path, answer("p05", CANONICAL, None), answer("canonical", CANONICAL, "")))
    assert {"own": "drop", "old": "rekey", "own2": "keep", "old2": "drop"} == actions(database, "project_state")


@pytest.mark.slow
def test_answers_that_differ_only_as_the_column_does_not_are_two_for_one_slot(database, tmp_path):
    """SQLite alone: a column there may take `a` for `A`. Elsewhere they are two slots, one of them without a row."""
    collated = "key TEXT COLLATE NOCASE" if database.dialect == "sqlite" else "key TEXT"
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05")})
    database.execute("DROP TABLE project_state")
    database.execute(
        f"CREATE TABLE project_state (id TEXT PRIMARY KEY, project_id TEXT, category TEXT, {collated}, value TEXT, "
        "source TEXT, confidence REAL, status TEXT, created_at TIMESTAMP, updated_at TIMESTAMP)"
    )
    database.insert("project_state", [state("own", "c", "1"), state("old", "s", "2")])
    both = written(tmp_path, answer("p05"), answer("canonical", CANONICAL, "VENDOR"))
    says = {"sqlite": "another answer is about the same slot", "postgresql": "no row under an alias stands"}
    refuses(database, registry, says[database.dialect], "resolutions[1]", resolutions=both)
