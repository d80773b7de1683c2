"""Claims about rows with a name in several columns: each follows its own, whatever letters it is written in."""

import pytest

from declared import declared

SCHEMA = """
CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(99));
INSERT INTO teams VALUES (1, 'streets'), (2, 'lathe');
CREATE TABLE games (id INTEGER PRIMARY KEY, home VARCHAR(99), away VARCHAR(99));
INSERT INTO games VALUES (1, 'ΟΔΟΣ', 'la'), (2, 'οδος', 'ΣΑΣ'), (3, 'nobody', 'Σας'), (4, 'lathe', NULL);
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["teams"].c.id, name=t["teams"].c.name),
    tags=(Tags(noun="game", key=t["games"].c.id, tag=(t["games"].c.home, t["games"].c.away)),))"""
NAMES = {"streets": ["οδος"], "lathe": ["la", "σας"]}


def games(database):
    return database.rows("SELECT * FROM games ORDER BY id")


@pytest.mark.slow
def test_a_sigma_is_written_as_its_place_asks_and_goes_back(database, tmp_path):
    project = declared(database, tmp_path, SCHEMA, SPEC, ["teams", "games"], names=NAMES)
    before = games(database)
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    after = [(1, "streets", "lathe"), (2, "streets", "lathe"), (3, "nobody", "lathe"), (4, "lathe", None)]
    assert after == games(database)
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == games(database)


@pytest.mark.sqlite_first
def test_pairs_that_are_a_key_are_planned_and_go_back_from_the_report_too(database, tmp_path):
    """A row spells one name as an alias and the other as nobody registered it, of an entry without aliases too."""
    schema = """
    CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(99));
    CREATE TABLE games (home VARCHAR(99), away VARCHAR(99), goals INTEGER, PRIMARY KEY (home, away));
    INSERT INTO teams VALUES (1, 'Lathe'), (2, 'la'), (3, 'Mill');
    INSERT INTO games VALUES ('la', 'Mill', 1), ('Lathe', 'Mill', 1), ('LA', 'Lathe ', 3), ('mill ', 'La', 4);
    """
    spec = SPEC.replace('key=t["games"].c.id', 'key=(t["games"].c.home, t["games"].c.away)')
    spec = spec.replace("c.away)),)", 'c.away), agree=(t["games"].c.goals,)),)')
    names = {"Lathe": ["la"], "Mill": []}
    project = declared(database, tmp_path, schema, spec, ["teams", "games"], names=names)
    held = "SELECT * FROM games ORDER BY goals, home"
    before = database.rows(held)
    planned = project.check()
    assert 0 == planned.status, planned.err
    assert 0 == project.upgrade().code
    assert [("Lathe", "Mill", 1), ("Lathe", "Lathe", 3), ("Mill", "Lathe", 4)] == database.rows(held)
    (report,) = (path for path in project.reports if "dry-run" not in path.name)
    ended = project.downgrade(report=report)
    assert 0 == ended.code, ended.err
    assert before == database.rows(held)
