"""Claims about answers where nothing is registered: a row is kept by its own key, in its own group alone."""

import json

import pytest

from declared import declared

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, tenant INTEGER, name VARCHAR(99), mail VARCHAR(99));
INSERT INTO people VALUES (1, 1, 'Ann', 'a@x'), (2, 1, 'Ann', 'A@x'), (3, 2, 'Ann', 'a@x'), (4, 2, 'Ann', 'a@X');
CREATE TABLE facts (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), k VARCHAR(9), v VARCHAR(99));
INSERT INTO facts VALUES (11, 1, 'city', 'Rome'), (12, 2, 'city', 'Oslo');
INSERT INTO facts VALUES (13, 3, 'city', 'Bonn'), (14, 4, 'city', 'Nice');
"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name, duplicates=Duplicates.FOUND,
        match=(sa.func.lower(t["people"].c.mail),), within=(t["people"].c.tenant,)),
    slots=(Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.person,), slot=(t["facts"].c.k,),
        value=t["facts"].c.v),))"""
RIGHT = [(12, 1, "Oslo"), (13, 3, "Bonn")]


@pytest.fixture
def project(database, tmp_path):
    return declared(database, tmp_path, SCHEMA, SPEC, ["people", "facts"], names={})


def answered(project, *kept):
    """The file of answers: the form, filled in with the keys of the rows to keep."""
    form = project.folder / "answers.json"
    form.unlink(missing_ok=True)
    assert 0 == project.rekey("plan", "--write-resolutions", str(form)).status
    document = json.loads(form.read_text("utf-8"))
    assert [["11", "12"], ["13", "14"]] == [[row["keep"] for row in one["rows"]] for one in document["resolutions"]]
    for question, key in zip(document["resolutions"], kept, strict=True):
        question["keep"] = key
    form.write_text(json.dumps(document), "utf-8")
    return form


def facts(database):
    return sorted(database.rows("SELECT id, person, v FROM facts"))


@pytest.mark.slow
def test_a_collision_of_found_rows_is_answered_by_the_key_of_the_row_to_keep(project, database):
    before = facts(database)
    assert (2, 2) == (project.check().status, project.upgrade().code)
    form = answered(project, "12", 13)
    assert 0 == project.check(resolutions=form).status
    ended = project.upgrade(resolutions=form)
    assert 0 == ended.code, ended.err
    assert facts(database) == RIGHT
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == facts(database)


@pytest.mark.slow
def test_a_script_has_the_same_answers(project, database):
    form = answered(project, "12", "13")
    done = database.run_script(project.script(resolutions=form))
    assert 0 == done.returncode, done.stderr
    assert facts(database) == RIGHT


@pytest.mark.slow
def test_an_answer_of_one_group_decides_nothing_in_another(project, database):
    form = answered(project, "12", None)
    ended = project.upgrade(resolutions=form)
    assert 2 == ended.code
    assert "'Bonn'" in ended.err
    assert "'Rome'" not in ended.err
    assert "rekey_collision_fact (2)" in ended.err


@pytest.mark.slow
def test_where_each_letter_counts_an_answer_keeps_the_name_that_it_spells(database, tmp_path):
    """Of a canonical and an alias that differ in their capitals each can be kept."""
    schema = """
    CREATE TABLE units (id INTEGER PRIMARY KEY, symbol VARCHAR(9));
    INSERT INTO units VALUES (1, 'M'), (2, 'm');
    CREATE TABLE facts (id INTEGER PRIMARY KEY, unit INTEGER, k VARCHAR(9), v VARCHAR(99));
    INSERT INTO facts VALUES (11, 1, 'is', 'mega'), (12, 2, 'is', 'metre');"""
    spec = """Spec(revision=revision,
        identity=Identity(noun="project", key=t["units"].c.id, name=t["units"].c.symbol, match=Match.EXACT),
        slots=(Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.unit,), slot=(t["facts"].c.k,),
            value=t["facts"].c.v),))"""
    project = declared(database, tmp_path, schema, spec, ["units", "facts"], names={"M": ["m"]})
    form = project.folder / "answers.json"
    assert 0 == project.rekey("plan", "--write-resolutions", str(form)).status
    document = json.loads(form.read_text("utf-8"))
    (question,) = document["resolutions"]
    assert ["canonical", "m"] == [row["keep"] for row in question["rows"]]
    for kept, stays in (("canonical", (11, 1, "mega")), ("m", (12, 1, "metre")), ("M", (11, 1, "mega"))):
        question["keep"] = kept
        form.write_text(json.dumps(document), "utf-8")
        ended = project.upgrade(resolutions=form)
        assert 0 == ended.code, ended.err
        assert [stays] == database.rows("SELECT id, unit, v FROM facts")
        assert 0 == project.downgrade().code
