"""Claims about columns without a foreign key that hold keys of shadows: the plan tells of them and refuses nothing."""

import json

import pytest

from declared import declared

NAMES = {"polisher": ["pol"]}
SPEC = 'Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name))'
SCHEMA = """
CREATE TABLE projects (id {key} PRIMARY KEY, name TEXT NOT NULL, parent_project_id {key});
INSERT INTO projects VALUES ({pol}, 'pol', {pol}), ({polisher}, 'polisher', NULL), ({other}, 'other', NULL);
CREATE TABLE "50% {{of}} ""it"":x" (id INTEGER PRIMARY KEY, "origin_Project_ID" {key});
INSERT INTO "50% {{of}} ""it"":x" VALUES (1, {pol}), (2, {pol}), (3, {polisher}), (4, NULL);
CREATE TABLE visits (id INTEGER PRIMARY KEY, project_id {key}, projects_id {key}, my_projectid {key});
INSERT INTO visits VALUES (1, {pol}, {other}, {pol});
CREATE TABLE others (id {key} PRIMARY KEY);
INSERT INTO others VALUES ({pol});
CREATE TABLE of_others (id INTEGER PRIMARY KEY, project_id {key} REFERENCES others (id));
INSERT INTO of_others VALUES (1, {pol});
"""
NUMBERS = {"key": "BIGINT", "pol": 1, "polisher": 2, "other": 3}
TEXTS = {"key": "VARCHAR(20)", "pol": "'a'", "polisher": "'b'", "other": "'A'"}
TOLD = "of {} keys of shadows, without a foreign key: they will point nowhere."
STRANGE = '50% {of} "it":x.origin_Project_ID hold'


def notes(project):
    said = project.rekey("plan")
    assert 0 == said.status, said.err
    return [line.split("note", 1)[1].strip() for line in said.out.splitlines() if "point nowhere" in line]


def planned(database, tmp_path, of):
    return declared(database, tmp_path, SCHEMA.format(**of), SPEC, ["projects"], names=NAMES)


def expected(database):
    schema = "public." if database.dialect == "postgresql" else ""
    two, one = (TOLD.format(f"{schema}{column}") for column in (STRANGE, "visits.project_id holds"))
    return [f"2 rows {two}", f"1 row {one}"]


def test_the_plan_tells_of_columns_that_are_named_like_a_reference(database, tmp_path):
    """Neither of a key to elsewhere, nor of a column that no shadow's key is in; `--check` passes all the same."""
    project = planned(database, tmp_path, NUMBERS)
    before = database.snapshot()
    assert expected(database) == notes(project)
    assert 0 == project.check().status
    assert before == database.snapshot()


@pytest.mark.slow
def test_keys_that_are_texts_are_compared_letter_by_letter(database, tmp_path):
    assert expected(database) == notes(planned(database, tmp_path, TEXTS))


@pytest.mark.slow
def test_after_the_side_tables_are_made_nothing_of_ours_is_told_of(database, tmp_path):
    """The journal of a table that has such a column has it too."""
    project = planned(database, tmp_path, NUMBERS)
    assert 0 == project.upgrade("0001").code
    assert expected(database) == notes(project)


@pytest.mark.slow
def test_a_column_of_another_type_is_not_compared(database, tmp_path):
    """PostgreSQL has no equality between a number and a text; SQLite compares the two and finds them different."""
    schema = SCHEMA.format(**NUMBERS) + """
    CREATE TABLE texts (id INTEGER PRIMARY KEY, project_id VARCHAR(9));
    INSERT INTO texts VALUES (1, 'one');
    """  # fmt: skip
    project = declared(database, tmp_path, schema, SPEC, ["projects"], names=NAMES)
    assert expected(database) == notes(project)
    assert "texts" not in json.dumps(project.rekey("plan", "--json").document)
