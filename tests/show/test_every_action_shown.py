"""Claims about every action of every kind of part: text, terminal, page, document and way back show it."""

import json

import pytest

from alembic_rekey.plan.rules import Action
from alembic_rekey.show.page.rows import SAYS
from declared import declared

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99), mail VARCHAR(99), phone VARCHAR(99), boss INTEGER,
  gone INTEGER, into_id INTEGER);
INSERT INTO people VALUES (1, 'Ann', 'a@x', NULL, NULL, 0, NULL), (2, 'ann', 'A@x', '123', NULL, 0, NULL),
  (3, 'Bob', 'b@x', NULL, 2, 0, NULL), (4, 'Cy', NULL, NULL, 1, 0, NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, named VARCHAR(99));
INSERT INTO orders VALUES (1, 2, 'ann'), (2, 1, 'Ann'), (3, 2, 'a friend');
CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER);
INSERT INTO visits VALUES (1, 2), (2, 3);
CREATE TABLE sessions (id INTEGER PRIMARY KEY, person INTEGER);
INSERT INTO sessions VALUES (1, 2), (2, 1);
CREATE TABLE follows (one INTEGER, other INTEGER, PRIMARY KEY (one, other));
INSERT INTO follows VALUES (1, 2), (2, 3), (1, 3), (3, 2);
CREATE TABLE games (id INTEGER PRIMARY KEY, home VARCHAR(99), away VARCHAR(99));
INSERT INTO games VALUES (1, 'ann', 'Bob'), (2, 'Cy', 'ann'), (3, 'Cy', 'Bob');
"""
TABLES = ["people", "orders", "visits", "sessions", "follows", "games"]
SPEC = """Spec(revision=revision,
    identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name, duplicates=Duplicates.FOUND,
        match=(sa.func.lower(t["people"].c.mail),), where=t["people"].c.gone == 0, absorb={"phone": Absorb.COALESCE},
        retire={"gone": 1, "into_id": SURVIVOR}, owners=(t["people"].c.boss,)),
    references=(
        References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.person,), names=(t["orders"].c.named,)),
        References(noun="visit", key=t["visits"].c.id, owners=(t["visits"].c.person,), on_fold=OnFold.SET_NULL),
        References(noun="session", key=t["sessions"].c.id, owners=(t["sessions"].c.person,), on_fold=OnFold.DELETE),
    ),
    slots=(Slots(noun="follow", key=(t["follows"].c.one, t["follows"].c.other), itself=Itself.DELETE,
        owners=(t["follows"].c.one, t["follows"].c.other)),),
    tags=(Tags(noun="game", key=t["games"].c.id, tag=(t["games"].c.home, t["games"].c.away)),))"""
AFTER = {
    "people": [
        (1, "Ann", "a@x", "123", None, 0, None),
        (2, "ann", "A@x", "123", None, 1, 1),
        (3, "Bob", "b@x", None, 1, 0, None),
        (4, "Cy", None, None, 1, 0, None),
    ],
    "orders": [(1, 1, "Ann"), (2, 1, "Ann"), (3, 1, "a friend")],
    "visits": [(1, None), (2, 3)],
    "sessions": [(2, 1)],
    "follows": [(1, 3), (3, 1)],
    "games": [(1, "Ann", "Bob"), (2, "Cy", "Ann"), (3, "Cy", "Bob")],
}


def rows(database):
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=str) for table in TABLES}


@pytest.fixture
def project(database, tmp_path):
    return declared(database, tmp_path, SCHEMA, SPEC, TABLES, names={})


def test_a_page_has_a_word_for_every_action_but_one():
    assert {*Action} - {Action.KEEP} == {*SAYS}


@pytest.mark.sqlite_first
def test_it_is_planned_folded_reported_and_goes_back(project, database, tmp_path):
    before, page = rows(database), tmp_path / "plan.html"
    planned = project.rekey("plan", "--html", str(page))
    assert 0 == planned.status, planned.err
    for line in (
        "people: shadows, marked once all that hangs on them has moved (1)",
        "people: rows that stay and take from the shadows (1)",
        "orders: rekeyed (2)",
        "visits: rows that refer to nothing afterwards (1)",
        "sessions: rows that go with a shadow, or refer to one thing twice (1)",
        "follows: rows two owners of which become one, deleted (1)",
        "follows: merged: they say the same as the row that stays (1)",
        "games: rekeyed (2)",
    ):
        assert line in planned.out
    text = page.read_text("ascii")
    for action in ("retire", "absorb", "rekey", "detach", "delete", "merge"):
        assert f'"action":"{action}"' in text
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert AFTER == rows(database)
    report = project.rekey("report", "--html", str(tmp_path / "run.html"))
    assert 0 == report.status, report.err
    assert 0 == project.rekey("restore-plan").status
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == rows(database)


@pytest.mark.slow
def test_by_script_it_is_the_same(project, database):
    before = rows(database)
    done = database.run_script(project.script())
    assert 0 == done.returncode, done.stderr
    assert AFTER == rows(database)
    back = database.run_script(project.script("0002:0001", "downgrade"))
    assert 0 == back.returncode, back.stderr
    assert before == rows(database)


@pytest.mark.slow
def test_it_goes_back_from_its_report(project, database):
    before = rows(database)
    assert 0 == project.upgrade().code
    document = json.loads(project.reports[-1].read_text("ascii"))
    assert 1 == document["apply_summary"]["shadow_persons_retired"]
    kept = [f"rekey_journal_{table}" for table in TABLES]
    database.execute("; ".join(f"DELETE FROM {table}" for table in (*kept, "rekey_run")))
    ended = project.downgrade(report=project.reports[-1])
    assert 0 == ended.code, ended.err
    assert before == rows(database)
