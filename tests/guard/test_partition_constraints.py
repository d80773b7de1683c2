"""Claims about what one partition alone has, or none: found before a row changes, with a remedy that works."""

import pytest

from declared import declared

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]

NAMES = {"polisher": ["pol"]}
SPEC = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    references=(References(noun="visit", key=t["visits"].c.id, owners=(t["visits"].c.project_id,)),))"""
SCHEMA = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
CREATE TABLE visits (id INTEGER, project_id INTEGER, n INTEGER) PARTITION BY LIST (project_id);
CREATE TABLE others PARTITION OF visits FOR VALUES IN (2, 3);
INSERT INTO visits VALUES (2, 2, 7);
"""
FIRST = """
CREATE TABLE first PARTITION OF visits FOR VALUES IN (1);
INSERT INTO visits VALUES (1, 1, 7);
"""
DEEPER = """
CREATE TABLE first PARTITION OF visits FOR VALUES IN (1) PARTITION BY LIST (id);
CREATE TABLE leaf PARTITION OF first FOR VALUES IN (1);
INSERT INTO visits VALUES (1, 1, 7);
"""
CASES = {
    "a unique index": (
        FIRST + "CREATE UNIQUE INDEX alone ON first (n)",
        ("rekey_unique_after_visit", "alike to the unique index alone"),
        "UPDATE visits SET n = 8 WHERE id = 2",
    ),
    "a unique index of some rows": (
        FIRST + "CREATE UNIQUE INDEX alone ON first (n) WHERE id > 0",
        ("rekey_unique_after_visit", "alike to the unique index alone"),
        "DELETE FROM visits WHERE id = 1",
    ),
    "a CHECK": (
        FIRST + "ALTER TABLE first ADD CONSTRAINT early CHECK (id < 2)",
        ("rekey_condition_after_visit", "would break the constraint early of the partition first"),
        "ALTER TABLE first DROP CONSTRAINT early",
    ),
    "an exclusion constraint": (
        FIRST + "ALTER TABLE first ADD CONSTRAINT alone EXCLUDE (n WITH =)",
        ("rekey_excluded_after_visit", "excluded by 1 other rows: alone"),
        "UPDATE visits SET n = 8 WHERE id = 2",
    ),
    "no partition": (
        "",
        ("rekey_condition_after_visit", "none of which takes such a row"),
        "CREATE TABLE first PARTITION OF visits FOR VALUES IN (1)",
    ),
    "no partition of a partition": (
        DEEPER,
        ("rekey_condition_after_visit", "none of which takes such a row"),
        "CREATE TABLE rest PARTITION OF first DEFAULT",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_partition_refuses_is_found_before_anything_changes(database, tmp_path, case):
    """The remedy is followed."""
    ddl, said, remedy = CASES[case]
    project = declared(database, tmp_path, SCHEMA + ddl, SPEC, ["projects", "visits"], names=NAMES)
    planned = project.check()
    assert 2 == planned.status
    stood = database.snapshot()
    ended = project.upgrade()
    assert (2, stood) == (ended.code, database.snapshot())
    for words in said:
        assert words in " ".join(ended.err.split())
    assert said[1] in " ".join((planned.out + planned.err).split())
    database.execute(remedy)
    assert 0 == project.upgrade("0001").code
    before = database.table("visits")
    assert 0 == project.check().status
    project.goes("online")
    project.goes("online", "downgrade")
    assert before == database.table("visits")


@pytest.mark.parametrize(
    "ddl",
    [
        FIRST + "CREATE UNIQUE INDEX alone ON others (n)",
        FIRST + "CREATE UNIQUE INDEX alone ON first (n) WHERE n > 7",
        FIRST + "CREATE UNIQUE INDEX alone ON visits (project_id, id)",
        FIRST + "ALTER TABLE others ADD CHECK (project_id > 1)",
        "CREATE TABLE rest PARTITION OF visits DEFAULT",
    ],
)
def test_what_a_partition_asks_of_rows_that_are_none_of_its_refuses_nothing(database, tmp_path, ddl):
    project = declared(database, tmp_path, SCHEMA + ddl, SPEC, ["projects", "visits"], names=NAMES)
    assert 0 == project.check().status
    assert 0 == project.upgrade().code
