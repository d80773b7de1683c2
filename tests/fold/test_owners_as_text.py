"""Claims about an identity's own owners that are kept as texts of keys which are numbers."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40), parent TEXT);
INSERT INTO people VALUES (1, 'Ada', {0}), (2, 'ada l.', NULL), (3, 'Bo', '2'), (4, 'Cy', '1');
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name,
    owners=(t["people"].c.parent,){0}))"""
ROWS = "SELECT id, parent FROM people ORDER BY id"


@pytest.mark.parametrize(
    ("own", "itself", "folded"),
    [("NULL", "", None), ("'2'", ", itself=Itself.KEEP", "1"), ("'2'", ", itself=Itself.SET_NULL", None)],
    ids=["another than itself", "itself, kept", "itself, set to NULL"],
)
def test_texts_of_keys_are_led_as_keys_are(database, tmp_path, own, itself, folded):
    """PostgreSQL compares no text with a number."""
    project = declared(
        database, tmp_path, PEOPLE.format(own), SPEC.format(itself), ["people"], names={"Ada": ["ada l."]}
    )
    before = database.rows(ROWS)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert [(1, folded), (3, "1"), (4, "1")] == database.rows(ROWS)
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == database.rows(ROWS)


def test_a_row_that_would_be_its_own_parent_is_found_by_the_text_of_its_key(database, tmp_path):
    project = declared(database, tmp_path, PEOPLE.format("'2'"), SPEC.format(""), ["people"], names={"Ada": ["ada l."]})
    ended = project.upgrade()
    assert (2, True) == (ended.code, "itself" in ended.err), ended.err
