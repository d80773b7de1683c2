"""Claims about rows with two owners that become one, where rows of shadows do not move: none refers to it twice."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

DEFINITIONS = """
    CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40));
    INSERT INTO people VALUES (1, 'Ada'), (2, 'A1'), (3, 'A2');
    CREATE TABLE loans (id INTEGER PRIMARY KEY, giver INTEGER, taker INTEGER);
    INSERT INTO loans VALUES (7, 2, 1), (8, 2, 3), (9, 1, 1);"""
SPEC = """Spec(revision=revision,
    identity=Identity(noun="person", registered="projects", key=t["people"].c.id, name=t["people"].c.name),
    references=(References(noun="loan", key=t["loans"].c.id, owners=(t["loans"].c.giver, t["loans"].c.taker),
        on_fold=OnFold.{on_fold}, itself=Itself.{itself}),))"""
AFTER = {"SET_NULL": [(7, None, 1), (8, None, None), (9, 1, 1)], "DELETE": [(9, 1, 1)]}


@pytest.mark.parametrize("itself", ["REFUSE", "DELETE"])
@pytest.mark.parametrize("on_fold", AFTER)
def test_a_row_that_leaves_its_shadow_does_not_come_to_refer_to_one_thing_twice(database, tmp_path, on_fold, itself):
    """The plan refused it, or deleted it, for what it would not have become."""
    spec = SPEC.format(on_fold=on_fold, itself=itself)
    names = {"Ada": ["A1", "A2"]}
    project = declared(database, tmp_path, DEFINITIONS, spec, ["people", "loans"], names=names)
    before = database.table("loans")
    checked, ended = project.check(), project.upgrade()
    assert (0, 0) == (checked.status, ended.code), checked
    assert AFTER[on_fold] == database.rows("SELECT id, giver, taker FROM loans ORDER BY id")
    assert 0 == project.downgrade().code
    assert before == database.table("loans")
