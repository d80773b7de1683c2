"""Claims about rows that hang on rows that go: through any foreign key, in any table that the plan does not cover."""

import pytest

from examples import CANONICAL, memories, memory, names, prepared, prepared_otherwise, projects, refuses, state, states

pytestmark = pytest.mark.sqlite_first

KINDS = ["", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE CASCADE ON UPDATE CASCADE"]


@pytest.fixture
def family(database, tmp_path):
    """A canonical, a shadow of it and a stranger, `c`, `s` and `a`, with one slot of every deleting kind."""
    rows = [
        *(state("kept", "c", "1", key="one"), state("merged", "s", "1", key="one")),
        *(state("replaced", "c", "1", "superseded", key="two"), state("rekeyed", "s", "2", key="two")),
        *(state("live", "c", "1", key="three"), state("dropped", "s", "2", "invalid", key="three")),
    ]
    return prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05", a="atlas"), "project_state": rows})


def test_rows_of_unknown_tables_that_hang_on_a_shadow_are_refused_whatever_their_keys_would_do(database, family):
    said = []
    for number, kind in enumerate(KINDS):
        database.execute(f"CREATE TABLE notes{number} (id TEXT, project_id TEXT REFERENCES projects (id) {kind})")
        database.insert(f"notes{number}", [{"id": str(n), "project_id": owner} for n, owner in enumerate("ssc")])
        hang = "2 rows hang on projects row 's', which the plan would delete, through project_id"
        said.append(f"notes{number}: {hang}")
    refuses(database, family, "rekey_attached_project_", *said, "what to do: move these rows to the canonical by hand")


@pytest.mark.slow
def test_rows_of_an_unknown_table_that_hang_elsewhere_are_no_obstacle(database, upgrade, family):
    database.execute("CREATE TABLE notes (id TEXT, project_id TEXT REFERENCES projects ON DELETE CASCADE)")
    database.insert("notes", [{"id": "1", "project_id": "c"}, {"id": "2", "project_id": "a"}, {"id": "3"}])
    before = database.table("notes")
    upgrade(database, family)
    assert database.table("notes") == before


@pytest.mark.slow
def test_a_key_without_a_named_target_and_with_other_capitals_is_found(database, family):
    database.execute('CREATE TABLE "My Notes" (id TEXT, "Of Project" TEXT REFERENCES PROJECTS)')
    database.insert("My Notes", [{"id": "n", "Of Project": "s"}])
    refuses(database, family, "My Notes: 1 rows hang on projects row 's'", "through Of Project")


@pytest.mark.slow
def test_a_further_key_to_projects_in_a_table_that_the_plan_covers_is_refused(database, family):
    rows = {
        "projects": {"id": "x", "name": "x"},
        "project_state": {"id": "x", "project_id": "a", "category": "x", "key": "x", "value": "x"},
        "memories": {"id": "x", "memory_type": "x", "content": "x"},
        "interactions": {"id": "x", "prompt": "x"},
    }
    for table, row in rows.items():
        database.execute(f"ALTER TABLE {table} ADD COLUMN origin TEXT REFERENCES projects (id)")
        database.insert(table, [{**row, "origin": "s"}])
    hang = "1 rows hang on projects row 's', which the plan would delete, through origin"
    refuses(database, family, *(f"{table}: {hang}" for table in rows))


VOTES = "CREATE TABLE votes (id TEXT, state_id TEXT REFERENCES project_state (id) ON DELETE CASCADE)"


def test_rows_that_hang_on_a_state_row_that_would_be_deleted_are_refused(database, family):
    gone = {"merged": "merge", "dropped": "drop", "replaced": "replace"}
    database.execute(VOTES)
    database.insert("votes", [{"id": f"on {key}", "state_id": key} for key in gone])
    hang = "votes: 1 rows hang on project_state row '{}', which the plan would {}, through state_id"
    refuses(database, family, "rekey_attached_state_", *(hang.format(key, how) for key, how in gone.items()))


@pytest.mark.slow
def test_rows_that_hang_on_a_state_row_that_stays_are_no_obstacle(database, upgrade, family):
    database.execute(VOTES)
    database.insert("votes", [{"id": f"on {key}", "state_id": key} for key in ("rekeyed", "kept", "live")])
    before = database.table("votes")
    upgrade(database, family)
    assert database.table("votes") == before


@pytest.mark.slow
def test_state_rows_that_hang_on_one_another_are_refused_if_one_would_be_deleted(database, family):
    database.execute("ALTER TABLE project_state ADD COLUMN instead_of TEXT REFERENCES project_state (id)")
    database.execute("UPDATE project_state SET instead_of = 'dropped' WHERE id = 'live'")
    refuses(database, family, "project_state: 1 rows hang on project_state row 'dropped'")


def test_rows_that_hang_on_the_name_of_a_shadow_are_refused(database, family):
    database.execute("CREATE TABLE notes (id TEXT, project TEXT REFERENCES projects (name))")
    database.insert("notes", [{"id": "n", "project": "p05"}])
    refuses(database, family, "notes: 1 rows hang on projects row 's', which the plan would delete, through project")


@pytest.mark.slow
def test_rows_that_hang_on_the_name_of_a_misspelt_canonical_are_refused(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c="P05-Interferometer")})
    database.execute("CREATE TABLE notes (id TEXT, project TEXT REFERENCES projects (name))")
    database.insert("notes", [{"id": "n", "project": "P05-Interferometer"}])
    refuses(database, registry, "notes: 1 rows hang on projects row 'c', which the plan would rename, through project")


@pytest.mark.slow
def test_rows_that_hang_on_the_id_of_a_misspelt_canonical_are_no_obstacle(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(c="P05-Interferometer")})
    database.execute("CREATE TABLE notes (id TEXT, project_id TEXT REFERENCES projects (id))")
    database.insert("notes", [{"id": "n", "project_id": "c"}])
    upgrade(database, registry)
    assert names(database) == {"c": CANONICAL}


@pytest.mark.slow
def test_tagged_rows_whose_tag_is_a_key_to_the_name_fold_like_others(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    database.execute("ALTER TABLE memories ADD COLUMN dummy TEXT")
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE memories ADD FOREIGN KEY (project) REFERENCES projects (name)")
    database.insert("memories", [memory("m", "p05")])
    upgrade(database, registry)
    assert memories(database) == {"m": (CANONICAL, "active")}


@pytest.mark.slow
def test_a_key_of_several_columns_is_followed_through_all_of_them(database, family):
    database.execute("CREATE UNIQUE INDEX both_parts ON projects (id, name)")
    database.execute(
        "CREATE TABLE notes (id TEXT, project_id TEXT, project TEXT,"
        " FOREIGN KEY (project_id, project) REFERENCES projects (id, name))"
    )
    database.insert("notes", [{"id": "n", "project_id": "s", "project": "p05"}])
    refuses(database, family, "notes: 1 rows hang on projects row 's'", "through project_id, project")


@pytest.mark.slow
def test_a_key_to_a_column_that_the_revision_does_not_know_is_followed(database, family):
    database.execute("ALTER TABLE projects ADD COLUMN slug TEXT")
    database.execute("CREATE UNIQUE INDEX slugs ON projects (slug)")
    database.execute("UPDATE projects SET slug = 'slug of ' || id")
    database.execute("CREATE TABLE notes (id TEXT, project TEXT REFERENCES projects (slug))")
    database.insert("notes", [{"id": "n", "project": "slug of s"}])
    refuses(database, family, "notes: 1 rows hang on projects row 's'")


@pytest.mark.slow
def test_every_table_with_attached_rows_is_listed(database, family):
    for table in ("notes", "votes"):
        database.execute(f"CREATE TABLE {table} (id TEXT, project_id TEXT REFERENCES projects (id))")
        database.insert(table, [{"id": "n", "project_id": "s"}])
    refuses(database, family, "notes: 1 rows hang", "votes: 1 rows hang")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_table_of_another_schema_counts_too(database, family):
    database.execute("CREATE SCHEMA elsewhere")
    database.execute("CREATE TABLE elsewhere.notes (id TEXT, project_id TEXT REFERENCES public.projects (id))")
    database.execute("INSERT INTO elsewhere.notes VALUES ('n', 's')")
    refuses(database, family, "notes: 1 rows hang on projects row 's'")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_table_of_another_schema_is_not_covered_by_its_name(database, family):
    database.execute("CREATE SCHEMA elsewhere")
    key = "REFERENCES public.projects (id) ON DELETE CASCADE"
    database.execute(f"CREATE TABLE elsewhere.project_state (id TEXT, project_id TEXT {key})")
    database.execute("INSERT INTO elsewhere.project_state VALUES ('n', 's')")
    refuses(database, family, "project_state: 1 rows hang on projects row 's'")


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_partitioned_table_is_told_once(database, family):
    database.execute("CREATE TABLE notes (id TEXT, project_id TEXT REFERENCES projects (id)) PARTITION BY LIST (id)")
    database.execute("CREATE TABLE notes_n PARTITION OF notes FOR VALUES IN ('n')")
    database.insert("notes", [{"id": "n", "project_id": "s"}])
    assert refuses(database, family, "notes: 1 rows hang").count("rows hang") == 1


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rows_that_hang_on_nothing_already_are_left_as_they_are(database, upgrade, family):
    # Foreign keys are off unless an application asks for them: such rows exist.
    database.insert("project_state", [state("orphan", "nobody", "1", key="orphan")])
    upgrade(database, family)
    assert database.rows("SELECT project_id FROM project_state WHERE id = 'orphan'") == [("nobody",)]


@pytest.mark.slow
def test_rows_go_only_by_the_plan_where_the_key_has_no_cascade(database, upgrade, tmp_path):
    rows = {
        "projects": projects(c=CANONICAL, s="p05"),
        "project_state": [state("kept", "c", "1"), state("merged", "s", "1"), state("moved", "s", "1", key="free")],
    }
    upgrade(database, prepared_otherwise(database, tmp_path, rows, (" ON DELETE CASCADE", "")))
    assert states(database) == {"kept": (CANONICAL, "1", "active"), "moved": (CANONICAL, "1", "active")}
