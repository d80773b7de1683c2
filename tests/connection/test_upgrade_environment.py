"""Claims about locks and about databases that cannot be used: neither is waited for too long, no password is told."""

import sqlite3
import sys
from contextlib import closing

import psycopg
import pytest

from examples import KNOWN_BY_THE_UPGRADE, alembic_here, folded, prepared, refuses
from server import free_port


@pytest.fixture
def registry(database, tmp_path):
    """A database that would fold; its registry."""
    return prepared(database, tmp_path, folded())


# Locks.


@pytest.mark.slow
def test_a_writer_that_does_not_end_is_waited_for_no_longer_than_lock_timeout(database, registry):
    if database.dialect == "sqlite":
        with closing(sqlite3.connect(database.path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            refuses(
                database,
                registry,
                "database is locked",
                "-x lock_timeout=SECONDS",
                lock_timeout="0.2",
                planned=KNOWN_BY_THE_UPGRADE,
            )
        return
    with psycopg.connect(database.url.replace("+psycopg", "")) as writer:
        writer.execute("UPDATE memories SET content = 'x' WHERE id = 'nothing'")
        refuses(
            database,
            registry,
            "lock timeout",
            "-x lock_timeout=SECONDS",
            lock_timeout="0.2",
            planned=KNOWN_BY_THE_UPGRADE,
        )


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_another_upgrade_that_does_not_end_is_waited_for_no_longer_than_lock_timeout(database, registry):
    with psycopg.connect(database.url.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x72656B65790001])
        refuses(database, registry, "lock timeout", lock_timeout="0.2", planned=KNOWN_BY_THE_UPGRADE)


@pytest.mark.slow
def test_readers_do_not_stop_an_upgrade(database, upgrade, registry):
    if database.dialect == "sqlite":
        database.execute("PRAGMA journal_mode = WAL")
        reader = sqlite3.connect(database.path, isolation_level=None)
    else:
        reader = psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM memories").fetchall()
        upgrade(database, registry, lock_timeout="5")
    assert database.rows("SELECT outcome FROM rekey_run") == [("applied",)]


# Databases that cannot be used. Nothing here needs a database of its own.


def failed(tmp_path, url, *said):
    ended = alembic_here("upgrade", "head", url=url, registry=tmp_path / "r.json", report_dir=tmp_path / "reports")
    assert ended.code == 1
    assert "FAILED: " in ended.err
    assert "Traceback" not in ended.err
    assert "what to do: " in ended.err
    assert "s3cret" not in ended.err + ended.out
    for words in said:
        assert words in ended.err
    return ended.err


@pytest.mark.slow
@pytest.mark.parametrize("address", ["boss:s3cret@127.0.0.1:{port}/atocore", "127.0.0.1:{port}/a?password=s3cret"])
def test_a_server_that_cannot_be_reached_is_told_without_the_password(tmp_path, address):
    url = f"postgresql+psycopg://{address.format(port=free_port())}"
    failed(tmp_path, url, "check that the server runs and can be reached")


@pytest.mark.slow
def test_a_refused_login_is_told_without_the_password(tmp_path, server):
    url = f"postgresql+psycopg://nobody_here:s3cret@127.0.0.1:{server.port}/postgres"
    failed(tmp_path, url, 'role "nobody_here" does not exist', "nobody_here:***@")


def test_a_password_that_the_driver_repeats_is_not_printed(tmp_path):
    said = failed(tmp_path, "postgresql+psycopg://u:s3cret@127.0.0.1/db?options=s3cret&connect_timeout=s3cret")
    assert "***" in said


def test_a_database_that_does_not_exist_is_told(tmp_path, server):
    failed(tmp_path, server.url("nowhere"), 'database "nowhere" does not exist')


INSTALLS = {
    "postgresql+psycopg": ("psycopg", "pip install 'alembic-rekey[postgresql]'"),
    "postgresql+psycopg2": ("psycopg2", "pip install psycopg2-binary"),
    "postgresql+pg8000": ("pg8000", "pip install pg8000"),
    "postgresql+asyncpg": ("asyncpg", "pip install asyncpg"),
    "sqlite+aiosqlite": ("aiosqlite", "pip install aiosqlite"),
    "sqlite+pysqlcipher": ("pysqlcipher3", "pip install sqlcipher3"),
}


@pytest.mark.parametrize(("kind", "module", "command"), [(kind, *rest) for kind, rest in INSTALLS.items()])
def test_a_driver_that_is_not_installed_is_told_with_the_command_that_installs_it(
    tmp_path, monkeypatch, kind, module, command
):
    for missing in (module, "sqlcipher3"):
        monkeypatch.setitem(sys.modules, missing, None)
    failed(tmp_path, f"{kind}://u:s3cret@h/d", f"the driver {module} is not installed", command)


def test_a_driver_that_nobody_knows_is_told(tmp_path):
    failed(tmp_path, "postgresql+nosuch://u:s3cret@h/d", "postgresql+psycopg://")


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h/d", "s3cret", "sqlite", "://s3cret"])
def test_a_url_of_another_kind_is_refused_without_repeating_it(tmp_path, url):
    failed(tmp_path, url, "setting url: ")


def test_a_file_that_is_no_database_is_told_and_left_as_it_is(tmp_path):
    file = tmp_path / "a.db"
    file.write_bytes(b"not a database, " * 100)
    failed(tmp_path, f"sqlite:///{file}", "file is not a database", "check the path")
    assert file.read_bytes() == b"not a database, " * 100


@pytest.mark.slow
def test_a_folder_in_place_of_a_database_is_told(tmp_path):
    failed(tmp_path, f"sqlite:///{tmp_path}", "unable to open database file")


@pytest.mark.slow
def test_a_file_in_place_of_the_databases_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    failed(tmp_path, f"sqlite:///{tmp_path}/file/a.db", "its folder cannot be made")


def test_a_database_that_may_only_be_read_is_told(tmp_path):
    database = tmp_path / "a.db"
    sqlite3.connect(database).close()
    with closing(sqlite3.connect(database)) as made:
        made.execute("CREATE TABLE projects (id)")
    url = f"sqlite:///file:{database}?mode=ro&uri=true"
    failed(tmp_path, url, "readonly database", "give this account the right to write")
    assert list(tmp_path.iterdir()) == [database]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_account_without_the_right_to_write_is_told(database, registry):
    role = f"reader_of_{database.name}"
    database.execute(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        url = database.url.replace("postgres@", f"{role}@")
        refuses(
            database,
            registry,
            "permission denied",
            "grant the account the missing right",
            planned=KNOWN_BY_THE_UPGRADE,
            url=url,
        )
    finally:
        database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
