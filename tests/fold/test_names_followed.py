"""Names that rows carry beside their owner follow it, in slots too, and only where there is a name to follow."""

import pytest

from declared import declared
from shells import stopped_at

pytestmark = pytest.mark.sqlite_first

PROJECTS = "CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(40), mail VARCHAR(40));"
STATE = """
CREATE TABLE state (id INTEGER PRIMARY KEY, project_id INTEGER, said VARCHAR(40), slot VARCHAR(9), value VARCHAR(9),
  status VARCHAR(9), amount INTEGER);
CREATE TABLE items (id INTEGER PRIMARY KEY, state_id INTEGER REFERENCES state (id));
"""
NAMED = 'identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name{})'
SLOTS = """slots=(Slots(noun="state", key=t["state"].c.id, owners=(t["state"].c.project_id,),
    names=(t["state"].c.said,), slot=(t["state"].c.slot,), value=t["state"].c.value, status=t["state"].c.status{}),)"""
ITEMS = """references=(References(noun="item", key=t["items"].c.id, owners=(t["items"].c.state_id,), of="state"),)"""


def rows(database, table):
    return sorted(database.rows(f"SELECT * FROM {table}"), key=str)


def went(database, folder, definitions, spec, tables, names, table):
    """What a table holds after an upgrade; both ways, online and by script, say the same."""
    project = declared(database, folder, definitions, spec, tables, names=names)
    before = {name: rows(database, name) for name in tables}
    assert 0 == project.check().status
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    after = rows(database, table)
    said = project.rekey("restore-plan")
    assert 0 == said.status, said
    ended = project.downgrade()
    assert 0 == ended.code, ended.err
    assert before == {name: rows(database, name) for name in tables}
    # The run of before stays: a script is for a database that knows none.
    assert 0 == project.downgrade("base").code
    done = database.run_script(project.script())
    assert 0 == done.returncode, (done.stdout, done.stderr)
    assert after == rows(database, table)
    return after


@pytest.mark.parametrize(
    "more", ["", ', absorb={t["state"].c.amount: Absorb.SUM}'], ids=["as they are", "of those that absorb"]
)
@pytest.mark.slow
def test_names_in_slots_follow_an_owner_that_is_renamed_whoever_shares_the_slot(database, tmp_path, more):
    held = """
    INSERT INTO projects VALUES (1, 'polisher', NULL), (2, 'atlas ', NULL), (3, 'at', NULL), (4, 'other', NULL);
    INSERT INTO state VALUES (1, 1, 'polisher', 'a', 'x', 'active', 1), (2, 1, 'polisher', 'b', 'x', 'old', 1),
      (3, 1, 'mine', 'c', 'x', 'active', 1), (4, 2, 'atlas ', 'a', 'x', 'active', 1),
      (5, 3, 'at', 'a', 'x', 'active', 2), (6, 2, 'atlas ', 'b', 'y', 'old', 1), (7, 3, 'at', 'b', 'y', 'active', 1),
      (8, 4, 'other', 'a', 'x', 'active', 1);
    INSERT INTO items VALUES (1, 5), (2, 1);"""
    spec = f"Spec(revision=revision, {NAMED.format('')}, {SLOTS.format(more)}, {ITEMS})"
    names = {"Polisher": [], "Atlas": ["at"]}
    after = went(database, tmp_path, PROJECTS + STATE + held, spec, ("projects", "state", "items"), names, "state")
    summed = 1 if not more else 3
    expected = [
        (1, 1, "Polisher", "a", "x", "active", 1),
        (2, 1, "Polisher", "b", "x", "old", 1),
        (3, 1, "mine", "c", "x", "active", 1),
        (4, 2, "Atlas", "a", "x", "active", summed),
        # It comes to life again, and its owner has another name all the same.
        (6, 2, "Atlas", "b", "y", "active", 1 if not more else 2),
        (8, 4, "other", "a", "x", "active", 1),
    ]
    assert expected == after


@pytest.mark.slow
def test_names_behind_slots_follow_the_owner_of_the_slot(database, tmp_path):
    definitions = f"""{PROJECTS}
    CREATE TABLE carts (project_id INTEGER, kind VARCHAR(9), PRIMARY KEY (project_id, kind));
    CREATE TABLE lines (id INTEGER PRIMARY KEY, project_id INTEGER, kind VARCHAR(9), said VARCHAR(40));
    INSERT INTO projects VALUES (1, 'Atlas', NULL), (2, 'at', NULL), (3, 'BOREA', NULL), (4, 'other', NULL);
    INSERT INTO carts VALUES (1, 'a'), (2, 'a'), (2, 'b'), (3, 'a'), (4, 'a');
    INSERT INTO lines VALUES (1, 1, 'a', 'Atlas'), (2, 2, 'a', 'at'), (3, 2, 'b', 'at'), (4, 2, 'b', 'my own'),
      (5, 3, 'a', 'BOREA'), (6, 4, 'a', 'BOREA'), (7, NULL, 'a', 'at');"""
    lines = """Slots(noun="cart", key=(t["carts"].c.project_id, t["carts"].c.kind), owners=(t["carts"].c.project_id,),
            slot=(t["carts"].c.kind,)),),
        references=(References(noun="line", key=t["lines"].c.id, of="cart", names=(t["lines"].c.said,),
            owners=((t["lines"].c.project_id, t["lines"].c.kind),)),)"""
    spec = f"Spec(revision=revision, {NAMED.format('')}, slots=({lines})"
    names = {"Atlas": ["at"], "Borea": []}
    after = went(database, tmp_path, definitions, spec, ("projects", "carts", "lines"), names, "lines")
    expected = [
        (1, 1, "a", "Atlas"),
        (2, 1, "a", "Atlas"),
        (3, 1, "b", "Atlas"),
        (4, 1, "b", "my own"),
        # The slot stays what it is, and is of somebody who has another name.
        (5, 3, "a", "Borea"),
        (6, 4, "a", "BOREA"),
        (7, None, "a", "at"),
    ]
    assert expected == after


@pytest.mark.parametrize("spelt", ["Bob", None])
@pytest.mark.slow
def test_where_the_row_that_stays_has_no_name_those_who_carry_one_keep_it(database, tmp_path, spelt):
    definitions = f"""{PROJECTS}
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER, said VARCHAR(40));
    INSERT INTO projects VALUES (1, {"NULL" if spelt is None else f"'{spelt}'"}, 'a@x'), (2, 'bob', 'A@x');
    INSERT INTO notes VALUES (1, 2, 'bob'), (2, 2, 'my own');"""
    found = ', duplicates=Duplicates.FOUND, match=(sa.func.lower(t["projects"].c.mail),)'
    spec = f"""Spec(revision=revision, {NAMED.format(found)}, references=(References(noun="note",
        key=t["notes"].c.id, owners=(t["notes"].c.project_id,), names=(t["notes"].c.said,)),))"""
    after = went(database, tmp_path, definitions, spec, ("projects", "notes"), {}, "notes")
    assert [(1, 1, spelt or "bob"), (2, 1, "my own")] == after


@pytest.mark.slow
def test_a_name_that_is_a_number_is_carried_as_text(database, tmp_path):
    definitions = f"""{PROJECTS}
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER, said VARCHAR(40));
    INSERT INTO projects VALUES (1, 'a', NULL), (2, 'b', NULL);
    INSERT INTO notes VALUES (1, 2, '2'), (2, 2, 'x');"""
    by_key = NAMED.format("").replace(".c.name", ".c.id")
    spec = f"""Spec(revision=revision, {by_key}, references=(References(noun="note",
        key=t["notes"].c.id, owners=(t["notes"].c.project_id,), names=(t["notes"].c.said,)),))"""
    after = went(database, tmp_path, definitions, spec, ("projects", "notes"), {"1": ["2"]}, "notes")
    assert [(1, 1, "1"), (2, 1, "x")] == after


@pytest.mark.slow
def test_two_rows_that_are_spelt_as_the_canonical_become_one_and_two_again(database, tmp_path):
    definitions = f"{PROJECTS} INSERT INTO projects VALUES (1, 'Atlas', 'a'), (2, 'Atlas', 'b');"
    oldest = ', survivor=(t["projects"].c.mail.desc(),)'
    spec = f"Spec(revision=revision, {NAMED.format(oldest)})"
    after = went(database, tmp_path, definitions, spec, ("projects",), {"Atlas": []}, "projects")
    assert [(2, "Atlas", "b")] == after


@pytest.mark.slow
def test_rows_that_count_may_be_told_by_a_constant_that_is_compared_with_null(database, tmp_path):
    definitions = f"""{PROJECTS}
    INSERT INTO projects VALUES (1, 'Atlas', NULL), (2, 'atlas', 'gone'), (3, 'at', 'x'), (4, 'atlas', NULL);"""
    counts = ', survivor=(t["projects"].c.id,), where=t["projects"].c.mail.is_distinct_from("gone")'
    spec = f"Spec(revision=revision, {NAMED.format(counts)})"
    after = went(database, tmp_path, definitions, spec, ("projects",), {"Atlas": ["at"]}, "projects")
    assert [(1, "Atlas", None), (2, "atlas", "gone")] == after


@pytest.mark.slow
def test_a_row_that_absorbs_leaves_its_own_shadow_before_that_goes(database, tmp_path):
    definitions = """
    CREATE TABLE topics (id INTEGER PRIMARY KEY, name VARCHAR(9), parent INTEGER REFERENCES topics (id), posts INTEGER);
    INSERT INTO topics VALUES (2, 'pol', NULL, 5), (1, 'Polisher', 2, 3), (3, 'pol', 2, 1), (4, 'x', 3, 0);"""
    spec = """Spec(revision=revision, identity=Identity(noun="project", key=t["topics"].c.id, name=t["topics"].c.name,
        owners=(t["topics"].c.parent,), itself=Itself.SET_NULL, absorb={t["topics"].c.posts: Absorb.SUM}))"""
    after = went(database, tmp_path, definitions, spec, ("topics",), {"polisher": ["pol"]}, "topics")
    assert [(1, "polisher", None, 9), (4, "x", 1, 0)] == after


def test_a_row_that_would_be_created_for_nobody_to_count_is_refused(database, tmp_path):
    by_name = PROJECTS.replace("id INTEGER", "id VARCHAR(40)")
    definitions = f"{by_name} INSERT INTO projects VALUES ('1', 'pol', 'live');"
    live = ', where=t["projects"].c.mail == "live"{}'
    spec = f"Spec(revision=revision, {NAMED.format(live)})"
    project = declared(database, tmp_path, definitions, spec.format(""), ("projects",), names={"Polisher": ["pol"]})
    ended = project.upgrade()
    assert 2 == ended.code
    assert "rekey_created_apart_project" in ended.err
    assert [("1", "pol", "live")] == rows(database, "projects")
    created = spec.format(', created={t["projects"].c.mail: "live"}')
    revision = project.folder / "migrations" / "versions" / "0002_fold.py"
    revision.write_text(revision.read_text("utf-8").replace(spec.format(""), created), "utf-8")
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    assert ["Polisher"] == [name for _, name, _ in rows(database, "projects")]


@pytest.mark.parametrize("match", ["Match.EXACT", '(sa.func.lower(t["projects"].c.name),)'])
@pytest.mark.slow
def test_a_name_that_is_blank_as_python_has_it_matches_nothing(database, tmp_path, match):
    blank = "\u00a0\t\n"
    definitions = f"""{PROJECTS}
    INSERT INTO projects VALUES (1, '{blank}', NULL), (2, '{blank}', NULL), (3, 'a', NULL), (4, 'a', NULL);"""
    found = f", duplicates=Duplicates.FOUND, match={match}"
    spec = f"Spec(revision=revision, {NAMED.format(found)})"
    after = went(database, tmp_path, definitions, spec, ("projects",), {}, "projects")
    assert [(1, blank, None), (2, blank, None), (3, "a", None)] == after


def test_a_row_that_is_renamed_goes_back_though_its_parent_is_nobody(database, tmp_path):
    definitions = """
    CREATE TABLE topics (id INTEGER PRIMARY KEY, name VARCHAR(9), parent INTEGER);
    INSERT INTO topics VALUES (1, 'polisher', 99), (2, 'pol', 99), (3, 'x', 2);"""
    spec = """Spec(revision=revision, identity=Identity(noun="project", key=t["topics"].c.id, name=t["topics"].c.name,
        owners=(t["topics"].c.parent,)))"""
    after = went(database, tmp_path, definitions, spec, ("topics",), {"Polisher": ["pol"]}, "topics")
    assert [(1, "Polisher", 99), (3, "x", 1)] == after


@pytest.mark.slow
def test_names_in_two_columns_go_back_whatever_letters_they_were_folded_by(database, tmp_path):
    definitions = f"""{PROJECTS}
    CREATE TABLE notes (id INTEGER PRIMARY KEY, home VARCHAR(40), away VARCHAR(40));
    INSERT INTO projects VALUES (1, 'größe', NULL), (2, 'NGUYỄN', NULL);
    INSERT INTO notes VALUES (1, 'Gröẞe', 'nguyễn'), (2, 'NGUYỄN', 'GRÖSSE'), (3, 'x', 'y');"""
    spec = f"""Spec(revision=revision, {NAMED.format("")}, tags=(Tags(noun="note", key=t["notes"].c.id,
        tag=(t["notes"].c.home, t["notes"].c.away)),))"""
    names = {"größe": [], "Nguyễn": []}
    after = went(database, tmp_path, definitions, spec, ("projects", "notes"), names, "notes")
    assert [(1, "größe", "Nguyễn"), (2, "Nguyễn", "GRÖSSE"), (3, "x", "y")] == after


APART = {
    "nothing is given": ("VARCHAR(9)", ""),
    "another value is given": ("VARCHAR(9)", ', created={"mail": "gone"}'),
    "another is the default": ("VARCHAR(9) DEFAULT 'gone'", ""),
}


@pytest.mark.parametrize("case", APART)
def test_a_row_that_would_not_count_is_told_before_it_is_created(database, tmp_path, case):
    """Only the upgrade knew, once it had created it; with a foreign key PostgreSQL spoke in its own words."""
    kind, created = APART[case]
    ended, planned = counted_as_live(database, tmp_path, kind, created)
    assert (2, 2) == (ended.code, planned.status)
    assert "rekey_created_apart_project_planned (1)" in ended.err
    for said in (ended.err, planned.out + planned.err):
        assert "projects: the row created for 'Polisher' does not count, as where of the spec says" in said
        assert "owner_lost" not in said


@pytest.mark.parametrize("kind", ["VARCHAR(9) DEFAULT 'live'", "VARCHAR(9) DEFAULT (lower('LIVE'))"])
def test_a_row_that_counts_by_its_default_is_created(database, tmp_path, kind):
    """Of one that the database computes nothing is said beforehand."""
    ended, planned = counted_as_live(database, tmp_path, kind, "")
    assert (0, 0) == (ended.code, planned.status), ended.err


@pytest.mark.parametrize("refers", ["", "REFERENCES projects"])
def test_a_row_that_does_not_count_by_what_the_database_computes_is_told_once(database, tmp_path, refers):
    ended, _ = counted_as_live(database, tmp_path, "VARCHAR(9) DEFAULT (lower('GONE'))", "", refers)
    assert 2 == ended.code
    assert "rekey_created_apart_project (1)" in ended.err
    assert "owner_lost" not in ended.err


@pytest.mark.parametrize("refers", ["", "REFERENCES projects", "REFERENCES projects ON DELETE CASCADE"])
@pytest.mark.slow
def test_a_script_says_of_a_created_row_that_it_does_not_count(database, tmp_path, refers):
    """A foreign key spoke before it, in the words of PostgreSQL."""
    project = live(database, tmp_path, "VARCHAR(9)", "", refers)
    ran = database.run_script(project.script())
    assert ["rekey_created_apart_project"] == stopped_at(ran), ran.stderr
    assert [(1, "pol", "live")] == rows(database, "projects")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whether_a_row_would_count_is_asked_as_its_column_compares(database, tmp_path):
    ended, _ = counted_as_live(database, tmp_path, "TEXT COLLATE NOCASE DEFAULT 'LIVE'", "")
    assert 0 == ended.code, ended.err


def counted_as_live(database, folder, kind, created, refers="REFERENCES projects"):
    """An upgrade, and a plan before it, of that project."""
    project = live(database, folder, kind, created, refers)
    planned = project.check()
    return project.upgrade(), planned


def live(database, folder, kind, created, refers):
    """A project with one row to be created, where only those count that are live."""
    serial = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    definitions = f"""
    CREATE TABLE projects (id {serial} PRIMARY KEY, name VARCHAR(9), mail {kind});
    CREATE TABLE orders (id INTEGER PRIMARY KEY, project_id INTEGER {refers});
    INSERT INTO projects VALUES (1, 'pol', 'live'); INSERT INTO orders VALUES (1, 1);"""
    identity = NAMED.format(f', where=t["projects"].c.mail == "live"{created}')
    orders = 'References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project_id,))'
    spec = f"Spec(revision=revision, {identity}, references=({orders},))"
    return declared(database, folder, definitions, spec, ("projects", "orders"), names={"Polisher": ["pol"]})
