"""Claims about texts whose column takes different spellings for equal: they are compared letter by letter, everywhere.

A column of NOCASE on SQLite, of a collation that is not deterministic on PostgreSQL, and of citext: one kind. What a
unique constraint protects, a slot, is the exception: there the column's own equality is the one that counts.
"""

import psycopg
import pytest

from declared import declared

KINDS = [
    ("sqlite", "TEXT COLLATE NOCASE"),
    ("postgresql", "TEXT COLLATE ci"),
    ("postgresql", "TEXT COLLATE plainly"),
    ("postgresql", "public.citext"),
    ("postgresql", 'TEXT COLLATE "C"'),
]
EXTENSION = "CREATE EXTENSION IF NOT EXISTS citext"
COLLATIONS = """
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION plainly (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
"""
PROJECT = 'Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name)'
NAMES = {"Polisher": ["pol"], "CV Tool": ["résumé"], "Restart": ["resume"]}
WAYS = ("online", "script")


def of_every(kinds):
    """The test once per type of a text column, each on the database that has it."""
    return pytest.mark.parametrize(("database", "kind"), kinds, indirect=True, ids=[kind for _, kind in kinds])


@pytest.fixture
def kind(request, database):
    """The type, which the database knows by now."""
    if request.param.endswith("citext"):
        database.execute(EXTENSION)
    elif request.param in ("TEXT COLLATE ci", "TEXT COLLATE plainly"):
        try:
            database.execute(COLLATIONS)
        except psycopg.errors.FeatureNotSupported as error:
            pytest.skip(
                f"{error}; REKEY_POSTGRES_BIN=FOLDER names the programs of a server that has ICU, such as Debian's"
            )
    return request.param


def spec(tags="", slots=""):
    return f"Spec(revision=revision, identity={PROJECT}, slots=({slots}), tags=({tags}))"


def tag(table, more=""):
    return f'Tags(noun="{table}", key=t["{table}"].c.id, tag=t["{table}"].c.project, {more}),'


def asked(project):
    """Asserts that `plan --check` would pass; the side tables are there afterwards, for a script of the fold alone."""
    said = project.check()
    assert (0, "") == (said.status, said.err), said.err
    said = project.upgrade("0001")
    assert 0 == said.code, said.err


def rows(project, columns, table):
    return project.database.rows(f"SELECT {columns} FROM {table} ORDER BY id")


@pytest.mark.slow
@of_every(KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_names_in_tags_match_letter_by_letter(database, tmp_path, kind, way):
    """Case 17: one spelling stayed that the fold took for the canonical's, and one went to another project."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name {kind} NOT NULL);
    INSERT INTO projects VALUES (1, 'Polisher'), (2, 'CV Tool'), (3, 'Restart');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project {kind});
    INSERT INTO notes VALUES (1, 'pol'), (2, 'POLISHER'), (3, 'Polisher');
    CREATE TABLE tasks (id INTEGER PRIMARY KEY, project {kind});
    INSERT INTO tasks VALUES (1, 'résumé'), (2, 'resume'), (4, 'Restart');
    """
    project = declared(database, tmp_path, schema, spec(tag("notes") + tag("tasks")),
                       ["projects", "notes", "tasks"], names=NAMES)  # fmt: skip
    before = [rows(project, "id, project", table) for table in ("notes", "tasks")]
    asked(project)
    project.goes(way)
    assert [(1, "Polisher"), (2, "Polisher"), (3, "Polisher")] == rows(project, "id, project", "notes")
    assert [(1, "CV Tool"), (2, "Restart"), (4, "Restart")] == rows(project, "id, project", "tasks")
    project.goes(way, "downgrade")
    assert before == [rows(project, "id, project", table) for table in ("notes", "tasks")]


@pytest.mark.slow
@of_every(KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_names_of_identities_match_letter_by_letter(database, tmp_path, kind, way):
    """Rows that hang on a shadow go to the canonical of just that spelling, created ones included."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name {kind} NOT NULL);
    INSERT INTO projects VALUES (1, 'POLISHER'), (2, 'pol'), (3, 'résumé'), (4, 'resume'), (5, 'Cv Tool');
    CREATE TABLE states (id INTEGER PRIMARY KEY, project_id INTEGER, k TEXT, v TEXT, status TEXT, at TIMESTAMP);
    INSERT INTO states VALUES (1, 2, 'k', 'of pol', 'active', '2024-01-01'),
        (2, 3, 'k', 'of CV', 'active', '2024-01-01'),
        (3, 4, 'k', 'of Re', 'active', '2024-01-01');
    """
    if database.dialect == "postgresql":
        schema += """CREATE SEQUENCE made START 100; ALTER TABLE projects ALTER id SET DEFAULT nextval('made');"""
    states = ('Slots(noun="state", key=t["states"].c.id, owners=(t["states"].c.project_id,), slot=(t["states"].c.k,), '
              'value=t["states"].c.v, status=t["states"].c.status, updated_at=t["states"].c.at),')  # fmt: skip
    project = declared(database, tmp_path, schema, spec(slots=states), ["projects", "states"], names=NAMES)
    before = [database.table(table) for table in ("projects", "states")]
    asked(project)
    project.goes(way)
    named = "SELECT s.id, CAST(p.name AS TEXT), s.v FROM states s JOIN projects p ON p.id = s.project_id ORDER BY s.id"
    assert [(1, "Polisher", "of pol"), (2, "CV Tool", "of CV"), (3, "Restart", "of Re")] == database.rows(named)
    assert 3 == len(database.table("projects"))
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "states")]


@pytest.mark.slow
@of_every([kind for kind in KINDS if '"C"' not in kind[1]])
@pytest.mark.parametrize("way", WAYS)
def test_values_are_the_same_letter_by_letter_and_slots_as_their_column_says(database, tmp_path, kind, way):
    """`V` and `v` are two values, the older one dropped, not merged; `K` and `k` are one slot."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO projects VALUES (1, 'Polisher'), (2, 'pol');
    CREATE TABLE states (id INTEGER PRIMARY KEY, project_id INTEGER, k {kind}, v {kind}, status {kind}, at TIMESTAMP,
        UNIQUE (project_id, k));
    INSERT INTO states VALUES (1, 1, 'k', 'v', 'active', '2024-01-01'), (2, 2, 'K', 'V', 'ACTIVE', '2024-01-01');
    """
    states = ('Slots(noun="state", key=t["states"].c.id, owners=(t["states"].c.project_id,), slot=(t["states"].c.k,), '
              'value=t["states"].c.v, status=t["states"].c.status, updated_at=t["states"].c.at),')  # fmt: skip
    project = declared(database, tmp_path, schema, spec(slots=states), ["projects", "states"], names=NAMES)
    before = [database.table(table) for table in ("projects", "states")]
    asked(project)
    project.goes(way)
    assert [(1, 1, "v")] == rows(project, "id, project_id, v", "states")
    actions = "SELECT id, rekey_action FROM rekey_journal_states ORDER BY id"
    assert [(1, "keep"), (2, "drop")] == database.rows(actions)
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "states")]


@pytest.mark.slow
@of_every(KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_duplicates_agree_letter_by_letter(database, tmp_path, kind, way):
    """`Text` and `text` are no duplicates: both stay what they are."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO projects VALUES (1, 'Polisher'), (2, 'pol');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project {kind}, said {kind}, status TEXT);
    INSERT INTO notes VALUES (1, 'pol', 'Text', 'active'), (2, 'Polisher', 'text', 'active'),
        (3, 'pol', 'text', 'active');
    """
    more = 'agree=(t["notes"].c.said,), status=t["notes"].c.status'
    project = declared(database, tmp_path, schema, spec(tag("notes", more)), ["projects", "notes"], names=NAMES)
    before = database.table("notes")
    asked(project)
    project.goes(way)
    expected = [(1, "Polisher", "active"), (2, "Polisher", "active"), (3, "Polisher", "superseded")]
    assert expected == rows(project, "id, project, status", "notes")
    project.goes(way, "downgrade")
    assert before == database.table("notes")


@pytest.mark.slow
@of_every(KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_nobody_registered_is_not_taken_for_the_canonical_one(database, tmp_path, kind, way):
    """Where accents do not count, `Réstart` is found by who looks for `Restart`, which it is not."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name {kind} NOT NULL);
    INSERT INTO projects VALUES (1, 'Réstart'), (2, 'Restart'), (3, 'resume'), (4, 'Pölisher'), (5, 'pol');
    CREATE TABLE states (id INTEGER PRIMARY KEY, project_id INTEGER, k TEXT, v TEXT, status TEXT, at TIMESTAMP);
    INSERT INTO states VALUES (1, 3, 'k', 'v', 'active', '2024-01-01'), (2, 5, 'k', 'v', 'active', '2024-01-01');
    """
    if database.dialect == "postgresql":
        schema += """CREATE SEQUENCE made START 100; ALTER TABLE projects ALTER id SET DEFAULT nextval('made');"""
    states = ('Slots(noun="state", key=t["states"].c.id, owners=(t["states"].c.project_id,), slot=(t["states"].c.k,), '
              'value=t["states"].c.v, status=t["states"].c.status, updated_at=t["states"].c.at),')  # fmt: skip
    project = declared(database, tmp_path, schema, spec(slots=states), ["projects", "states"], names=NAMES)
    before = [database.table(table) for table in ("projects", "states")]
    asked(project)
    project.goes(way)
    named = "SELECT s.id, CAST(p.name AS TEXT) FROM states s JOIN projects p ON p.id = s.project_id ORDER BY s.id"
    assert [(1, "Restart"), (2, "Polisher")] == database.rows(named)
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "states")]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", WAYS)
def test_tags_and_names_may_have_collations_of_their_own(database, tmp_path, way):
    """PostgreSQL compares no two columns whose collations differ, unless it is told how."""
    schema = """
    CREATE TABLE projects (id SERIAL PRIMARY KEY, name TEXT COLLATE "C" NOT NULL UNIQUE);
    INSERT INTO projects VALUES (1, 'pol'), (2, 'resume'), (3, 'Restart');
    SELECT setval('projects_id_seq', 9);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project TEXT COLLATE "POSIX" REFERENCES projects (name) DEFERRABLE);
    INSERT INTO notes VALUES (1, 'pol'), (2, 'resume');
    """
    project = declared(database, tmp_path, schema, spec(tag("notes")), ["projects", "notes"], names=NAMES)
    before = [database.table(table) for table in ("projects", "notes")]
    asked(project)
    project.goes(way)
    assert [(1, "Polisher"), (2, "Restart")] == rows(project, "id, project", "notes")
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "notes")]


OF_TENANT = PROJECT.removesuffix(")") + ', within=(t["projects"].c.tenant,){more})'


@pytest.mark.slow
@of_every([kind for kind in KINDS if '"C"' not in kind[1]])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("there", ["Polisher", "pol"])
def test_a_row_is_created_in_the_tenant_that_is_spelt_just_so(database, tmp_path, kind, way, there):
    """The created row of `a` was looked up as the column compares: that of `A` took its orders, and its downgrade."""
    serial = "SERIAL" if database.dialect == "postgresql" else "INTEGER"
    schema = f"""
    CREATE TABLE projects (id {serial} PRIMARY KEY, tenant {kind}, name TEXT NOT NULL);
    INSERT INTO projects VALUES (1, 'A', '{there}'), (2, 'a', 'pol');
    CREATE TABLE orders (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects);
    INSERT INTO orders VALUES (1, 1), (2, 2);
    """
    if database.dialect == "postgresql":
        schema += "SELECT setval('projects_id_seq', 9);"
    orders = 'References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project_id,))'
    spec = f"Spec(revision=revision, identity={OF_TENANT.format(more='')}, references=({orders},))"
    project = declared(database, tmp_path, schema, spec, ["projects", "orders"], names={"Polisher": ["pol"]})
    before = [database.table(table) for table in ("projects", "orders")]
    asked(project)
    project.goes(way)
    of = """SELECT o.id, CAST(p.tenant AS TEXT), p.name FROM orders o JOIN projects p ON p.id = o.project_id
        ORDER BY o.id"""
    assert [(1, "A", "Polisher"), (2, "a", "Polisher")] == database.rows(of)
    assert 2 == len(database.table("projects"))
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "orders")]


@pytest.mark.slow
@of_every([kind for kind in KINDS if '"C"' not in kind[1]])
@pytest.mark.parametrize("way", WAYS)
def test_a_tag_follows_the_rows_of_the_tenant_that_is_spelt_just_so(database, tmp_path, kind, way):
    """What is one is found in each tenant by itself, and called otherwise there."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, tenant {kind}, name TEXT NOT NULL);
    INSERT INTO projects VALUES (1, 'A', 'pol'), (2, 'A', 'Pol'), (3, 'a', 'Pol'), (4, 'a', 'pol');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant {kind}, project TEXT);
    INSERT INTO notes VALUES (1, 'A', 'pol'), (2, 'A', 'Pol'), (3, 'a', 'pol'), (4, 'a', 'Pol');
    """
    identity = OF_TENANT.format(more=", duplicates=Duplicates.FOUND")
    within = 'within=(t["notes"].c.tenant,)'
    spec = f"Spec(revision=revision, identity={identity}, tags=({tag('notes', within)}))"
    project = declared(database, tmp_path, schema, spec, ["projects", "notes"], names={})
    before = [database.table(table) for table in ("projects", "notes")]
    asked(project)
    project.goes(way)
    assert [1, 3] == [key for (key,) in rows(project, "id", "projects")]
    assert [(1, "pol"), (2, "pol"), (3, "Pol"), (4, "Pol")] == rows(project, "id, project", "notes")
    project.goes(way, "downgrade")
    assert before == [database.table(table) for table in ("projects", "notes")]


KEYED = """
CREATE TABLE projects (code {key} PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, project {owner});
CREATE TABLE states (id INTEGER PRIMARY KEY, project {owner}, k TEXT, v TEXT, status TEXT, UNIQUE (project, k));
INSERT INTO projects VALUES ('A1', 'Polisher'), ('B2', 'pol'), ('C3', 'other');
INSERT INTO orders VALUES (1, 'a1'), (2, 'b2'), (3, 'B2'), (4, 'c3');
INSERT INTO states VALUES (1, 'b2', 'k', 'v', 'active'), (2, 'B2', 'm', 'w', 'active');
"""
BY_CODE = """Spec(revision=revision,
    identity=Identity(noun="project", key=t["projects"].c.code, name=t["projects"].c.name),
    references=(References(noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project,)),),
    slots=(Slots(noun="state", key=t["states"].c.id, owners=(t["states"].c.project,), slot=(t["states"].c.k,),
        value=t["states"].c.v, status=t["states"].c.status),))"""
SPELT_ALIKE = """UPDATE {table} SET project = (SELECT code FROM projects WHERE code = {table}.project)
    WHERE EXISTS (SELECT 1 FROM projects WHERE code = {table}.project)"""


def by_code(database, folder, key, owner):
    schema = KEYED.format(key=key, owner=owner)
    return declared(database, folder, schema, BY_CODE, ["projects", "orders", "states"], names={"Polisher": ["pol"]})


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "owner", ["TEXT REFERENCES projects", "TEXT COLLATE NOCASE REFERENCES projects", "TEXT", "TEXT COLLATE NOCASE"]
)
def test_rows_that_spell_a_key_otherwise_are_refused_by_plan_upgrade_and_script_until_they_are_spelt_alike(
    database, tmp_path, owner
):
    """The table takes `b2` and `B2` for one, and the journal of a fold does not: the plan saw one order of two."""
    project = by_code(database, tmp_path, "TEXT COLLATE NOCASE", owner)
    project.upgrade("0001")
    before = database.snapshot()
    planned, refused = project.check(), project.upgrade()
    stopped = database.run_script(project.script("0001:0002"))
    assert (2, 2, True) == (planned.status, refused.code, stopped.returncode != 0)
    assert before == database.snapshot()
    for said in (planned.out, refused.err):
        for table in ("orders", "states"):
            assert f"{table}: 1 rows refer by project to projects row 'B2' and spell it 'b2'" in said
        assert "row 'C3'" not in said
    assert b"rekey_spelt_otherwise_state" in stopped.stdout + stopped.stderr
    for table in ("orders", "states"):
        database.execute(SPELT_ALIKE.format(table=table))
    before = [rows(project, "*", table) for table in ("orders", "states")]
    asked(project)
    project.goes("online")
    assert [(1, "A1"), (2, "A1"), (3, "A1"), (4, "C3")] == rows(project, "*", "orders")
    assert [(1, "A1"), (2, "A1")] == rows(project, "id, project", "states")
    project.goes("online", "downgrade")
    assert before == [rows(project, "*", table) for table in ("orders", "states")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_table_outside_the_spec_hangs_on_a_row_whose_key_it_spells_otherwise(database, tmp_path):
    """A foreign key compares as the column does that it leads to: the plan said 0."""
    project = by_code(database, tmp_path, "TEXT COLLATE NOCASE", "TEXT")
    database.execute("DELETE FROM orders; DELETE FROM states")
    database.execute(
        "CREATE TABLE notes (id INTEGER, project TEXT REFERENCES projects); INSERT INTO notes VALUES (1, 'b2')"
    )
    planned, stopped = project.check(), project.upgrade()
    assert (2, 2) == (planned.status, stopped.code)
    for said in (planned.out, stopped.err):
        assert "notes: 1 rows hang on projects row 'B2'" in said


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_spells_a_key_otherwise_stands_under_the_name_of_its_owner(database, tmp_path, way):
    """PostgreSQL's journal compares as the table does: such rows fold, and the plan says from where."""
    database.execute(EXTENSION)
    project = by_code(database, tmp_path, "public.citext", "public.citext REFERENCES projects")
    before = [rows(project, "*", table) for table in ("orders", "states")]
    planned = project.check()
    assert (0, "") == (planned.status, planned.err)
    assert "orders: rekeyed (2)\n  'pol' -> 'Polisher': 2 rows" in planned.out
    project.upgrade("0001")
    project.goes(way)
    assert [(1, "a1"), (2, "A1"), (3, "A1"), (4, "c3")] == rows(project, "id, CAST(project AS TEXT)", "orders")
    project.goes(way, "downgrade")
    assert before == [rows(project, "*", table) for table in ("orders", "states")]


@pytest.mark.slow
@of_every(KINDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("beside", ["references", "slots"])
def test_a_name_beside_an_owner_follows_where_it_is_spelt_just_so(database, tmp_path, kind, beside, way):
    """`POL` followed where it was taken for `pol`, and `polisher` did not where it was taken for `Polisher`."""
    schema = f"""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, name {kind} NOT NULL);
    INSERT INTO projects VALUES (1, 'Polisher'), (2, 'pol'), (3, 'restart');
    CREATE TABLE orders (id INTEGER PRIMARY KEY, project_id INTEGER, place INTEGER, said {kind});
    INSERT INTO orders VALUES (1, 2, 1, 'pol'), (2, 2, 2, 'POL'), (3, 3, 3, 'restart'), (4, 3, 4, 'RESTART');
    """
    declares = """noun="order", key=t["orders"].c.id, owners=(t["orders"].c.project_id,), names=(t["orders"].c.said,)"""
    kinds = {"references": f"References({declares})", "slots": f'Slots({declares}, slot=(t["orders"].c.place,))'}
    children = f"Spec(revision=revision, identity={PROJECT}, {beside}=({kinds[beside]},))"
    project = declared(database, tmp_path, schema, children, ["projects", "orders"], names=NAMES)
    before = rows(project, "id, project_id, said", "orders")
    asked(project)
    project.goes(way)
    expected = [(1, 1, "Polisher"), (2, 1, "POL"), (3, 3, "Restart"), (4, 3, "RESTART")]
    assert expected == rows(project, "id, project_id, said", "orders")
    project.goes(way, "downgrade")
    assert before == rows(project, "id, project_id, said", "orders")
