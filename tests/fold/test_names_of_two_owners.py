"""What a refusal says to do about names beside two owners is done, and folds."""

from __future__ import annotations

import pytest

from declared import declared

pytestmark = pytest.mark.slow

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE gifts (id INTEGER PRIMARY KEY, giver INTEGER REFERENCES people (id), taker INTEGER REFERENCES people (id),
                    giver_name TEXT, taker_name TEXT);
INSERT INTO people VALUES (1, 'Ada'), (2, 'A1'), (3, 'Bo'), (4, 'B1');
INSERT INTO gifts VALUES (1, 2, 4, 'A1', 'B1'), (2, 1, 4, 'Ada', 'B1')
"""
PERSON = """Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name,
                                             registered="projects"), {})"""
GIFTS = (
    """references=(References(noun="gift", key=t["gifts"].c.id, owners=(t["gifts"].c.giver, t["gifts"].c.taker){}),)"""
)
NAMES = '(t["gifts"].c.giver_name, t["gifts"].c.taker_name)'
TAGS = f'tags=(Tags(noun="name", key=t["gifts"].c.id, tag={NAMES}),)'


def test_a_second_spec_behind_the_first_writes_the_names_and_restores_them(database, tmp_path):
    names = {"Ada": ["A1"], "Bo": ["B1"]}
    spec = PERSON.format(GIFTS.format(f", names={NAMES}"))
    project = declared(database, tmp_path, TABLES, spec, ["people", "gifts"], names=names)
    refused = project.upgrade()
    assert "declare these columns as Tags of a second Spec of this identity, folded behind this one" in refused.err
    fold = project.folder / "migrations" / "versions" / "0002_fold.py"
    text = fold.read_text("utf-8").replace(f", names={NAMES}", "")
    text = text.replace("def upgrade", f"second = {PERSON.format(TAGS)}\ndef upgrade", 1)
    text = text.replace("op.rekey(spec)", "op.rekey(spec)\n    op.rekey(second)")
    fold.write_text(text.replace("op.restore(spec)", "op.restore(second)\n    op.restore(spec)"), "utf-8")
    before = database.rows("SELECT * FROM gifts ORDER BY id")
    project.goes("online")
    assert [(1, 1, 3, "Ada", "Bo"), (2, 1, 3, "Ada", "Bo")] == database.rows("SELECT * FROM gifts ORDER BY id")
    project.goes("online", "downgrade")
    assert before == database.rows("SELECT * FROM gifts ORDER BY id")
