"""Claims about `expect_plan=FILE` in a script: a DBA cannot run it against other rows than those that were reviewed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from alembic.util import CommandError

import legacy
from answer_files import answer, written
from commands import rekey_here
from examples import CANONICAL, REGISTRY, memory, projects, refuses, state
from scripts import generated

pytestmark = pytest.mark.slow

HOSTILE = (
    *("it's", '"', "%(x)s", ":x", "\\", "a\tb\r\nc", "🧪 Größe", "\u202e", "", "|", "n", "tNULL", "x" * 10_000),
    None,
)
NUMBERS = (0.1 + 0.2, -0.0, 1e-300, 5e-324, 123456789.123456789, 1e22, 1.0, float("inf"), None)
ROWS = {
    "projects": [
        {**projects(c=CANONICAL)[0], "logo": b"\x00\xff", "budget": 12.5, "Owner Name": "it's"},
        {**projects(s="p05")[0], "logo": b"", "budget": None},
        *projects(new="P06"),
    ],
    "project_state": [
        state("own", "c", "1"),
        state("old", "s", "2"),
        *(state(f"v{n}", "s", value, key=f"v{n}") for n, value in enumerate(HOSTILE)),
        *(
            state(f"w{n}", "s", "w", key=f"w{n}", weight=number, confidence=number, order=n, proof=b"\x01" * n)
            for n, number in enumerate(NUMBERS)
        ),
    ],
    "memories": [memory("m1", "p05", "it's"), memory("m2", CANONICAL, "it's", reference_count=2**31 - 1)],
}
UPDATE = "UPDATE project_state SET {} WHERE id = '{}'"
CHANGES = {
    "value = '1'|value = 'it''s'|v0": "state",
    "weight = 0.3|weight = 0.30000000000000004|w0": "state",
    "value = ''|value = NULL|v13": "state",
    "proof = NULL|proof = {empty}|w0": "state",
    "status = 'invalid'|status = 'active'|v6": "state",
    "updated_at = '2026-01-01 09:00:01+00:00'|updated_at = '2026-01-01 09:00:00+00:00'|v1": "state",
    "id = 'V2'|id = 'v2'|v2": "state",
    "category = 'd'|category = 'decision'|v3": "state",
}
"""What is changed, how it is put back, and where: each alone is another plan."""
EMPTY = {"sqlite": "X''", "postgresql": "''"}
OTHERS = {
    (
        "INSERT INTO interactions (id, prompt, project) VALUES ('i', 'p', 'p05')",
        "DELETE FROM interactions",
    ): "interaction",
    (
        "UPDATE projects SET name = 'p06' WHERE id = 'new'",
        "UPDATE projects SET name = 'P06' WHERE id = 'new'",
    ): "project",
    # A column that the revision does not know.
    (
        "UPDATE projects SET \"Owner Name\" = 'other' WHERE id = 'c'",
        "UPDATE projects SET \"Owner Name\" = 'it''s' WHERE id = 'c'",
    ): None,
    ("UPDATE projects SET budget = 1 WHERE id = 's'", "UPDATE projects SET budget = NULL WHERE id = 's'"): "project",
    (
        "UPDATE memories SET reference_count = 1 WHERE id = 'm1'",
        "UPDATE memories SET reference_count = 0 WHERE id = 'm1'",
    ): "memory",
}


def changes(dialect):
    """Each change as a statement, the statement that takes it back, and the part whose plan it changes, if any."""
    for said, noun in CHANGES.items():
        change, back, key = said.replace("{empty}", EMPTY[dialect]).split("|")
        now = re.sub(r"id = '(.*)'", r"\1", change) if change.startswith("id") else key
        yield UPDATE.format(change, key), UPDATE.format(back, now), noun
    yield from ((change, back, noun) for (change, back), noun in OTHERS.items())


def fingerprint_of(settings):
    return json.loads(Path(settings["expect_plan"]).read_text())["plan"]["fingerprint"]


@pytest.fixture
def approved(database, tmp_path):
    """A database with hostile values, its registry, answers, and the report of the plan that was reviewed."""
    legacy.create(database, extra_columns=True)
    legacy.fill(database, ROWS)
    if database.dialect == "sqlite":
        # SQLite keeps what no type allows: a number as text, text that is no UTF-8, a NUL in a text.
        database.execute(
            "UPDATE project_state SET confidence = '0.5', source = CAST(X'C3' AS TEXT) WHERE id = 'v4';"
            "UPDATE project_state SET source = CAST(X'610062' AS TEXT), value = 7 WHERE id = 'v5'"
        )
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    answers = written(tmp_path, answer("p05"))
    said = rekey_here(database, registry, "plan", "--check", x=[f"resolutions={answers}"])
    assert said.status == 0, said.out
    (report,) = (tmp_path / "reports").iterdir()
    return registry, {"resolutions": str(answers), "expect_plan": str(report)}


def test_the_script_runs_on_the_approved_plan_alone_and_once(database, approved, downgrade):
    registry, settings = approved
    script = generated(database.url, registry, **settings).encode("ascii")
    for change, back, noun in changes(database.dialect):
        if noun is None:
            continue
        database.execute(change)
        before = database.snapshot()
        done = database.run_script(script)
        assert done.returncode != 0, change
        assert {f"rekey_other_plan_{noun}"} == set(re.findall(r"rekey_other_plan_[a-z]+", done.stderr.decode())), change
        assert before == database.snapshot()
        database.execute(back)
    # The canonical itself is no part of the plan: what is written there is another matter.
    for change, _, noun in changes(database.dialect):
        if noun is None:
            database.execute(change)
    done = database.run_script(script)
    assert done.returncode == 0, done.stderr
    fingerprint = fingerprint_of(settings)
    assert [(fingerprint, "applied")] == database.rows("SELECT plan_sha256, outcome FROM rekey_run")
    downgrade(database, registry)
    again = generated(database.url, registry, "0002:head", **settings).encode("ascii")
    done = database.run_script(again)
    assert done.returncode != 0
    assert b"rekey_approval_served" in done.stderr


def test_a_column_that_was_not_reviewed_stops_the_script(database, approved):
    registry, settings = approved
    script = generated(database.url, registry, **settings).encode("ascii")
    database.execute("ALTER TABLE memories ADD COLUMN later TEXT")
    done = database.run_script(script)
    assert done.returncode != 0
    assert b"rekey_other_plan_memory" in done.stderr


def test_no_value_of_a_row_stands_in_the_script(database, approved):
    registry, settings = approved
    script = generated(database.url, registry, **settings)
    for value in ("xxxxxxxx", "0.30000000000000004", "m1", "tNULL"):
        assert value not in script


def test_a_plan_may_be_empty(database, tmp_path):
    legacy.create(database)
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    rekey_here(database, registry, "plan")
    (report,) = (tmp_path / "reports").iterdir()
    script = generated(database.url, registry, expect_plan=str(report)).encode("ascii")
    database.insert("interactions", [{"id": "i", "prompt": "p", "project": "p05"}])
    assert b"rekey_other_plan_interaction" in database.run_script(script).stderr
    database.execute("DELETE FROM interactions")
    assert 0 == database.run_script(script).returncode


@pytest.mark.words
def test_a_script_is_written_for_the_report_of_this_registry_only(database, approved, tmp_path):
    registry, settings = approved
    bare = fingerprint_of(settings)
    refused = {"arguments": "upgrade head --sql", "resolutions": settings["resolutions"]}
    refuses(database, registry, "a script cannot compute a fingerprint", expect_plan=bare, **refused)
    registry.write_text(registry.read_text() + "\n")
    refuses(database, registry, "whose registry_sha256 is", expect_plan=settings["expect_plan"], **refused)


@pytest.mark.words
def test_a_column_that_ascii_cannot_name_is_refused(database, approved, tmp_path):
    registry, settings = approved
    database.execute('ALTER TABLE memories ADD COLUMN "größe" TEXT')
    rekey_here(database, registry, "plan", x=[f"resolutions={settings['resolutions']}"], reports=tmp_path / "more")
    (report,) = (tmp_path / "more").iterdir()
    with pytest.raises(CommandError, match=r"the column größe of memories cannot be named"):
        generated(database.url, registry, **{**settings, "expect_plan": str(report)})


def test_a_plan_is_held_against_the_approved_one_and_says_so_with_its_status(database, approved):
    registry, settings = approved
    x = [f"{name}={value}" for name, value in settings.items()]
    assert 0 == rekey_here(database, registry, "plan", "--check", x=x).status
    database.execute("UPDATE project_state SET value = 'other' WHERE id = 'v0'")
    said = rekey_here(database, registry, "plan", "--check", x=x)
    assert 2 == said.status
    assert "project_state: rekey 'v0' has changed in value" in said.out
    bare = fingerprint_of(settings)
    assert 2 == rekey_here(database, registry, "plan", "--check", x=[*x, f"expect_plan={bare}"]).status
    assert 1 == rekey_here(database, registry, "plan", "--check", x=[*x, "expect_plan=nothing"]).status
