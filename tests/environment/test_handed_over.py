"""Claims about a connection that a program hands over: prepared like our own, and its transaction is the program's."""

import sqlite3
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

import small
from alembic_rekey.environment import Failed
from faults import address

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FOLDED, AS_BEFORE = {1: "polisher", 2: "polisher"}, {1: "pol", 2: "polisher"}
HANGING = (
    "CREATE TABLE children (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id));"
    "INSERT INTO children VALUES (1, 2);"
)


@contextmanager
def engine_of(database, **options):
    engine = create_engine(database.url, **{"poolclass": NullPool, **options})
    try:
        yield engine
    finally:
        engine.dispose()


def upgraded(project, connection, revision="head"):
    config = Config(str(project.config))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


# Whose transaction it is.


@pytest.mark.slow
def test_the_report_of_a_transaction_that_the_program_rolls_back_never_gets_its_name(database, tmp_path):
    """Case 29: a report told of a run that was rolled back."""
    project = small.make(database, tmp_path)
    with engine_of(database) as engine, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        upgraded(project, connection)
        assert ["json.pending"] == project.reports
        connection.rollback()
        assert ([], AS_BEFORE) == (project.reports, project.notes())


@pytest.mark.slow
def test_the_report_of_a_transaction_that_the_program_lets_go_of_never_gets_its_name(database, tmp_path):
    project = small.make(database, tmp_path)
    with engine_of(database) as engine, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        upgraded(project, connection)
    assert ([], AS_BEFORE) == (project.reports, project.notes())


@pytest.mark.parametrize("pool", [NullPool, QueuePool])
@pytest.mark.slow
def test_the_report_gets_its_name_when_the_program_commits(database, tmp_path, caplog, pool):
    project = small.make(database, tmp_path)
    with caplog.at_level("INFO", "alembic.rekey"), engine_of(database, poolclass=pool) as engine:
        with engine.begin() as connection:
            upgraded(project, connection)
            assert ["json.pending"] == project.reports
            assert "applied" not in caplog.text
        assert (["json"], FOLDED) == (project.reports, project.notes())
        assert "Run 1 of revision 0001: applied" in caplog.text


@pytest.mark.slow
def test_the_report_has_its_name_before_the_next_transaction_of_the_connection(database, tmp_path):
    project = small.make(database, tmp_path)
    with engine_of(database) as engine, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        upgraded(project, connection)
        connection.commit()
        connection.execute(text("SELECT 1"))
        assert ["json"] == project.reports
        connection.rollback()
        assert ["json"] == project.reports


@pytest.mark.slow
def test_an_upgrade_that_went_back_to_a_savepoint_has_no_report_though_the_rest_is_committed(database, tmp_path):
    side_tables = "from alembic_rekey.sql.side_tables import metadata\nmetadata.create_all(op.get_bind())"
    before = {"0000_side_tables": small.revision("0000", None, side_tables)}
    project = small.make(database, tmp_path, before="0000", revisions=before)
    project.does("upgrade", "0000")
    with engine_of(database) as engine, engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (x INTEGER)")
        nested = connection.begin_nested()
        upgraded(project, connection)
        nested.rollback()
    assert ([], AS_BEFORE) == (project.reports, project.notes())
    assert "kept" in database.tables()


@pytest.mark.slow
@POSTGRESQL
def test_a_commit_that_an_error_has_made_a_rollback_publishes_nothing(database, tmp_path):
    project = small.make(database, tmp_path)
    with engine_of(database) as engine, engine.begin() as connection:
        upgraded(project, connection)
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert ([], AS_BEFORE) == (project.reports, project.notes())


@pytest.mark.slow
@POSTGRESQL
def test_a_commit_that_the_server_refuses_publishes_nothing(database, tmp_path):
    late = (
        "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
        "CREATE TABLE late (x INTEGER); CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON late"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuses();"
    )
    project = small.make(database, tmp_path, late)
    with engine_of(database, poolclass=QueuePool) as engine:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            upgraded(project, connection)
            connection.exec_driver_sql("INSERT INTO late VALUES (1)")
            with pytest.raises(DBAPIError, match="not today"):
                connection.commit()
        assert ([], AS_BEFORE) == (project.reports, project.notes())


@pytest.mark.slow
def test_a_refusal_leaves_nothing_in_the_transaction_of_the_program_which_goes_on(database, tmp_path):
    project = small.make(database, tmp_path, HANGING)
    with engine_of(database) as engine, engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES (3, 'mine')"))
        with pytest.raises(Failed, match="refuses to fold; nothing was changed"):
            upgraded(project, connection)
    assert {**AS_BEFORE, 3: "mine"} == project.notes()
    assert {"projects", "notes", "children"} == database.tables()
    assert [] == project.reports


# Prepared like our own.


def test_a_refusal_through_a_connection_of_the_program_leaves_the_database_as_it_was(database, tmp_path):
    project = small.make(database, tmp_path, HANGING)
    before = database.snapshot()
    with engine_of(database) as engine:
        for handed_over in ("engine", "connection"):
            with closing(engine.connect()) as connection, pytest.raises(Failed):
                upgraded(project, engine if handed_over == "engine" else connection)
            assert before == database.snapshot(), handed_over


@pytest.mark.slow
@SQLITE
def test_foreign_keys_that_the_program_enforces_take_no_rows_along_and_are_enforced_again(database, tmp_path):
    cascade = small.STATES.format(key="ON DELETE CASCADE")
    project = small.make(database, tmp_path, cascade)
    with engine_of(database, poolclass=QueuePool) as engine:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
        with engine.connect() as connection:
            upgraded(project, connection)
            assert 1 == connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
            connection.rollback()
            connection.connection.driver_connection.text_factory = str
            upgraded(project, connection)
            assert str is connection.connection.driver_connection.text_factory
    assert [(1, 1)] == database.rows("SELECT id, project_id FROM states")


@SQLITE
@pytest.mark.parametrize(("its_own", "meanwhile"), [(-2000, -32768), (-64000, -64000), (10, 10)])
def test_the_page_cache_is_a_larger_one_for_the_upgrade_unless_the_program_chose_it(
    database, tmp_path, its_own, meanwhile
):
    project, seen = small.make(database, tmp_path), set()
    with engine_of(database) as engine, engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA cache_size = {its_own}")
        connection.rollback()

        @event.listens_for(engine, "before_cursor_execute")
        def look(_connection, cursor, statement, *_rest):
            if statement.startswith("INSERT INTO rekey_journal"):
                seen.add(cursor.connection.execute("PRAGMA cache_size").fetchone()[0])

        upgraded(project, connection)
        assert ({meanwhile}, its_own) == (seen, connection.exec_driver_sql("PRAGMA cache_size").scalar())


@pytest.mark.slow
@SQLITE
def test_a_transaction_of_the_program_with_foreign_keys_enforced_is_refused_and_the_remedy_works(database, tmp_path):
    project = small.make(database, tmp_path)
    before = database.snapshot()
    with engine_of(database) as engine:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
        with engine.begin() as connection, pytest.raises(Failed, match="hand over an engine, or a connection"):
            upgraded(project, connection)
        assert before == database.snapshot()
        upgraded(project, engine)
    assert FOLDED == project.notes()


@pytest.mark.slow
@SQLITE
@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"])
def test_an_engine_with_hooks_of_its_own_is_taken_as_it_is(database, tmp_path, begin):
    project = small.make(database, tmp_path)
    with engine_of(database) as engine:
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        upgraded(project, engine.execution_options(logging_token="mine"))
        with engine.begin() as connection:
            upgraded(project, connection)
    assert (FOLDED, ["json"]) == (project.notes(), project.reports)


@pytest.mark.slow
@SQLITE
def test_a_locked_database_is_refused_and_the_connection_of_the_program_still_works(database, tmp_path):
    project = small.make(database, tmp_path)
    project.config.write_text(project.config.read_text("utf-8") + "rekey.lock_timeout = 0.1\n", "utf-8")
    with (
        closing(sqlite3.connect(database.path, isolation_level=None)) as writer,
        engine_of(database, connect_args={"timeout": 0.1}) as engine,
        engine.connect() as connection,
    ):
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(Failed, match="database is locked"):
            upgraded(project, connection)
        writer.execute("ROLLBACK")
        connection.execute(text("INSERT INTO notes VALUES (3, 'mine')"))
        connection.commit()
    assert {**AS_BEFORE, 3: "mine"} == project.notes()


@pytest.mark.slow
@POSTGRESQL
def test_a_lock_that_is_held_too_long_is_refused_and_the_connection_of_the_program_still_works(database, tmp_path):
    project = small.make(database, tmp_path)
    project.config.write_text(project.config.read_text("utf-8") + "rekey.lock_timeout = 0.2\n", "utf-8")
    with (
        psycopg.connect(address(database)) as other,
        engine_of(database) as engine,
        engine.connect() as connection,
    ):
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x72656B65790001])
        with pytest.raises(Failed, match="another transaction holds a lock"):
            upgraded(project, connection)
        connection.execute(text("INSERT INTO notes VALUES (3, 'mine')"))
        connection.commit()
    assert {**AS_BEFORE, 3: "mine"} == project.notes()


def fingerprint(database):
    return database.rows("SELECT plan_sha256 FROM rekey_run")


@pytest.mark.slow
@POSTGRESQL
def test_the_fingerprint_is_the_same_whatever_the_session_of_the_program_is_set_to(database, tmp_path):
    dated = (
        "CREATE TABLE states (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, place TEXT NOT NULL, said TEXT,"
        " status TEXT NOT NULL, changed TIMESTAMP, day DATE);"
        "INSERT INTO states VALUES (1, 2, 'b', 'z', 'active', '2024-01-02', '2024-03-04');"
    )
    project = small.make(database, tmp_path, dated)
    project.does("upgrade", "head")
    ours = fingerprint(database)
    project.does("downgrade", "base")
    options = {"options": "-c DateStyle=SQL,DMY -c IntervalStyle=iso_8601 -c bytea_output=escape"}
    with engine_of(database, connect_args=options, poolclass=QueuePool) as engine:
        with engine.connect() as connection:
            upgraded(project, connection)
        with engine.connect() as connection:
            assert "SQL, DMY" == connection.exec_driver_sql("SHOW DateStyle").scalar()
            assert "0" == connection.exec_driver_sql("SHOW lock_timeout").scalar()
    assert ours == fingerprint(database)


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("level", ["AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE"])
def test_another_level_of_the_program_is_put_back_afterwards(database, tmp_path, level):
    project = small.make(database, tmp_path, HANGING)
    before = database.snapshot()
    with engine_of(database, isolation_level=level) as engine, engine.connect() as connection:
        with pytest.raises(Failed, match="refuses to fold"):
            upgraded(project, connection)
        assert before == database.snapshot()
        driver = connection.connection.dbapi_connection
        if level == "AUTOCOMMIT":
            assert driver.autocommit
        else:
            assert level == connection.get_isolation_level()
        database.execute("DROP TABLE children")
        upgraded(project, connection)
    assert FOLDED == project.notes()


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("level", ["AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_of_the_program_at_another_level_is_refused_and_the_remedy_works(database, tmp_path, level):
    project = small.make(database, tmp_path)
    before = database.snapshot()
    with engine_of(database, isolation_level=level) as engine:
        with engine.begin() as connection, pytest.raises(Failed, match="what to do: hand over an engine"):
            upgraded(project, connection)
        assert before == database.snapshot()
        upgraded(project, engine)
    assert FOLDED == project.notes()


@pytest.mark.slow
def test_the_reports_of_one_connection_are_told_once_each(database, tmp_path, caplog):
    project = small.make(database, tmp_path)
    with caplog.at_level("INFO", "alembic.rekey"), engine_of(database, poolclass=QueuePool) as engine:
        for _ in range(3):
            with engine.connect() as connection:
                upgraded(project, connection)
    assert 1 == caplog.text.count("Report: ")
    assert [Path(project.folder / "reports")] == [path.parent for path in (project.folder / "reports").iterdir()]
