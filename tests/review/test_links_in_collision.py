"""Claims about link rows of two owners that collide: each end may lead a row to the slot under another name."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SPEC = """Spec(revision=revision, identity=Identity(noun="shop", key=t["shops"].c.id, name=t["shops"].c.name,
    duplicates=Duplicates.FOUND), slots=(Slots(noun="link", key=(t["links"].c.shop_id, t["links"].c.other_id),
    owners=(t["links"].c.shop_id, t["links"].c.other_id), slot=(), value=t["links"].c.body, itself=Itself.DELETE),))"""
SCHEMA = """
CREATE TABLE shops (id INTEGER PRIMARY KEY, name VARCHAR(99));
INSERT INTO shops VALUES (1, 'pol'), (2, 'pol'), (3, 'p06'), (4, 'p06');
CREATE TABLE links (shop_id INTEGER, other_id INTEGER, body VARCHAR(99), PRIMARY KEY (shop_id, other_id));
INSERT INTO links VALUES (1, 4, 'b'), (2, 3, 'a');
"""


@pytest.mark.parametrize("how", [(), ("--json",), ("--html", "plan.html")], ids=["text", "json", "page"])
def test_they_are_told_however_a_plan_is_shown(database, tmp_path, how, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = declared(database, tmp_path, SCHEMA, SPEC, ["shops", "links"], names={})
    said = project.rekey("plan", "--check", *how)
    assert 2 == said.status
    assert "rekey_collision_link" in project.upgrade().err


def test_a_row_is_told_by_its_owner_that_is_of_a_group_and_by_its_key_where_that_has_no_name(database, tmp_path):
    """The first owner may be nobody's shadow, and a row that was found in the data may have no name."""
    schema = """
    CREATE TABLE shops (id INTEGER PRIMARY KEY, name VARCHAR(99), mail VARCHAR(99));
    INSERT INTO shops VALUES (1, 'own', 'a'), (2, NULL, 'b'), (3, 'p06', 'b');
    CREATE TABLE links (shop_id INTEGER, other_id INTEGER, body VARCHAR(99), PRIMARY KEY (shop_id, other_id));
    INSERT INTO links VALUES (1, 2, 'x'), (1, 3, 'y');"""
    found = SPEC.replace("Duplicates.FOUND)", 'Duplicates.FOUND, match=(t["shops"].c.mail,))')
    project = declared(database, tmp_path, schema, found, ["shops", "links"], names={})
    said = project.rekey("plan", "--check")
    assert (2, "") == (said.status, said.err)
    refused = project.upgrade().err
    assert "row '1, 2', active under '2', says 'x'" in refused
    assert "row '1, 3', active under 'p06', says 'y'" in refused
    assert 0 == project.rekey("plan", "--write-resolutions", str(tmp_path / "answers.json")).status


def test_rows_that_no_key_tells_apart_are_refused_though_one_of_them_collides_in_a_group(database, tmp_path):
    schema = """
    CREATE TABLE shops (id INTEGER PRIMARY KEY, name VARCHAR(99));
    INSERT INTO shops VALUES (1, 'pol'), (2, 'pol'), (3, 'own');
    CREATE TABLE links (id INTEGER, shop_id INTEGER, body VARCHAR(99));
    INSERT INTO links VALUES (1, 1, 'x'), (1, 3, 'z'), (2, 2, 'y');"""
    spec = """Spec(revision=revision, identity=Identity(noun="shop", key=t["shops"].c.id, name=t["shops"].c.name,
        duplicates=Duplicates.FOUND), slots=(Slots(noun="link", key=t["links"].c.id,
        owners=(t["links"].c.shop_id,), slot=(), value=t["links"].c.body),))"""
    project = declared(database, tmp_path, schema, spec, ["shops", "links"], names={})
    said = project.rekey("plan", "--check")
    assert (2, "") == (said.status, said.err)
    assert "key 1 of links is carried by 2 rows" in " ".join(said.out.split()).replace("'1'", "1")
