"""Claims about answers where some tables of slots never wait for a person: without a value, or `differing` decides."""

from __future__ import annotations

import json

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL);
INSERT INTO people VALUES (1, 'A'), (2, 'b');
CREATE TABLE facts (id INTEGER PRIMARY KEY, p INTEGER, k VARCHAR(9), v VARCHAR(9));
INSERT INTO facts VALUES (10, 1, 'k', 'x'), (11, 2, 'k', 'y');
CREATE TABLE other (id INTEGER PRIMARY KEY, p INTEGER, k VARCHAR(9), v VARCHAR(9), at TIMESTAMP);
INSERT INTO other VALUES (20, 1, 'k', 'x', '2024-01-01 00:00:00'), (21, 2, 'k', 'y', '2024-01-02 00:00:00');
INSERT INTO other VALUES (22, 1, 'same', 'x', '2024-01-01 00:00:00'), (23, 2, 'same', 'x', '2024-01-02 00:00:00');
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="person", registered="projects", key=t["people"].c.id,
    name=t["people"].c.name), slots=tuple(Slots(noun=n, key=t[n].c.id, owners=(t[n].c.p,), slot=(t[n].c.k,), **more)
    for n, more in (("facts", {{"value": t["facts"].c.v}}), ("other", {{{}}}))))"""
DECIDES = 'value=t["other"].c.v, updated_at=t["other"].c.at, differing=Differing.'
NO_VALUE = "without a value, rows of one slot say the same"
NEVER = [
    pytest.param("", {20: "x", 22: "x"}, NO_VALUE, id="without a value"),
    pytest.param(f"{DECIDES}NEWEST", {21: "y", 22: "x"}, "differing=Differing.NEWEST", id="the newest"),
    pytest.param(f"{DECIDES}CANONICAL", {20: "x", 22: "x"}, "differing=Differing.CANONICAL", id="the canonical's"),
]


def project_of(database, tmp_path, more):
    if more:
        more = ", ".join(f'"{name}": {value}' for name, value in (said.split("=", 1) for said in more.split(", ")))
    return declared(database, tmp_path, SCHEMA, SPEC.format(more), ["people", "facts", "other"], names={"A": ["B"]})


def answers(project, *tables, keep="b"):
    path = project.folder / "answers.json"
    path.write_text(json.dumps([{"table": table, "project": "A", "k": "k", "keep": keep} for table in tables]))
    return path


def held(database, table):
    return dict(database.rows(f"SELECT id, v FROM {table} ORDER BY id"))


@pytest.mark.parametrize("way", ["online", pytest.param("script", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("more", "expected", "_why"), NEVER)
def test_an_answer_about_one_table_holds_and_the_other_decides_as_without_answers(
    database, tmp_path, more, expected, _why, way
):
    project = project_of(database, tmp_path, more)
    given = answers(project, "facts")
    assert 0 == project.check(resolutions=given).status
    project.goes(way, resolutions=given)
    assert {11: "y"} == held(database, "facts")
    assert expected == held(database, "other")


@pytest.mark.parametrize(("more", "_expected", "why"), NEVER)
def test_an_answer_about_what_never_collides_is_refused_with_why(database, tmp_path, more, _expected, why):
    project = project_of(database, tmp_path, more)
    given = answers(project, "facts", "other")
    said = project.check(resolutions=given)
    ended = project.upgrade(resolutions=given)
    written = project.alembic("upgrade", "head", "--sql", resolutions=given)
    assert [2, 2, 2] == [said.status, ended.code, written.code]
    for text in (said.err, ended.err, written.err):
        assert f"resolutions[1].table: other has no collision to answer: {why}" in " ".join(text.split())


def test_a_question_that_nobody_answered_is_passed_over_there_too(database, tmp_path):
    project = project_of(database, tmp_path, "")
    assert "other" not in project.check(resolutions=answers(project, "other", keep=None)).err
