"""Claims about names: no table and no column of an application collides with anything of ours."""

import os

import pytest

from declared import declared

pytestmark = pytest.mark.slow

IDENTITY = "CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);"
PROJECTS = "INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');"
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
NAMES = {"polisher": ["pol"]}
TAKEN = (
    *("known", "ranked", "judged", "decided", "planned", "tagged", "registered", "canonical_row", "row_balance"),
    *("owner", "other", "holder", "original", "changed", "child", "parent", "gone", "back", "found", "listed"),
    *("catalog", "answer", "survivor", "entry", "anon_1", "action", "run_id", "canonical", "slot_row", "names"),
    *("100% of 'all'", "a %s; DROP $rekey$", 'say "hi"', "run:id"),
)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def taken(first):
    """Every second name: where the slots of one database have these the tags have the others; in the long form all."""
    return TAKEN if os.environ.get("REKEY_LONG") else TAKEN[first::2]


def rows(database, names):
    return {name: database.rows(f"SELECT * FROM {quoted(name)} ORDER BY 1") for name in names}


def test_slots_in_tables_of_any_name_fold_and_go_back(database, tmp_path):
    """Case 25: a table named like a relation of ours could not be folded, or not go back."""
    named = taken(database.dialect == "sqlite")
    definitions, parts = [IDENTITY, PROJECTS], []
    for number, name in enumerate(named):
        definitions.append(f"""
            CREATE TABLE {quoted(name)} (id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES projects (id),
              action VARCHAR(9), canonical VARCHAR(9), status VARCHAR(9), changed TIMESTAMP);
            INSERT INTO {quoted(name)} VALUES (1, 1, 'a', 'x', 'active', NULL), (2, 2, 'a', 'x', 'active', NULL),
              (3, 2, 'b', 'y', 'active', NULL);""")
        parts.append(f"""Slots(noun="one_{number}", key=t[{name!r}].c.id, owners=(t[{name!r}].c.run_id,),
            slot=(t[{name!r}].c.action,), value=t[{name!r}].c.canonical, status=t[{name!r}].c.status,
            updated_at=t[{name!r}].c.changed)""")
    spec = f"Spec(revision=revision, identity={PROJECT}, slots=({', '.join(parts)}))"
    project = declared(database, tmp_path, "".join(definitions), spec, ["projects", *named], names=NAMES)
    before = rows(database, named)
    checked = project.check()
    assert (0, "") == (checked.status, checked.err)
    assert 0 == project.upgrade().code
    assert {name: [(1, 1), (3, 1)] for name in named} == {
        name: [row[:2] for row in found] for name, found in rows(database, named).items()
    }
    back = project.downgrade()
    assert 0 == back.code, back.err
    assert before == rows(database, named)


def test_a_spec_that_declares_a_column_of_the_journals_is_refused_online_and_by_script(database, tmp_path):
    """A number called like the journal's own text broke the script in words of SQLAlchemy."""
    column = "ALTER TABLE projects ADD rekey_action INTEGER;"
    spec = f"Spec(revision=revision, identity={PROJECT[:-1]}, absorb={{'rekey_action': Absorb.MIN}}))"
    project = declared(database, tmp_path, IDENTITY + PROJECTS + column, spec, ["projects"], names=NAMES)
    before = database.snapshot()
    online, script = project.upgrade(), project.alembic("upgrade", "head", "--sql")
    assert (2, 1) == (online.code, script.code)
    assert "rekey_reserved_name (1)" in online.err
    assert "FAILED: the column 'rekey_action' of projects is named like one of the journal's own" in script.err
    assert before == database.snapshot()


def test_a_link_in_a_table_with_a_dot_in_its_name_goes_back(database, tmp_path):
    """SQLite did not find the journal, and no downgrade was possible."""
    links = """
        CREATE TABLE "a.b" (project_id INTEGER, tag VARCHAR(9), PRIMARY KEY (project_id, tag));
        INSERT INTO "a.b" VALUES (2, 'x'), (1, 'y'), (2, 'y');"""
    columns = 'sa.Column("project_id", sa.Integer), sa.Column("tag", sa.String(9))'
    slots = 'Slots(noun="link", key=(*L.c,), owners=(L.c.project_id,), slot=(L.c.tag,))'
    spec = f"""(L := sa.Table("a.b", sa.MetaData(), {columns})) is None or Spec(
        revision=revision, identity={PROJECT}, slots=({slots},))"""
    project = declared(database, tmp_path, IDENTITY + PROJECTS + links, spec, ["projects"], names=NAMES)
    before = database.table("a.b")
    for way in ("online", "script"):
        if way == "online":
            assert (0, 0) == (project.upgrade().code, project.downgrade().code)
        else:
            assert 0 == database.run_script(project.script("0001:0002")).returncode
            assert [(1, "x"), (1, "y")] == database.rows('SELECT * FROM "a.b" ORDER BY 2')
            assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
        assert before == database.table("a.b")


def test_tags_in_tables_and_columns_of_any_name_fold_and_go_back_by_script(database, tmp_path):
    """Case 25, by script."""
    named = taken(database.dialect == "postgresql")
    definitions, parts = [IDENTITY, PROJECTS], []
    for number, name in enumerate(named):
        definitions.append(f"""
            CREATE TABLE {quoted(name)} (id INTEGER PRIMARY KEY, {quoted(f"{name} too")} VARCHAR(99),
              action VARCHAR(20), changed TIMESTAMP);
            INSERT INTO {quoted(name)} VALUES (1, 'pol', 'live', NULL), (2, 'polisher', 'live', NULL);""")
        parts.append(f"""Tags(noun="one_{number}", key=t[{name!r}].c.id, tag=t[{name!r}].c[{f"{name} too"!r}],
            agree=(t[{name!r}].c.changed,), status=t[{name!r}].c.action, updated_at=t[{name!r}].c.changed)""")
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({', '.join(parts)}))"
    project = declared(database, tmp_path, "".join(definitions), spec, ["projects", *named], names=NAMES)
    before = rows(database, named)
    assert 0 == database.run_script(project.script()).returncode
    assert {name: [("polisher", "superseded"), ("polisher", "live")] for name in named} == {
        name: [row[1:3] for row in found] for name, found in rows(database, named).items()
    }
    assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == rows(database, named)


@pytest.mark.parametrize("name", ["rate %s", "100%%", "%(x)s"])
def test_rows_that_hang_on_a_table_with_a_per_cent_sign_are_seen(database, tmp_path, name):
    """Case 03: online, PostgreSQL found no foreign key of such a table, and the invoices were cascaded away."""
    table = quoted(name)
    definitions = f"""
        CREATE TABLE {table} (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL);
        CREATE TABLE invoices (id INTEGER PRIMARY KEY, rate INTEGER REFERENCES {table} (id) ON DELETE CASCADE);
        INSERT INTO {table} VALUES (1, 'polisher'), (2, 'pol');
        INSERT INTO invoices VALUES (1, 2), (2, 2);"""
    of = f'noun="rate", registered="projects", key=t[{name!r}].c.id, name=t[{name!r}].c.name'
    spec = f"Spec(revision=revision, identity=Identity({of}))"
    project = declared(database, tmp_path, definitions, spec, [name], names=NAMES)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    assert "invoices: 2 rows hang on" in checked.out
    assert "rekey_attached_rate_0" in ended.err
    stopped = database.run_script(project.script())
    assert 0 != stopped.returncode
    assert b"rekey_attached_rate" in stopped.stderr or b"rekey_foreign_key_broken" in stopped.stderr
    assert [(1, 2), (2, 2)] == database.rows("SELECT * FROM invoices ORDER BY 1")
