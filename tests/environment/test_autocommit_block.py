"""Claims about a neighbouring revision with `autocommit_block()`: it commits, and nobody says that nothing happened."""

import pytest

import small

pytestmark = pytest.mark.slow

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
INDEX = 'with op.get_context().autocommit_block():\n        op.execute("CREATE INDEX by_project ON {table} (project)")'
INDEXES = {"sqlite": ("sqlite_master", "name"), "postgresql": ("pg_indexes", "indexname")}
LOOKS = (
    "CREATE SEQUENCE advisory; CREATE SEQUENCE timeout; CREATE SEQUENCE iso;"
    "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " PERFORM setval('advisory', (SELECT count(*) FROM pg_locks"
    " WHERE locktype = 'advisory' AND pid = pg_backend_pid())),"
    " setval('timeout', (SELECT CAST(setting AS bigint) FROM pg_settings WHERE name = 'lock_timeout')),"
    " setval('iso', CASE current_setting('DateStyle') WHEN 'ISO, YMD' THEN 1 ELSE 2 END); RETURN NEW; END $$;"
    "CREATE TRIGGER look AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION look();"
)
"""What holds while rows change, kept in sequences: a row anywhere else would be a change that nobody planned."""
SEEN = "SELECT advisory.last_value, timeout.last_value, iso.last_value FROM advisory, timeout, iso"


def test_a_fold_that_a_later_block_committed_keeps_its_report_and_is_not_denied(database, tmp_path, caplog):
    """Case 21: the report of a committed fold was deleted, and nothing was said to be changed."""
    later = {"0002_index": small.revision("0002", "0001", INDEX.format(table="nowhere"))}
    project = small.make(database, tmp_path, revisions=later)
    with caplog.at_level("INFO", "alembic.rekey"):
        ended = project.alembic("upgrade", "head")
    assert 1 == ended.code
    assert ({1: "polisher", 2: "polisher"}, ["json"]) == (project.notes(), project.reports)
    assert [("0001",)] == database.rows("SELECT version_num FROM alembic_version")
    assert "Run 1 of revision 0001: applied" in caplog.text
    refusal = ended.err[ended.err.index("FAILED: ") :]
    assert "nothing was changed;" not in refusal
    assert "since an autocommit_block() committed what came before it" in refusal
    assert "`alembic current` tells the revision" in refusal
    assert "0001\n" == project.does("current").out


def test_a_later_block_that_succeeds_leaves_the_report_as_any_other_upgrade_does(database, tmp_path):
    later = {"0002_index": small.revision("0002", "0001", INDEX.format(table="notes"))}
    project = small.make(database, tmp_path, revisions=later)
    project.does("upgrade", "head")
    assert ({1: "polisher", 2: "polisher"}, ["json"]) == (project.notes(), project.reports)
    assert [("0002",)] == database.rows("SELECT version_num FROM alembic_version")


def test_a_refusal_after_a_block_says_what_is_kept(database, tmp_path):
    project = small.make(
        database,
        tmp_path,
        "CREATE TABLE children (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id));"
        "INSERT INTO children VALUES (1, 2);",
        before="0000",
        revisions={"0000_index": small.revision("0000", None, INDEX.format(table="notes"))},
    )
    ended = project.alembic("upgrade", "head")
    assert 2 == ended.code
    assert "refuses to fold; nothing was changed since an autocommit_block() committed" in ended.err
    assert [(1,)] == database.rows("SELECT count(*) FROM {} WHERE {} = 'by_project'".format(*INDEXES[database.dialect]))
    assert ({1: "pol", 2: "polisher"}, []) == (project.notes(), project.reports)


@POSTGRESQL
@pytest.mark.parametrize("way", ["online", "script"])
def test_after_a_block_the_lock_and_the_settings_are_taken_anew(database, tmp_path, way):
    """Case 21, a block before the fold."""
    before = {"0000_index": small.revision("0000", None, INDEX.format(table="notes"))}
    project = small.make(database, tmp_path, LOOKS, before="0000", revisions=before)
    if way == "online":
        project.does("upgrade", "head")
        assert [(1, 30_000, 1)] == database.rows(SEEN)
    else:
        done = database.run_script(project.does("upgrade", "head", "--sql").out.encode())
        assert 0 == done.returncode, done.stderr
        assert (1, 30_000) == database.rows(SEEN)[0][:2]


def test_a_script_with_a_block_says_that_it_is_several_transactions_and_each_is_guarded(database, tmp_path):
    """Case 21, its script."""
    later = {"0002_index": small.revision("0002", "0001", INDEX.format(table="notes"))}
    project = small.make(database, tmp_path, revisions=later)
    script = project.does("upgrade", "head", "--sql").out
    assert "It is one transaction" not in script
    assert "-- It is several transactions: " in script
    first, _, second = script.partition("\nCOMMIT;")
    for each in (first, second):
        assert 1 == each.count("Guard rekey_version: ")
    assert "the database is at the revision that this script starts from: 0001" in second
    assert "-- It is one transaction." in project.does("upgrade", "0001", "--sql").out
    done = database.run_script(script.encode())
    assert 0 == done.returncode, done.stderr
    assert [("0002",)] == database.rows("SELECT version_num FROM alembic_version")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_block_on_sqlite_is_outside_of_any_transaction(database, tmp_path):
    vacuum = 'with op.get_context().autocommit_block():\n        op.execute("VACUUM")'
    project = small.make(database, tmp_path, revisions={"0002_vacuum": small.revision("0002", "0001", vacuum)})
    project.does("upgrade", "head")
    assert ["json"] == project.reports


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_block_in_a_script_on_sqlite_stands_outside_of_any_transaction_too(database, tmp_path):
    vacuum = 'with op.get_context().autocommit_block():\n        op.execute("VACUUM")'
    project = small.make(database, tmp_path, revisions={"0002_vacuum": small.revision("0002", "0001", vacuum)})
    done = database.run_script(project.does("upgrade", "head", "--sql").out.encode())
    assert (0, b"") == (done.returncode, done.stderr)
    assert [("0002",)] == database.rows("SELECT version_num FROM alembic_version")
