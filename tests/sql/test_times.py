"""Claims about times: they are compared as times however a column keeps them, written likewise, and none is guessed."""

from itertools import pairwise

import pytest

from declared import declared

NAMES = {"polisher": ["pol", "p2", "p3"]}
OLD, NEW = "2020-01-01 00:00:00", "2024-01-01 00:00:00"
SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000}
UNREAD = (
    *("Mon Jan 1 2024", "20240101", "2460310.5", "1704067200", "2024-01-01 00:00:00 +0000 UTC", "2024-02-30", "now"),
    *("2024-01-01 24:00:00", "0000-00-00 00:00:00", "10000-01-01 00:00:00", "0044-03-15 BC", "infinity", "2024-01-01Z"),
)


def facts(database, tmp_path, kind, rows, *, time='t["facts"].c.changed', declared_as=None, more=""):
    """Four rows or more of one project and a spec in which the newest of those that agree stays."""
    values = ", ".join(f"({number}, '{tag}', '{body}', 'active', {time})" for number, tag, body, time in rows)
    definitions = f"""
        CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
        INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
        CREATE TABLE facts (id INTEGER PRIMARY KEY, project VARCHAR(99), body VARCHAR(99), status VARCHAR(99),
          changed {kind}); {more}
        INSERT INTO facts VALUES {values};"""
    spec = f"""Spec(revision=revision,
        identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
        tags=(Tags(noun="fact", key=t["facts"].c.id, tag=t["facts"].c.project, agree=(t["facts"].c.body,),
            status=t["facts"].c.status, updated_at={time}),))"""
    types = {} if declared_as is None else {"facts.changed": declared_as}
    return declared(database, tmp_path, definitions, spec, ["projects", "facts"], names=NAMES, types=types)


def states(database):
    return dict(database.rows("SELECT id, status FROM facts ORDER BY id"))


def everything(database):
    return database.rows("SELECT * FROM facts ORDER BY id"), database.rows("SELECT * FROM projects ORDER BY id")


def epoch(unit):
    return f'Epoch(t["facts"].c.changed, "{unit}")'


@pytest.mark.every_case
@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.parametrize("unit", SECONDS)
def test_numbers_of_a_unit_are_times_and_the_run_writes_its_own_in_that_unit(database, tmp_path, unit, way):
    old, new = 1577836800 * SECONDS[unit], 1704067200 * SECONDS[unit]
    rows = [(1, "polisher", "steel", old), (2, "pol", "steel", new), (3, "pol", "brass", 7), (4, "p2", "brass", "NULL")]
    project = facts(database, tmp_path, "BIGINT", rows, time=epoch(unit))
    before = everything(database)
    if way == "online":
        assert 0 == project.check().status
        assert 0 == project.upgrade().code
    else:
        assert 0 == database.run_script(project.script()).returncode
    assert {1: "superseded", 2: "active", 3: "active", 4: "superseded"} == states(database)
    now = "extract(epoch FROM started_at)" if database.dialect == "postgresql" else "strftime('%s', started_at)"
    factor = SECONDS[unit]
    apart = f"abs(facts.changed - {now} * {factor}) / {factor}"
    ((written, apart),) = database.rows(f"SELECT count(DISTINCT changed), max({apart}) FROM facts, rekey_run")
    assert 1 == written
    assert apart <= 1
    if database.dialect == "sqlite":
        assert [("integer",)] == database.rows("SELECT DISTINCT typeof(changed) FROM facts")
    if way == "online":
        back = project.downgrade()
        assert 0 == back.code, back.err
    else:
        assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == everything(database)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["NUMERIC(20, 3)", "INTEGER", "DOUBLE PRECISION"])
def test_numbers_of_other_types_hold_times_too(database, tmp_path, kind):
    rows = [(1, "polisher", "steel", 1577836800), (2, "pol", "steel", 1704067200)]
    project = facts(database, tmp_path, kind, rows, time=epoch("s"))
    before = everything(database)
    assert 0 == project.upgrade().code
    assert {1: "superseded", 2: "active"} == states(database)
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == everything(database)


@pytest.mark.slow
def test_a_row_that_somebody_changed_since_is_told_by_its_number(database, tmp_path):
    rows = [(1, "polisher", "steel", 1577836800), (2, "pol", "steel", 1704067200)]
    project = facts(database, tmp_path, "BIGINT", rows, time=epoch("s"))
    assert 0 == project.upgrade().code
    database.execute("UPDATE facts SET changed = changed + 1 WHERE id = 2")
    back = project.downgrade()
    assert 2 == back.code
    assert "rekey_drift" in back.err


@pytest.mark.parametrize("declared_as", ["sa.Integer", "sa.BigInteger", "sa.Numeric"])
@pytest.mark.slow
def test_numbers_of_no_unit_are_refused_as_the_spec_is_made_and_the_remedy_works(database, tmp_path, declared_as):
    """Case 10, the remedy."""
    rows = [(1, "polisher", "steel", 1577836800000), (2, "pol", "steel", 1704067200000)]
    project = facts(database, tmp_path, "BIGINT", rows, declared_as=declared_as)
    refused = project.upgrade()
    assert 1 == refused.code
    assert 'Epoch(facts.changed, "ms")' in refused.err
    revision = project.folder / "migrations" / "versions" / "0002_fold.py"
    text = revision.read_text("utf-8")
    revision.write_text(text.replace('updated_at=t["facts"].c.changed', f"updated_at={epoch('ms')}"), "utf-8")
    assert 0 == project.upgrade().code
    assert {1: "superseded", 2: "active"} == states(database)


@pytest.mark.slow
def test_a_text_that_is_no_time_is_not_taken_for_none(database, tmp_path):
    """Case 10, the texts."""
    rows = [(1, "pol", "brass", "'x'")]
    for number, value in enumerate(UNREAD, 1):
        rows += [(10 * number, "polisher", number, f"'{OLD}'"), (10 * number + 1, "pol", number, f"'{value}'")]
    project = facts(database, tmp_path, "VARCHAR(99)", rows)
    before = everything(database)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    assert "rekey_unreadable_time_fact" in ended.err
    for said in (checked.out, ended.err):
        for number, value in enumerate(UNREAD, 1):
            assert f"row '{10 * number + 1}' has {value!r} in 'changed', which is no time" in said
        # Alone in its group, its time decides nothing.
        assert "row '1'" not in said
    scripted = database.run_script(project.script())
    assert 0 != scripted.returncode
    assert b"rekey_unreadable_time_fact" in scripted.stderr
    assert before == everything(database)
    database.execute(f"UPDATE facts SET changed = '{NEW}' WHERE id % 10 = 1")
    assert 0 == project.upgrade().code
    superseded = {10 * number: "superseded" for number in range(1, len(UNREAD) + 1)}
    assert superseded == {key: status for key, status in states(database).items() if status != "active"}


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1704067200", "2460310.5", "X'32303234'"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_sqlite_keeps_as_no_text_is_no_time_either(database, tmp_path, value):
    """Case 10: rows of 2020 stayed, for numbers counted as no times."""
    rows = [(1, "polisher", "steel", f"'{OLD}'"), (2, "pol", "steel", value)]
    project = facts(database, tmp_path, "DATETIME", rows)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    assert "rekey_unreadable_time_fact" in ended.err
    assert 'Epoch(column, "s")' in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("value", ["'2024-01-01'", "X'01'", "9e999"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_no_number_is_no_time_of_numbers(database, tmp_path, value):
    rows = [(1, "polisher", "steel", 5), (2, "pol", "steel", value)]
    project = facts(database, tmp_path, "INTEGER", rows, time=epoch("s"))
    assert 2 == project.check().status
    assert "rekey_unreadable_time_fact" in project.upgrade().err


@pytest.mark.slow
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_float_that_is_no_number_is_no_time(database, tmp_path, value):
    rows = [(1, "polisher", "steel", 5), (2, "pol", "steel", f"'{value}'")]
    project = facts(database, tmp_path, "DOUBLE PRECISION", rows, time=epoch("s"))
    assert 2 == project.check().status
    assert "rekey_unreadable_time_fact" in project.upgrade().err


@pytest.mark.slow
@pytest.mark.parametrize("value", ["NULL", "''", "'  '"])
def test_an_empty_text_says_as_little_as_null(database, tmp_path, value):
    rows = [(1, "polisher", "steel", value), (2, "pol", "steel", "'0001-01-01'")]
    project = facts(database, tmp_path, "VARCHAR(99)", rows)
    assert 0 == project.check().status
    assert 0 == project.upgrade().code
    assert {1: "superseded", 2: "active"} == states(database)


OLDER_AND_NEWER = (
    ("2024-01-01T10:00:00Z", "2024-01-01 09:00:01-0100"),
    ("2024-01-01 10:00", "2024-01-01t09:30:00.5-01"),
    ("2024-01-01", "2024-01-01 00:00:00.000001"),
    ("2024-01-01 12:00:00.123456789+02:00", "2024-01-01 10:00:00.1234571"),
    ("2024-01-01 23:59:59.9999999", "2024-01-02"),
    ("2024-02-28 23:00:00-02:30", "2024-02-29 01:30:01"),
)


@pytest.mark.sqlite_first
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_texts_of_any_iso_form_compare_as_times_whatever_the_zone_of_the_session(database, tmp_path, zone):
    rows = []
    for number, (older, newer) in enumerate(OLDER_AND_NEWER):
        rows += [(2 * number, "pol", number, f"'{older}'"), (2 * number + 1, "pol", number, f"'{newer}'")]
    rows = rows[::-1]
    project = facts(database, tmp_path, "VARCHAR(99)", rows)
    if database.dialect == "postgresql":
        database.execute(f"ALTER DATABASE {database.name} SET TimeZone = '{zone}'")
    before = everything(database)
    assert 0 == project.upgrade().code
    assert {number: "active" if number % 2 else "superseded" for number in range(12)} == states(database)
    assert 0 == project.downgrade().code
    assert before == everything(database)


FORMS = {
    "2024-01-01 10:00:00": "____-__-__ __:__:__",
    "2024-01-01T10:00:00Z": "____-__-__T__:__:__Z",
    "2024-01-01T10:00:00.123+02:00": "____-__-__T__:__:__.___+00:00",
    "2024-01-01 10:00:00.123456789 -0730": "____-__-__ __:__:__.______ +0000",
    "2024-01-01t10:00+02": "____-__-__t__:__+00",
    "2024-01-01": "____-__-__",
}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
def test_a_text_is_replaced_by_one_of_its_form(database, tmp_path, way):
    rows = [(number, "pol", number, f"'{form}'") for number, form in enumerate(FORMS)]
    project = facts(database, tmp_path, "VARCHAR(99)", rows)
    before = everything(database)
    if way == "online":
        assert 0 == project.upgrade().code
    else:
        assert 0 == database.run_script(project.script()).returncode
    for number, form in enumerate(FORMS.values()):
        assert [(number,)] == database.rows(f"SELECT id FROM facts WHERE id = {number} AND changed LIKE '{form}'")
    assert [(0,)] == database.rows("SELECT count(*) FROM facts WHERE changed LIKE '2024%'")
    if way == "online":
        assert 0 == project.downgrade().code
    else:
        assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == everything(database)


@pytest.mark.every_case
@pytest.mark.slow
@pytest.mark.parametrize("room", [19, 16, 10])
def test_a_narrow_column_of_texts_has_room_for_the_time_of_the_run(database, tmp_path, room):
    """Case: 19 letters for a column of ten."""
    rows = [(1, "pol", "steel", f"'{NEW[:room]}'"), (2, "pol", "brass", "NULL")]
    project = facts(database, tmp_path, f"VARCHAR({room})", rows)
    before = everything(database)
    assert (0, 0) == (project.check().status, project.upgrade().code)
    assert 0 == project.downgrade().code
    assert before == everything(database)


@pytest.mark.slow
@pytest.mark.parametrize("declared_as", ["sa.Text", "sa.String(30)"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_time_that_a_column_of_texts_has_no_room_for_is_refused_before(database, tmp_path, declared_as):
    """Case: in the database's words, after the plan had said 0; declared as it is, the column gets a day."""
    rows = [(1, "pol", "steel", f"'{NEW[:10]}'"), (2, "pol", "brass", "NULL")]
    project = facts(database, tmp_path / "mistaken", "VARCHAR(10)", rows, declared_as=declared_as)
    before = everything(database)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    for text in (checked.out, ended.err):
        # The text before tells the form of the first.
        assert "row 1" not in text
        assert "facts: row 2, which the plan would rekey for polisher, would not fit into its column 'changed'" in text
        assert "sa.String(10)" in text
    assert before == everything(database)
    database.execute("DROP TABLE facts, projects")
    project = facts(database, tmp_path / "right", "VARCHAR(10)", rows)
    assert 0 == project.upgrade().code
    assert [(10,), (10,)] == database.rows("SELECT length(changed) FROM facts WHERE id < 3")


MISTAKEN = {
    "a text declared as a time": ("TEXT", 't["facts"].c.changed', "sa.DateTime", "as a time", "is text"),
    "a time declared as a text": ("TIMESTAMP", 't["facts"].c.changed', "sa.Text", "as a text", "is timestamp"),
    "a number declared as a time": ("BIGINT", 't["facts"].c.changed', "sa.DateTime", "as a time", "is bigint"),
    "a time declared as a number": ("TIMESTAMPTZ", epoch("s"), "sa.BigInteger", "as a number", "is timestamp"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKEN.values(), ids=MISTAKEN)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_time_that_postgresql_keeps_otherwise_is_refused(database, tmp_path, case):
    kind, time, declared_as, *says = case
    project = facts(database, tmp_path, kind, [(1, "pol", "steel", "NULL")], time=time, declared_as=declared_as)
    before = everything(database)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    for text in (checked.err, ended.err):
        assert "rekey_time_type" in text
        assert [] == [said for said in says if said not in text]
    scripted = database.run_script(project.script())
    assert b"rekey_time_type" in scripted.stderr
    assert before == everything(database)


FAR = ("-infinity", "0044-03-15 12:00:00 BC", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "infinity")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_times_far_away_compare_as_postgresql_compares_them_and_come_back(database, tmp_path, kind):
    rows = [(1, "pol", "0", "NULL"), (2, "pol", "0", f"'{FAR[0]}'")]
    for number, (older, newer) in enumerate(pairwise(FAR), 1):
        rows += [(2 * number + 1, "pol", number, f"'{older}'"), (2 * number + 2, "pol", number, f"'{newer}'")]
    project = facts(database, tmp_path, kind, rows, declared_as="sa.DateTime")
    shown = "SELECT id, project, status, changed::text FROM facts ORDER BY id"
    before = database.rows(shown)
    assert 0 == project.upgrade().code
    assert {number: "superseded" if number % 2 else "active" for number in range(1, 11)} == states(database)
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == database.rows(shown)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["online", "script"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_time_of_a_run_is_compared_where_a_domain_of_the_table_takes_no_null(database, tmp_path, way):
    project = facts(database, tmp_path, "TIMESTAMP(0)", [(1, "pol", "a", "NULL"), (2, "saw", "a", "NULL")])
    database.execute("CREATE DOMAIN address AS TEXT NOT NULL")
    database.execute("ALTER TABLE facts ADD mail address DEFAULT 'a@x'")
    before = everything(database)
    for turn, script in (("upgrade", "base:head"), ("downgrade", "head:base")):
        if way == "online":
            ended = project.alembic(turn, script.rpartition(":")[2])
            assert 0 == ended.code, ended.err
        else:
            ran = database.run_script(project.script(script, turn))
            assert 0 == ran.returncode, ran.stderr
        assert (turn == "upgrade") == (before != everything(database))
