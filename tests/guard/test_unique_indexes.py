"""Claims about unique indexes: what one allows at the end it allows all along; what it forbids is listed before."""

import pytest

from declared import declared

PROJECTS = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
    INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol'), (3, 'saw');"""
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
NAMES = {"polisher": ["pol"]}
FACTS = """
    CREATE TABLE facts (id INTEGER PRIMARY KEY, project VARCHAR(99), body VARCHAR(99), status VARCHAR(99),
      changed TIMESTAMP);
    CREATE UNIQUE INDEX one_live ON facts (project, body) WHERE status = 'active';
    INSERT INTO facts VALUES (1, 'polisher', 'steel', 'active', '2024-01-01 00:00:00'),
      (2, 'pol', 'steel', 'active', '2024-06-01 00:00:00');"""
FACT = """Tags(noun="fact", key=t["facts"].c.id, tag=t["facts"].c.project, agree=(t["facts"].c.body,),
    status=t["facts"].c.status, updated_at=t["facts"].c.changed)"""


@pytest.mark.slow
def test_a_row_is_superseded_before_another_takes_its_place_and_the_other_way_round_back(database, tmp_path):
    """Case 23: the first update broke the index that the last one would have kept."""
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({FACT},))"
    project = declared(database, tmp_path, PROJECTS + FACTS, spec, ["projects", "facts"], names=NAMES)
    before = database.table("facts")
    folded = [(1, "polisher", "superseded"), (2, "polisher", "active")]
    assert 0 == project.upgrade().code
    assert folded == database.rows("SELECT id, project, status FROM facts ORDER BY id")
    assert 0 == project.downgrade().code
    assert before == database.table("facts")
    assert 0 == database.run_script(project.script("0001:0002")).returncode
    assert folded == database.rows("SELECT id, project, status FROM facts ORDER BY id")
    assert 0 == database.run_script(project.script("0002:0001", "downgrade")).returncode
    assert before == database.table("facts")


LIKES = """
    CREATE TABLE likes (id INTEGER PRIMARY KEY, project VARCHAR(99), person VARCHAR(99), status VARCHAR(99),
      changed TIMESTAMP);
    INSERT INTO likes VALUES (1, 'polisher', 'Ann', 'active', NULL), (2, 'pol', 'ann', 'active', NULL),
      (3, 'pol', 'Bob', 'active', NULL), (4, 'saw', 'Ann', 'active', NULL), (5, 'POL', 'Bob', 'old', NULL),
      (6, 'pol', NULL, 'active', NULL), (7, 'polisher', NULL, 'active', NULL);"""
LIKE = 'Tags(noun="like", key=t["likes"].c.id, tag=t["likes"].c.project)'
FORBIDDEN = {
    "(project, person)": "35",
    "(project, lower(person))": "1235",
    "(lower(project) DESC, lower(person), status)": "12",
    "(project, person) WHERE status = 'active'": "",
    "(project, lower(person)) WHERE status = 'active' AND person <> 'b), (c'": "12",
    "(project, person) WHERE id IN (3, 5) AND (person IS NOT NULL)": "35",
    "(project, person) WHERE (changed IS NOT NULL) OR (status IN ('new', 'a)'))": "",
    "(project, changed)": "",
    "(person, id)": "",
}


def listed(said):
    return "".join(sorted(key for key in "1234567" if f"likes: row {key}, " in said))


@pytest.mark.every_case
@pytest.mark.slow
@pytest.mark.parametrize("index", FORBIDDEN)
def test_rows_that_a_unique_index_would_find_alike_are_listed(database, tmp_path, index):
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({LIKE},))"
    project = declared(database, tmp_path, PROJECTS + LIKES, spec, ["projects", "likes"], names=NAMES)
    database.execute(f"CREATE UNIQUE INDEX one_each ON likes {index}")
    assert 0 == project.upgrade("0001").code
    before = database.snapshot()
    checked, ended = project.check(), project.upgrade()
    assert FORBIDDEN[index] == listed(checked.out)
    assert FORBIDDEN[index] == listed(ended.err)
    assert ((2, 2) if FORBIDDEN[index] else (0, 0)) == (checked.status, ended.code), ended.err
    if FORBIDDEN[index]:
        assert "rekey_unique_after_like_" in ended.err
        assert before == database.snapshot()
        # A script cannot name what the catalog alone knows: there the database refuses, and nothing stays.
        assert 0 != database.run_script(project.script("0001:0002")).returncode
        assert before == database.snapshot()


SETTINGS = """
    CREATE TABLE settings (id INTEGER PRIMARY KEY, project_id INTEGER, k VARCHAR(9), v VARCHAR(9), status VARCHAR(9),
      changed TIMESTAMP, place INTEGER);
    INSERT INTO settings VALUES (1, 2, 'vendor', 'acme', 'active', NULL, 1), (2, 2, 'colour', 'red', 'active', NULL, 1);
    """
SETTING = """Slots(noun="setting", key=t["settings"].c.id, owners=(t["settings"].c.project_id,),
    slot=(t["settings"].c.k,), value=t["settings"].c.v, status=t["settings"].c.status,
    updated_at=t["settings"].c.changed)"""


@pytest.mark.slow
@pytest.mark.parametrize("named", ["'polisher'", "'POLISHER'", None])
def test_rows_of_slots_are_compared_under_the_owner_that_they_get(database, tmp_path, named):
    spec = f"Spec(revision=revision, identity={PROJECT}, slots=({SETTING},))"
    definitions = PROJECTS.replace("(1, 'polisher'), ", f"(1, {named}), " if named else "") + SETTINGS
    if named:
        definitions += "INSERT INTO settings VALUES (3, 1, 'size', 'L', 'active', NULL, 1);"
    definitions = definitions.replace("INTEGER PRIMARY KEY, name", f"{AUTO[database.dialect]}, name")
    project = declared(database, tmp_path, definitions, spec, ["projects", "settings"], names=NAMES)
    database.execute("UPDATE settings SET place = id; UPDATE settings SET place = 1 WHERE id = 3")
    database.execute("CREATE UNIQUE INDEX in_order ON settings (project_id, place)")
    checked, ended = project.check(), project.upgrade()
    if named:
        assert (2, 2) == (checked.status, ended.code), checked
        for row in ("row 1, which the plan would rekey for polisher", "row 3, which stays as it is"):
            assert f"settings: {row}, would be one of 2 that are alike to the unique index in_order" in ended.err
    else:
        assert (0, 0) == (checked.status, ended.code), ended.err


AUTO = {"sqlite": "INTEGER PRIMARY KEY", "postgresql": "INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"}


@pytest.mark.sqlite_first
def test_two_rows_to_be_created_with_one_value_in_a_unique_column_are_listed(database, tmp_path):
    """Case 34: the plan said 0, and the upgrade failed with the database's own words."""
    definitions = f"""
        CREATE TABLE projects (id {AUTO[database.dialect]}, name VARCHAR(99) NOT NULL UNIQUE,
          slug VARCHAR(99) NOT NULL UNIQUE);
        INSERT INTO projects (name, slug) VALUES ('pol', 'pol'), ('grd', 'grd');"""
    spec = f"""Spec(revision=revision, identity={PROJECT[:-1]}, created={{"slug": "made"}}))"""
    names = {"polisher": ["pol"], "grinder": ["grd"]}
    project = declared(database, tmp_path, definitions, spec, ["projects"], names=names)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code)
    for name in names:
        assert f"projects: the row to be created for {name}, would be one of 2" in ended.err
        assert f"projects: the row to be created for {name}, would be one of 2" in checked.out


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_index_to_which_nulls_are_alike_finds_them(database, tmp_path):
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({LIKE},))"
    project = declared(database, tmp_path, PROJECTS + LIKES, spec, ["projects", "likes"], names=NAMES)
    database.execute("DELETE FROM likes WHERE id = 5")
    database.execute("CREATE UNIQUE INDEX one_each ON likes (project, person) NULLS NOT DISTINCT")
    checked, ended = project.check(), project.upgrade()
    assert ("67", "67", 2, 2) == (listed(checked.out), listed(ended.err), checked.status, ended.code)


def test_a_row_that_would_be_created_is_held_against_the_indexes_with_its_tenant_and_what_it_absorbs(
    database, tmp_path
):
    made = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    definitions = f"""
    CREATE TABLE projects (id {made} PRIMARY KEY, space INTEGER, name VARCHAR(99), slug VARCHAR(9), rank INTEGER);
    CREATE UNIQUE INDEX one_slug ON projects (space, slug);
    CREATE UNIQUE INDEX one_rank ON projects (rank) WHERE rank > 8;
    INSERT INTO projects VALUES (1, 1, 'pol', 'p', 4), (2, 1, 'POL', 'q', 5), (3, 1, 'saw', 'made', 9);"""
    spec = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id,
        name=t["projects"].c.name, within=(t["projects"].c.space,), created={"slug": "made"},
        absorb={t["projects"].c.rank: Absorb.SUM}))"""
    said = declared(database, tmp_path, definitions, spec, ["projects"], names={"polisher": ["pol"]}).upgrade().err
    assert "would be one of 2 that are alike to the unique index one_slug" in said
    assert "would be one of 2 that are alike to the unique index one_rank" in said
    assert 2 == said.count("the row to be created for polisher")


@pytest.mark.slow
@pytest.mark.parametrize("retire", ["", ", retire={'name': None, 'mail': None}"], ids=["deleted", "retired"])
def test_a_created_row_takes_no_unique_value_from_a_shadow_that_still_stands(database, tmp_path, retire):
    """The plan said 0 and the database refused; a row that is renamed has that value already."""
    rows = """
        CREATE TABLE projects (id INTEGER PRIMARY KEY{made}, name VARCHAR(99), mail VARCHAR(99) UNIQUE);
        INSERT INTO projects (id, name, mail) VALUES (2, 'pol', 'b@x'), (3, 'saw', 'c@x'), (4, 'POL', NULL);"""
    rows = rows.format(made=" GENERATED BY DEFAULT AS IDENTITY" if database.dialect == "postgresql" else "")
    identity = PROJECT.replace(")", f", absorb={{'mail': Absorb.COALESCE}}{retire})")
    spec = f"Spec(revision=revision, identity={identity})"
    project = declared(database, tmp_path / "creating", rows, spec, ["projects"], names=NAMES)
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    assert "projects: the row to be created for polisher, would be one of 2 that are alike" in ended.err
    spec = spec.replace("absorb=", "missing=Missing.PROMOTE, absorb=")
    promoting = declared(database, tmp_path / "promoting", "SELECT 1", spec, ["projects"], names=NAMES)
    assert (0, 0) == (promoting.check().status, promoting.upgrade().code)
    named = database.rows("SELECT name, mail FROM projects WHERE name IS NOT NULL ORDER BY id")
    assert [("polisher", "b@x"), ("saw", "c@x")] == named


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "kind"),
    # PostgreSQL takes no index on one that is VIRTUAL.
    [("sqlite", "STORED"), ("sqlite", "VIRTUAL"), ("postgresql", "STORED")],
    indirect=["database"],
)
@pytest.mark.parametrize("index", ["(place)", "(upper(place)) WHERE place <> ''"])
def test_what_the_database_makes_of_a_name_is_compared_as_it_makes_it_of_the_new_one(database, tmp_path, kind, index):
    """The plan said 0 and the database refused in its own words."""
    facts = f"""
        CREATE TABLE facts (id INTEGER PRIMARY KEY, project VARCHAR(99), body VARCHAR(99),
          "a place" VARCHAR(99) GENERATED ALWAYS AS (lower(project) || '/' || body) {kind});
        INSERT INTO facts (id, project, body) VALUES (1, 'pol', 'steel'), (2, 'POLISHER', 'steel'),
          (3, 'pol', 'tin'), (4, 'saw', 'steel');"""
    tags = 'Tags(noun="fact", key=t["facts"].c.id, tag=t["facts"].c.project)'
    spec = f"Spec(revision=revision, identity={PROJECT}, tags=({tags},))"
    project = declared(database, tmp_path, PROJECTS + facts, spec, ["projects", "facts"], names=NAMES)
    database.execute(f"""CREATE UNIQUE INDEX one ON facts {index.replace("place", '"a place"')}""")
    checked, ended = project.check(), project.upgrade()
    assert (2, 2) == (checked.status, ended.code), ended.err
    for said in (checked.out, ended.err):
        assert [1, 2] == [row for row in (1, 2, 3, 4) if f"facts: row {row}, which" in said]
        assert "alike to the unique index one" in said
    database.execute("UPDATE facts SET body = 'brass' WHERE id = 2")
    before = database.table("facts")
    assert (0, 0, 0) == (project.check().status, project.upgrade().code, project.downgrade().code)
    assert before == database.table("facts")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["online", "script"])
def test_an_index_of_a_table_is_not_about_the_rows_of_its_heirs(database, tmp_path, way):
    """The plan and the upgrade refused what the database takes, and a script let through."""
    definitions = """
        CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) UNIQUE, gone VARCHAR(9));
        CREATE TABLE facts (id INTEGER PRIMARY KEY, project VARCHAR(99) UNIQUE);
        CREATE TABLE old_projects () INHERITS (projects); CREATE TABLE old_facts () INHERITS (facts);
        INSERT INTO projects VALUES (1, 'polisher', NULL), (2, 'pol', NULL);
        INSERT INTO old_projects VALUES (7, 'merged', 'then');
        INSERT INTO facts VALUES (1, 'pol'); INSERT INTO old_facts VALUES (2, 'polisher'), (3, 'pol');"""
    retiring = 'where=t["projects"].c.gone.is_(None), retire={"gone": "now", "name": "merged"}'
    tags = 'Tags(noun="fact", key=t["facts"].c.id, tag=t["facts"].c.project)'
    spec = f"Spec(revision=revision, identity={PROJECT[:-1]}, {retiring}), tags=({tags},))"
    project = declared(database, tmp_path, definitions, spec, ["projects", "facts"], names=NAMES)
    checked = project.check()
    assert 0 == checked.status, checked.out
    assert 0 == project.upgrade("0001").code
    if way == "online":
        assert 0 == project.upgrade().code
    else:
        assert 0 == database.run_script(project.script("0001:0002")).returncode
    assert [("merged",), ("merged",), ("polisher",)] == database.rows("SELECT name FROM projects ORDER BY name")
    assert [("polisher",)] * 3 == database.rows("SELECT project FROM facts")
    assert 0 == project.downgrade().code
    database.execute("INSERT INTO facts VALUES (4, 'polisher')")
    refused = project.check()
    assert 2 == refused.status
    assert [1, 4] == [row for row in (1, 2, 3, 4) if f"facts: row {row}, which" in refused.out]


TWO_TO_BE_CREATED = """
    CREATE TABLE projects (id {serial} PRIMARY KEY, name VARCHAR(99), slug {slug});
    INSERT INTO projects (id, name, slug) VALUES (1, 'pol', 'a'), (2, 'sew', 'b');"""


def to_be_created(database, folder, slug, names):
    """A plan, and the upgrade behind it, of rows to be created that are given no slug."""
    serial = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    definitions = TWO_TO_BE_CREATED.format(serial=serial, slug=slug)
    if serial == "SERIAL":
        definitions += "SELECT setval('projects_id_seq', 9);"
    spec = f"Spec(revision=revision, identity={PROJECT})"
    project = declared(database, folder, definitions, spec, ["projects"], names=names)
    return project.check(), project.upgrade()


BOTH = {"polisher": ["pol"], "saw": ["sew"]}


@pytest.mark.parametrize("names", [BOTH, NAMES], ids=["two", "one"])
def test_rows_to_be_created_with_one_default_in_a_unique_column_are_listed(database, tmp_path, names):
    """The database refused the second, in its own words."""
    checked, ended = to_be_created(database, tmp_path, "VARCHAR(9) DEFAULT '' UNIQUE", names)
    if names is NAMES:
        assert (0, 0) == (checked.status, ended.code), ended.err
        return
    assert (2, 2) == (checked.status, ended.code)
    assert "rekey_unique_after_project_" in ended.err
    for name in names:
        assert f"projects: the row to be created for {name}, would be one of 2" in ended.err


def test_what_the_database_computes_for_a_unique_column_is_not_compared(database, tmp_path):
    computed = "(hex(randomblob(4)))" if database.dialect == "sqlite" else "gen_random_uuid()"
    checked, ended = to_be_created(database, tmp_path, f"VARCHAR(99) DEFAULT {computed} UNIQUE", BOTH)
    assert (0, 0) == (checked.status, ended.code), ended.err


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("more", "status"), [("", 2), (" DEFAULT gen_random_uuid()", 0)])
def test_rows_to_be_created_without_a_value_are_alike_where_nulls_are(database, tmp_path, more, status):
    if database.rows("SHOW server_version_num") < [("150000",)]:
        pytest.skip("NULLS NOT DISTINCT came with PostgreSQL 15")
    slug = f"VARCHAR(99){more} UNIQUE NULLS NOT DISTINCT"
    checked, ended = to_be_created(database, tmp_path, slug, BOTH)
    assert (status, status) == (checked.status, ended.code), ended.err
    assert ("rekey_unique_after_project_" in ended.err) is (status == 2)
