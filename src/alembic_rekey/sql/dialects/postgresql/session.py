"""What a session of PostgreSQL says: values are the same texts, upgrades wait for each other, nothing is deferred."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Engine, NullPool, create_engine, event, func, select, text

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql
from alembic_rekey.sql.dialects.session import Preparing, Session, is_autocommit
from alembic_rekey.sql.expressions import quoted

__all__ = ["LOCK", "SAME_TEXT", "SETTLED", "PostgreSQLSession"]

LOCK = 0x72656B65790001
"""The advisory lock that upgrades of one database wait for each other on."""

SAME_TEXT = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3"
)
"""The statements that make a value the same text in every session."""

# Immediate for ALL, and deferred again where the database's schema says so: there is no statement for "as they were".
# Of two constraints with one name in one schema neither can be named alone; such a pair stays immediate.
SETTLED = plpgsql("""DECLARE
  deferred text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  SELECT string_agg(format('%I.%I', named.schema, named.name), ', ') INTO deferred
  FROM (
    SELECT namespace.nspname AS schema, made.conname AS name
    FROM pg_catalog.pg_constraint AS made
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = made.connamespace
    WHERE has_schema_privilege(namespace.oid, 'USAGE') AND NOT pg_is_other_temp_schema(namespace.oid)
    GROUP BY namespace.nspname, made.conname
    HAVING bool_and(made.condeferred)
  ) AS named;
  IF deferred IS NOT NULL THEN
    EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED';
  END IF;
END""")
"""The program that asks what deferred constraints ask for, before the commit."""


class PostgreSQLSession(Session):
    """PostgreSQL: a server, whose sessions have a search path each."""

    def file(self, _url: URL) -> Path | None:
        """Return None: it is a server."""
        return None

    def writing(self, url: URL, _timeout: float) -> Engine:
        """Return an engine of READ COMMITTED; how its transactions begin `prepare` says."""
        # A higher level, perhaps the role's default, would fail after waiting for the other deployer.
        return _engine(url, isolation_level="READ COMMITTED")

    def reading(self, url: URL, _timeout: float, of_the_project: Engine | None) -> Engine:
        """Return an engine whose transactions are READ ONLY, each of one snapshot."""
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        made = _engine(url) if of_the_project is None else of_the_project
        if made.dialect.is_async:
            # What it pooled belongs to another loop of coroutines.
            made.dispose(close=False)
        engine = made.execution_options(**options)
        event.listen(engine, "begin", _same_text)
        return engine

    def prepare(self, preparing: Preparing) -> Callable[[Connection], None]:
        """Let each statement see what was committed before it; return what waits for other upgrades."""
        connection = preparing.connection
        if preparing.of_the_caller:
            _require_read_committed(preparing)
        else:
            before = "AUTOCOMMIT" if _commits_by_itself(connection) else connection.get_isolation_level()
            if before != "READ COMMITTED":
                # A higher level would not see what it waited for.
                connection.execution_options(isolation_level="READ COMMITTED")
                preparing.put_back(connection.execution_options, isolation_level=before)
        return partial(_begin, preparing.lock_timeout)

    def open_nothing_new(self, given: list[Any], named: Mapping[str, Any]) -> None:
        """Do nothing: connecting makes no database."""

    def only_read(self, connection: Connection) -> None:
        """Begin its transactions as READ ONLY."""
        connection.execution_options(postgresql_readonly=True)

    def led_as(self, connection: Connection) -> Callable[[Connection], object]:
        """Return what sets the search path for a transaction."""
        path = {"path": connection.execute(text("SELECT current_setting('search_path')")).scalar_one()}
        led = text("SELECT set_config('search_path', :path, true)")
        return lambda other: other.execute(led, path)

    def astray(self) -> list[Relation]:
        """Find that the first schema of the search path is the session's own for temporary tables, or that none is."""
        schema, path = func.current_schema(), func.current_setting("search_path")
        # In a schema of its own a name may begin so; one of the server's has a number behind it.
        temporary = func.coalesce(schema, "pg_temp_0").regexp_match("^pg_temp_[0-9]+$")
        return [select(path.label("path")).where(temporary)]

    def number_on(self, connection: Connection, key: Column[Any]) -> None:
        """Set the sequence of the key."""
        numbering = func.pg_get_serial_sequence(quoted(key.table.name, key.table.schema), str(key.name))
        connection.execute(select(func.setval(numbering, func.max(key))))

    def run_whole(self, driver: Any, script: str) -> None:
        """Execute it without parameters, as several statements at once."""
        driver.cursor().execute(script)

    def is_one_connection(self, _url: URL) -> bool:
        """Return False: it is a server."""
        return False


def _engine(url: URL, **options: Any) -> Engine:
    # Behind a pooler such as pgbouncer the next transaction may be on another server connection, where a
    # statement that psycopg has prepared is not known, or one of the same name is.
    unprepared = {"prepare_threshold": None} if url.get_driver_name() in ("psycopg", "psycopg_async") else {}
    return create_engine(url, poolclass=NullPool, connect_args=unprepared, **options)


def _same_text(connection: Connection) -> None:
    for statement in SAME_TEXT.split("; "):
        # One by one: not every driver takes several at once.
        connection.exec_driver_sql(statement)


def _commits_by_itself(connection: Connection) -> bool:
    return getattr(connection.connection.dbapi_connection, "autocommit", False) is True


def _require_read_committed(preparing: Preparing) -> None:
    if _commits_by_itself(preparing.connection):
        raise preparing.refused("the connection commits each statement by itself.")
    level = preparing.connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
    if level != "read committed":
        raise preparing.refused(
            f"the connection is in a transaction at the level {level}, which would not see what it waited for."
        )


def _begin(lock_timeout: float, connection: Connection) -> None:
    if is_autocommit(connection):
        return
    try:
        _same_text(connection)
        milliseconds = {"milliseconds": f"{int(lock_timeout * 1000)}ms"}
        connection.execute(text("SELECT set_config('lock_timeout', :milliseconds, true)"), milliseconds)
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    except BaseException:
        if not connection.in_transaction() and not connection.invalidated:
            # SQLAlchemy knows of no transaction yet, and the next one would begin in this one.
            connection.connection.rollback()
        raise
