"""Claims that nothing is lost without a word: small projects in which a fold took along more than its plan said."""

import pytest

from declared import declared

NAMES = {"polisher": ["pol"]}
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name),
    tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project),))"""
SCHEMA = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT NOT NULL);
    INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
    INSERT INTO notes VALUES (1, 'pol'), (2, 'polisher');"""
INVOICES = """
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE);
    INSERT INTO invoices VALUES (1, 2), (2, 2);"""
HIDDEN = "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY; ALTER TABLE {0} FORCE ROW LEVEL SECURITY;"


@pytest.fixture
def account(database):
    """An account that row security binds, and that owns every table which the test makes over."""
    role = f"bound_{database.name}"
    database.execute(f"CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}")
    yield role
    database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("policy", ["CREATE POLICY own ON {0} USING (false)", ""])
@pytest.mark.parametrize("table", ["invoices", "notes"])
def test_where_row_security_hides_rows_from_the_account_nothing_is_folded(database, tmp_path, account, table, policy):
    """Case 02: hidden invoices were cascaded away, and hidden notes were not folded."""
    project = declared(database, tmp_path, SCHEMA, SPEC, ["projects", "notes"], names=NAMES)
    if table == "invoices":
        database.execute(INVOICES)
    database.execute(HIDDEN.format(table) + policy.format(table))
    for name in database.tables():
        database.execute(f"ALTER TABLE {name} OWNER TO {account}")
    before = database.snapshot()
    url = database.url.replace("postgres@", f"{account}@")
    checked, ended = project.check(url=url), project.upgrade(url=url)
    assert (2, 2) == (checked.status, ended.code)
    says = f"{table}: row security hides rows from the account '{account}'"
    for said in (checked.err, ended.err):
        assert "rekey_row_security" in said
        assert says in said
    stopped = database.server.psql(url, project.script())
    assert 0 != stopped.returncode
    assert b"rekey_row_security" in stopped.stderr
    assert before == database.snapshot()
    # The remedies of the refusal, followed.
    database.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    if table == "invoices":
        assert "invoices: 2 rows hang on projects row 2" in " ".join(project.upgrade(url=url).err.split())
        database.execute("DELETE FROM invoices")
    folded = project.upgrade(url=url)
    assert 0 == folded.code, folded.err
    assert [("polisher",), ("polisher",)] == database.rows("SELECT project FROM notes")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_name_that_others_refer_to_with_a_cascade_is_spelt_by_one_update_first(database, tmp_path):
    """Case 37, point 4: the remedy, followed."""
    project = declared(
        database,
        tmp_path,
        """CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
        INSERT INTO projects VALUES (1, 'Polisher '), (2, 'pol');
        CREATE TABLE notes (id INTEGER PRIMARY KEY, project VARCHAR(99) REFERENCES projects (name) ON UPDATE CASCADE);
        INSERT INTO notes VALUES (1, 'Polisher '), (2, 'pol');""",
        """Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id,
            name=t["projects"].c.name), tags=(Tags(noun="note", key=t["notes"].c.id, tag=t["notes"].c.project),))""",
        ["projects", "notes"],
        names={"polisher": ["pol"]},
    )
    refused = project.upgrade()
    assert 2 == refused.code
    assert "spell that as it is registered yourself" in refused.err
    assert 2 == project.check().status
    database.execute("UPDATE projects SET name = 'polisher' WHERE id = 1")
    assert 0 == project.upgrade().code
    assert [("polisher",)] == database.rows("SELECT DISTINCT project FROM notes")


@pytest.mark.sqlite_first
def test_rows_of_a_table_with_a_key_of_two_columns_can_be_moved_by_hand(database, tmp_path):
    """Case 37, point 5: the remedy works. To cover the table, the other one, is what `tests/field` does."""
    project = declared(
        database,
        tmp_path,
        """CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(99) NOT NULL UNIQUE);
        INSERT INTO projects VALUES (1, 'polisher'), (2, 'pol');
        CREATE TABLE members (person INTEGER, project INTEGER REFERENCES projects (id), PRIMARY KEY (person, project));
        INSERT INTO members VALUES (7, 2);""",
        'Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name))',
        ["projects"],
        names={"polisher": ["pol"]},
    )
    refused = project.upgrade()
    assert "move these rows to the canonical by hand, or cover their table in the spec" in refused.err
    database.execute("UPDATE members SET project = 1")
    assert 0 == project.upgrade().code


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_account_that_could_not_put_a_deleted_row_back_deletes_none(database, tmp_path, account):
    """The statements of the way back are tried on no rows: this account may delete projects, and insert none."""
    project = declared(database, tmp_path, SCHEMA, SPEC, ["projects", "notes"], names=NAMES)
    database.execute(f"GRANT ALL ON notes TO {account}; GRANT SELECT, UPDATE, DELETE ON projects TO {account}")
    before = database.snapshot()
    url = database.url.replace("postgres@", f"{account}@")
    ended = project.upgrade(url=url)
    assert 1 == ended.code
    assert "permission denied for table projects" in ended.err
    assert before == database.snapshot()
    assert 0 != database.server.psql(url, project.script()).returncode
    assert before == database.snapshot()
    database.execute(f"GRANT INSERT ON projects TO {account}")
    assert 0 == project.upgrade(url=url).code
    assert 0 == project.downgrade(url=url).code
