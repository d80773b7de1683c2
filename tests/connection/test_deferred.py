"""Claims about deferred constraints: what they ask for is asked within the run, and none leaves an event behind."""

import subprocess

import pytest

import small

pytestmark = pytest.mark.slow

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
DEFERRED = small.STATES.format(key="DEFERRABLE INITIALLY DEFERRED")
ALTERS = small.revision("0002", "0001", 'op.add_column("states", sa.Column("extra", sa.Text))')
OTHERS = (
    "CREATE TABLE leaders (id INTEGER PRIMARY KEY);"
    "CREATE TABLE led (id INTEGER PRIMARY KEY, by INTEGER REFERENCES leaders DEFERRABLE INITIALLY DEFERRED);"
)
CHILD_FIRST = small.revision(
    "0002", "0001", 'op.execute("INSERT INTO led VALUES (1, 1)")', 'op.execute("INSERT INTO leaders VALUES (1)")'
)
REFUSES = (
    "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'notes are not for folding'; END $$;"
    "CREATE CONSTRAINT TRIGGER refuses AFTER UPDATE ON notes DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION refuses();"
)


def carried_out(project: small.Small, way: str) -> str:
    """Runs the whole upgrade and returns what it said; it must succeed."""
    if way == "online":
        return project.does("upgrade", "head").err
    done: subprocess.CompletedProcess[bytes] = project.database.run_script(
        project.does("upgrade", "head", "--sql").out.encode()
    )
    assert 0 == done.returncode, done.stderr
    return done.stderr.decode()


@pytest.mark.parametrize("way", ["online", "script"])
def test_a_later_revision_of_the_same_upgrade_can_alter_a_table_with_deferred_constraints(database, tmp_path, way):
    """Case 27: the later revision failed over pending trigger events."""
    project = small.make(database, tmp_path, DEFERRED, revisions={"0002_alters": ALTERS})
    carried_out(project, way)
    assert [(1, 1, None)] == database.rows("SELECT id, project_id, extra FROM states")


@pytest.mark.parametrize("way", ["online", "script"])
def test_a_later_revision_may_still_insert_the_child_before_its_parent(database, tmp_path, way):
    project = small.make(database, tmp_path, OTHERS, revisions={"0002_child_first": CHILD_FIRST})
    carried_out(project, way)
    assert [(1, 1)] == database.rows("SELECT id, by FROM led")


@POSTGRESQL
def test_the_way_back_leaves_no_event_behind_either(database, tmp_path):
    project = small.make(database, tmp_path, DEFERRED)
    project.does("upgrade", "head")
    fold = tmp_path / "migrations" / "versions" / "0001_fold.py"
    alters = 'op.restore(spec)\n    op.execute("ALTER TABLE states ADD extra TEXT")'
    fold.write_text(fold.read_text("utf-8").replace("op.restore(spec)", alters), "utf-8")
    project.does("downgrade", "base")
    assert [(1, 2, None)] == database.rows("SELECT id, project_id, extra FROM states")


@POSTGRESQL
def test_what_a_deferred_trigger_refuses_is_told_before_there_is_a_report(database, tmp_path):
    project = small.make(database, tmp_path, REFUSES)
    before = database.snapshot()
    ended = project.alembic("upgrade", "head")
    assert 1 == ended.code
    assert "notes are not for folding" in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "reports").exists()
    assert before == database.snapshot()


@POSTGRESQL
def test_an_account_that_may_not_use_every_schema_folds_all_the_same(database, tmp_path):
    project = small.make(database, tmp_path, DEFERRED, "CREATE SCHEMA closed;" + OTHERS.replace("led ", "closed.led "))
    role = f"folds_{database.name}"
    database.execute(f"CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}")
    for table in ("projects", "notes", "states"):
        database.execute(f"ALTER TABLE {table} OWNER TO {role}")
    try:
        project.does("upgrade", "head", url=database.url.replace("postgres@", f"{role}@"))
        assert [(1, 1)] == database.rows("SELECT id, project_id FROM states")
    finally:
        database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
