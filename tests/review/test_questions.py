"""Claims about `plan --write-resolutions FILE`: it says all that a person needs, and is read back as it is."""

from __future__ import annotations

import json
import stat

import pytest

from commands import rekey_here
from examples import CANONICAL, LATER, OLD, alembic_here, prepared, projects, refuses, state

pytestmark = pytest.mark.sqlite_first

VALUE = "it's \u202e\t🧪 " + "x" * 2_000
ROWS = {
    "projects": projects(c=CANONICAL, s="P05", t="p05 ", other="p06"),
    "project_state": [
        state("own", "c", "1"),
        state("capital", "s", VALUE),
        state("blank", "t", None, "invalid", updated_at=None),
        state("free", "other", "1"),
        *(state(f"{key}-{number}", owner, str(number), key=key) for number, owner in enumerate("st") for key in "kl"),
        *(state(f"same-{owner}", owner, "1", key="same") for owner in "cs"),
    ],
}


def form_of(database, registry, path, *options, x=()):
    said = rekey_here(database, registry, "plan", "--write-resolutions", str(path), *options, x=x)
    assert f"form: {path}\n" in said.err, said
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_form_asks_each_collision_and_shows_every_row_of_it(database, tmp_path):
    registry = prepared(database, tmp_path, ROWS)
    before = database.snapshot()
    form = form_of(database, registry, tmp_path / "form.json")
    assert before == database.snapshot()
    assert [("decision", "k", None), ("decision", "l", None), ("decision", "vendor", None)] == [
        (one["category"], one["key"], one["keep"]) for one in form["resolutions"]
    ]
    blank, capital, own = form["resolutions"][2]["rows"]
    assert ("canonical", CANONICAL, "own", "1", "active") == tuple(own.values())[:5]
    assert ("P05", "P05", "capital", f"{VALUE[:1000]}… {len(VALUE) - 1000:,} more characters", "active") == tuple(
        capital.values()
    )[:5]
    assert {"written_under": "p05 ", "row": "blank", "value": None, "status": "invalid", "updated_at": None} == blank
    assert own["updated_at"].startswith("2026-01-01 09:00:00")
    assert stat.S_IRUSR | stat.S_IWUSR == stat.S_IMODE((tmp_path / "form.json").stat().st_mode)
    # For a person: letters as they are, nothing that could turn a line around or move a cursor.
    text = (tmp_path / "form.json").read_text(encoding="utf-8")
    assert "🧪" in text
    assert "\u202e" not in text
    assert OLD != LATER


def test_the_form_is_refused_as_it_is_and_taken_once_it_is_filled_in(database, tmp_path):
    registry = prepared(database, tmp_path, ROWS)
    path = tmp_path / "form.json"
    form = form_of(database, registry, path)
    unanswered = refuses(database, registry, "rekey_collision_state (6)", "key=k", "key=vendor", resolutions=path)
    assert "rekey_answer" not in unanswered
    for question in form["resolutions"]:
        question["keep"] = question["rows"][0 if question["key"] != "vendor" else 1]["keep"]
    path.write_text(json.dumps(form), encoding="utf-8")
    ended = alembic_here(
        "upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports", resolutions=path
    )
    assert (0, "") == (ended.code, ended.out), ended.err
    kept = {"k": "0", "l": "0", "vendor": VALUE, "same": "1"}
    own = "SELECT key, value FROM project_state WHERE project_id = 'c'"
    assert kept == dict(database.rows(own))


@pytest.mark.words
@pytest.mark.slow
def test_with_answers_the_form_asks_what_is_still_open(database, tmp_path):
    registry = prepared(database, tmp_path, ROWS)
    form = form_of(database, registry, tmp_path / "form.json")
    form["resolutions"][0]["keep"] = "P05"
    (tmp_path / "half.json").write_text(json.dumps(form))
    rest = form_of(database, registry, tmp_path / "rest.json", "--json", x=[f"resolutions={tmp_path / 'half.json'}"])
    assert ["l", "vendor"] == [one["key"] for one in rest["resolutions"]]


@pytest.mark.words
@pytest.mark.slow
def test_a_form_without_collisions_asks_nothing_and_is_taken(database, tmp_path):
    registry = prepared(database, tmp_path, {})
    path = tmp_path / "form.json"
    assert [] == form_of(database, registry, path)["resolutions"]
    said = rekey_here(database, registry, "plan", "--check", x=[f"resolutions={path}"])
    assert 3 == said.status, said


@pytest.mark.slow
def test_an_alias_that_is_called_canonical_is_asked_so_that_the_answer_is_clear(database, tmp_path):
    rows = {
        "projects": projects(c="p05", s="canonical"),
        "project_state": [state("own", "c", "1"), state("old", "s", "2")],
    }
    registry = prepared(database, tmp_path, rows, {"p05": ["canonical"]})
    form = form_of(database, registry, tmp_path / "form.json")
    (question,) = form["resolutions"]
    assert {"old": {"alias": "canonical"}, "own": "p05"} == {row["row"]: row["keep"] for row in question["rows"]}
    for row, left in (("old", 0), ("own", 0)):
        question["keep"] = next(shown["keep"] for shown in question["rows"] if shown["row"] == row)
        (tmp_path / "form.json").write_text(json.dumps(form))
        said = rekey_here(database, registry, "plan", "--check", x=[f"resolutions={tmp_path / 'form.json'}"])
        assert left == said.status, said


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize("there", ["file", "link", "folder", "nowhere"])
def test_nothing_is_overwritten_and_nothing_is_left_behind(database, tmp_path, there):
    registry = prepared(database, tmp_path, ROWS)
    path = tmp_path / ("none/form.json" if there == "nowhere" else "form.json")
    if there == "file":
        path.write_text("mine")
    elif there == "link":
        path.symlink_to(tmp_path / "target")
    elif there == "folder":
        path.mkdir()
    said = rekey_here(database, registry, "plan", "--write-resolutions", str(path))
    assert 1 == said.status
    assert f"FAILED: report {path}: " in said.err
    assert "what to do" in said.err
    assert not (tmp_path / "reports").exists()
    assert not (tmp_path / "target").exists()
    assert there != "file" or path.read_text() == "mine"
