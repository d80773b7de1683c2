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
