"""Claims about a spec that does not fit the database: it is refused before a row changes, by all three ways alike."""

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

PROJECTS = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
    INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol'), (3, 'saw');"""
NOTES = """
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project VARCHAR(99));
    INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');"""
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
NOTE = 'Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project)'
NAMES = {"polisher": ["pol"]}
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def project(database, folder, definitions, *parts, identity=PROJECT, tables=("projects", "notes"), **more):
    slots = "".join(f"{part}, " for part in parts if part.startswith("Slots"))
    tags = "".join(f"{part}, " for part in parts if part.startswith("Tags"))
    spec = f"Spec(revision=revision, identity={identity}, slots=({slots}), tags=({tags}))"
    return declared(database, folder, definitions, spec, tables, names=NAMES, **more)


def refuses(made, check, *says, in_script=None):
    """The plan, the upgrade and the script refuse over `check`, and nothing changes; the script over `in_script`."""
    database = made.database
    assert 0 == made.upgrade("0001").code
    before = database.snapshot()
    checked, ended = made.check(), made.upgrade()
    assert 2 == checked.status, checked
    assert 2 == ended.code, ended.err
    assert check in ended.err
    for sentence in says:
        assert sentence in ended.err
        assert sentence in checked.out + checked.err
    ran = database.run_script(made.script("0001:0002"))
    assert 0 != ran.returncode
    assert (in_script or check) in ran.stderr.decode() + ran.stdout.decode()
    assert before == database.snapshot()


def folds(made):
    """The plan, the upgrade and the way back work; returns what the tables held in between."""
    checked, ended = made.check(), made.upgrade()
    assert (0, 0) == (checked.status, ended.code), (checked, ended.err)
    back = made.downgrade()
    assert 0 == back.code, back.err


SETTINGS = """
    CREATE TABLE settings (tenant INTEGER NOT NULL, id INTEGER, project_id INTEGER, k VARCHAR(9), v VARCHAR(9),
      status VARCHAR(9), changed TIMESTAMP{more});
    INSERT INTO settings VALUES (1, 1, 2, 'vendor', 'acme', 'live', NULL), (1, 2, 1, 'vendor', 'acme', 'live', NULL);"""
SETTING = """Slots(noun="setting", key=t["settings"].c.id, owners=(t["settings"].c.project_id,),
    slot=(t["settings"].c.k,), value=t["settings"].c.v, status=t["settings"].c.status,
    updated_at=t["settings"].c.changed{more})"""


def settings(database, folder, *statements, more=", PRIMARY KEY (tenant, id)", active=', active="live"'):
    definitions = PROJECTS + SETTINGS.format(more=more) + "".join(statements)
    return project(database, folder, definitions, SETTING.format(more=active), tables=("projects", "settings"))


def test_a_key_that_several_rows_carry_is_refused(database, tmp_path):
    """Case 01: a row of another tenant was merged and deleted."""
    made = settings(database, tmp_path, "INSERT INTO settings VALUES (2, 1, 3, 'colour', 'red', 'live', NULL);")
    says = "key 1 of settings is carried by 2 rows, so the declared key 'id' does not tell rows apart"
    refuses(made, "rekey_key_not_unique_setting", says)


@pytest.mark.slow
def test_a_key_that_no_constraint_makes_unique_serves_as_long_as_it_is(database, tmp_path):
    folds(settings(database, tmp_path))


@pytest.mark.slow
def test_a_key_of_the_identity_that_several_rows_carry_is_refused(database, tmp_path):
    definitions = """
        CREATE TABLE projects (id INTEGER, tenant INTEGER, name VARCHAR(99), PRIMARY KEY (tenant, id));
        INSERT INTO projects VALUES (1, 1, 'polisher'), (2, 1, 'pol'), (2, 2, 'saw');"""
    made = project(database, tmp_path, definitions + NOTES, NOTE)
    refuses(made, "rekey_key_not_unique_project", "key 2 of projects is carried by 2 rows")


@pytest.mark.slow
def test_rows_without_a_key_are_refused(database, tmp_path):
    definitions = PROJECTS + NOTES.replace("id INTEGER PRIMARY KEY", "id INTEGER UNIQUE").replace("(2,", "(NULL,")
    made = project(database, tmp_path, definitions, NOTE)
    refuses(made, "rekey_key_is_null_note", "notes: 1 rows have no value in the declared key 'id'")


def test_an_active_status_that_no_row_has_is_refused_where_a_value_would_be_dropped(database, tmp_path):
    made = settings(database, tmp_path, "UPDATE settings SET v = 'other' WHERE id = 2;", active="")
    says = "settings: no row has the status 'active', which the spec calls active; 2 rows have 'live'"
    refuses(made, "rekey_no_row_is_active_setting", says)


def test_names_that_are_unique_per_tenant_are_refused(database, tmp_path):
    definitions = """
        CREATE TABLE projects (id INTEGER PRIMARY KEY, tenant INTEGER, name VARCHAR(99), UNIQUE (tenant, name));
        INSERT INTO projects VALUES (1, 1, 'polisher'), (2, 2, 'pol');"""
    made = project(database, tmp_path, definitions + NOTES, NOTE)
    refuses(made, "rekey_name_of_several", "projects: names are unique together with other columns (tenant, name) only")


@pytest.mark.slow
def test_lowered_names_that_are_unique_per_tenant_are_refused(database, tmp_path):
    definitions = """
        CREATE TABLE projects (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, name VARCHAR(99));
        INSERT INTO projects VALUES (1, 1, 'polisher'), (2, 2, 'pol');"""
    made = project(database, tmp_path, definitions + NOTES, NOTE)
    database.execute("CREATE UNIQUE INDEX in_tenant ON projects (tenant, lower(name))")
    refuses(made, "rekey_name_of_several")


@pytest.mark.slow
def test_names_that_are_unique_alone_as_well_fold(database, tmp_path):
    definitions = PROJECTS + "ALTER TABLE projects ADD COLUMN tenant INTEGER;"
    definitions += "CREATE UNIQUE INDEX in_tenant ON projects (tenant, name);"
    folds(project(database, tmp_path, definitions + NOTES, NOTE))


@pytest.mark.slow
def test_a_unique_pair_of_key_and_name_says_nothing_of_tenants(database, tmp_path):
    definitions = PROJECTS.replace(" UNIQUE", "") + "CREATE UNIQUE INDEX both_parts ON projects (id, name);"
    folds(project(database, tmp_path, definitions + NOTES, NOTE))


def test_a_tag_that_is_no_text_is_refused(database, tmp_path):
    definitions = PROJECTS + NOTES.replace("project VARCHAR(99)", "project INTEGER")
    definitions = definitions.replace("(1, 'pol'), (2, 'polisher')", "(1, 1), (2, 2)")
    made = project(database, tmp_path, definitions, NOTE, types={"notes.project": "sa.Text"})
    refuses(made, "rekey_not_text", "notes: the column of names 'project' is of type ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "key", "options"),
    [
        ("sqlite", "INTEGER PRIMARY KEY", "WITHOUT ROWID"),
        ("sqlite", "INTEGER PRIMARY KEY DESC", ""),
        ("sqlite", "INTEGER UNIQUE", ""),
        ("postgresql", "INTEGER UNIQUE", ""),
    ],
    indirect=["database"],
)
def test_a_key_that_the_database_does_not_make_is_refused_where_a_row_is_created(database, tmp_path, key, options):
    rows = f"CREATE TABLE projects (id {key}, name TEXT) {options}; INSERT INTO projects VALUES (2, 'pol'), (3, 'saw');"
    refuses(
        project(database, tmp_path, rows + NOTES, NOTE), "rekey_unfilled_column_project", "column 'id' needs a value"
    )
    promoting = PROJECT.replace(")", ", missing=Missing.PROMOTE)")
    folds(project(database, tmp_path / "promoting", "SELECT 1", NOTE, identity=promoting))


PAGES = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(9), parent INTEGER NOT NULL, state VARCHAR(9) NOT NULL);
    INSERT INTO projects VALUES (1, 'pol', 2, 'live'), (2, 'polisher', 1, 'live');
    CREATE TABLE tasks (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL);
    INSERT INTO tasks VALUES (1, 2), (2, 1), (3, 1);"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "on_fold", "says"),
    [
        ("", "SET_NULL", "tasks: the plan would set 'project_id' to NULL in 2 rows"),
        ("owners=(t['projects'].c.parent,), itself=Itself.SET_NULL", "MOVE", "projects: the plan would set 'parent'"),
        (
            "retire={'parent': SURVIVOR, 'state': None}, where=t['projects'].c.state.is_not(None)",
            "MOVE",
            "projects: the plan would set 'state' to NULL in 1 rows",
        ),
    ],
    ids=["an owner", "a parent", "what a shadow holds"],
)
def test_a_column_that_takes_no_null_is_not_set_to_null(database, tmp_path, more, on_fold, says):
    identity = PROJECT.replace(")", f", {more})")
    tasks = f"""References(noun="task", key=t["tasks"].c.id, owners=(t["tasks"].c.project_id,),
        on_fold=OnFold.{on_fold})"""
    spec = f"Spec(revision=revision, identity={identity}, references=({tasks},))"
    made = declared(database, tmp_path, PAGES, spec, ("projects", "tasks"), names=NAMES)
    refuses(made, "rekey_takes_no_null_", says)


@pytest.mark.slow
def test_a_created_row_is_not_given_null_where_none_is_taken(database, tmp_path):
    identity = PROJECT.replace(")", ", created={'state': None, 'parent': 0})")
    made = project(
        database, tmp_path, PAGES + "DELETE FROM projects WHERE id = 2;", identity=identity, tables=("projects",)
    )
    refuses(made, "rekey_unfilled_column_project", "column 'state' needs a value")


def test_a_view_is_refused(database, tmp_path):
    definitions = PROJECTS + NOTES.replace("notes", "stored_notes") + "CREATE VIEW notes AS SELECT * FROM stored_notes;"
    refuses(project(database, tmp_path, definitions, NOTE), "rekey_not_a_table", "notes is a view")


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("event", ["UPDATE", "DELETE", "INSERT"])
def test_a_rule_that_rewrites_is_refused(database, tmp_path, event):
    rule = f"CREATE RULE aside AS ON {event} TO notes DO INSTEAD NOTHING;"
    made = project(database, tmp_path, PROJECTS + NOTES + rule, NOTE)
    refuses(made, "rekey_rewritten", "notes: the rule 'aside' rewrites what is written to it")
    database.execute("ALTER TABLE notes DISABLE RULE aside")
    assert 0 == made.upgrade().code


@pytest.mark.slow
@POSTGRESQL
def test_a_table_that_others_inherit_from_is_refused_where_rows_may_be_deleted(database, tmp_path):
    """Case 05: invoices of an heir were cascaded away."""
    heir = "CREATE TABLE retired (since INTEGER) INHERITS (projects); INSERT INTO retired VALUES (7, 'Pol', 1999);"
    made = project(database, tmp_path, PROJECTS + heir + NOTES, NOTE)
    refuses(made, "rekey_inherited", "projects: retired inherits from it")
    database.execute("ALTER TABLE retired NO INHERIT projects")
    assert 0 == made.upgrade().code


@pytest.mark.slow
@POSTGRESQL
def test_a_tagged_table_that_others_inherit_from_folds_and_goes_back(database, tmp_path):
    heir = "CREATE TABLE long_notes (body VARCHAR(9)) INHERITS (notes); INSERT INTO long_notes VALUES (7, 'POL', 'x');"
    made = project(database, tmp_path, PROJECTS + NOTES + heir, NOTE)
    before = database.table("notes"), database.table("long_notes")
    assert (0, 0) == (made.check().status, made.upgrade().code)
    assert [(7, "polisher", "x")] == database.rows("SELECT * FROM long_notes")
    assert 0 == made.downgrade().code
    assert before == (database.table("notes"), database.table("long_notes"))


@pytest.mark.slow
@POSTGRESQL
def test_a_foreign_partition_is_refused(database, tmp_path):
    definitions = """
        CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
        CREATE TABLE notes (id INTEGER, project VARCHAR(99)) PARTITION BY LIST (project);
        CREATE TABLE here PARTITION OF notes DEFAULT;
        INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');
        CREATE FOREIGN TABLE there PARTITION OF notes FOR VALUES IN ('saw') SERVER elsewhere;"""
    made = project(database, tmp_path, PROJECTS + definitions, NOTE)
    assert 0 == made.upgrade("0001").code
    ended = made.upgrade()
    assert 2 == ended.code
    assert "notes: its part there is a foreign table" in ended.err
    assert 2 == made.check().status
    assert b"rekey_foreign_partition" in database.run_script(made.script("0001:0002")).stderr


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("remedy", ["ADD PRIMARY KEY (id)", "REPLICA IDENTITY FULL"])
@pytest.mark.parametrize("members", ["ALL TABLES", "TABLE notes"])
def test_a_published_table_without_a_replica_identity_is_refused(database, tmp_path, members, remedy):
    definitions = NOTES.replace(" PRIMARY KEY", "") + f"CREATE PUBLICATION outside FOR {members};"
    made = project(database, tmp_path, PROJECTS + definitions, NOTE)
    refuses(made, "rekey_no_replica_identity", "notes: the publication 'outside' holds it")
    database.execute(f"ALTER TABLE notes {remedy}")
    assert 0 == made.upgrade().code


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize(
    ("identity", "members", "what", "remedy"),
    [
        ("DEFAULT", "notes WHERE (project <> '')", "its WHERE reads project, which", "TABLE notes WHERE (id > 0)"),
        ("DEFAULT", "notes (project)", "the columns that it lists lack id, which", "TABLE notes (id)"),
        ("FULL", "notes (id, project)", "it lists columns, which no table", "TABLE notes WHERE (project <> '')"),
    ],
)
def test_a_publication_that_needs_more_than_the_replica_identity_is_refused(
    database, tmp_path, identity, members, what, remedy
):
    definitions = f"{NOTES} CREATE PUBLICATION outside FOR TABLE {members};"
    made = project(database, tmp_path, PROJECTS + definitions, NOTE)
    database.execute(f"ALTER TABLE notes REPLICA IDENTITY {identity}")
    refuses(made, "rekey_no_replica_identity", f"notes: the publication 'outside' holds it, and {what}")
    assert b"rekey_no_replica_identity" in database.run_script(made.script("0001:0002")).stderr
    database.execute(f"ALTER PUBLICATION outside SET {remedy}")
    assert 0 == made.upgrade().code


@pytest.mark.slow
@POSTGRESQL
def test_a_partition_that_is_published_through_its_parent_needs_a_replica_identity_too(database, tmp_path):
    definitions = """
        CREATE TABLE notes (id INTEGER, project VARCHAR(99)) PARTITION BY LIST (project);
        CREATE TABLE here PARTITION OF notes DEFAULT;
        INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');
        CREATE PUBLICATION outside FOR TABLE notes WITH (publish_via_partition_root = true);"""
    made = project(database, tmp_path, PROJECTS + definitions, NOTE)
    refuses(made, "rekey_no_replica_identity", "here: the publication 'outside' holds it")


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            NOTE[:-1] + ', agree=(t["notes"].c.id,), status=t["notes"].c.project)',
            "for the tag and the status of 'note'",
        ),
        (NOTE[:-1] + ', agree=(t["notes"].c.project,), status=t["notes"].c.status)', "in its agree too"),
        (NOTE[:-1] + ', updated_at=t["notes"].c.status)', None),
    ],
)
def test_one_column_in_two_roles_is_refused_when_the_spec_is_made(database, tmp_path, part, says):
    definitions = PROJECTS + NOTES + "ALTER TABLE notes ADD COLUMN status VARCHAR(30);"
    ended = project(database, tmp_path, definitions, part).upgrade()
    if says is None:
        assert 0 == ended.code, ended.err
    else:
        assert 1 == ended.code
        assert says in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize("role", ["slot=(t['settings'].c.project_id,)", "value=t['settings'].c.project_id"])
def test_an_owner_that_is_value_or_slot_too_is_refused_when_the_spec_is_made(database, tmp_path, role):
    name = role.partition("=")[0]
    before = {"slot": 'slot=(t["settings"].c.k,)', "value": 'value=t["settings"].c.v'}[name]
    part = SETTING.format(more="").replace(before, role)
    definitions = PROJECTS + SETTINGS.format(more="")
    ended = project(database, tmp_path, definitions, part, tables=("projects", "settings")).upgrade()
    assert 1 == ended.code
    assert f"has settings.project_id, the owner of 'setting', in its {name} too" in ended.err
