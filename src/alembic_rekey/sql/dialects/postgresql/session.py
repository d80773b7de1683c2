"""What a session of PostgreSQL says: values are the same texts, upgrades wait for each other, nothing is deferred."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import URL, Column, Connection, func, select, text

from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql
from alembic_rekey.sql.dialects.session import Session
from alembic_rekey.sql.expressions import quoted

__all__ = ["LOCK", "SAME_TEXT", "SETTLED", "PostgreSQLSession", "same_text"]

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


def same_text(connection: Connection) -> None:
    """Make a value the same text as in every session, until the transaction ends."""
    for statement in SAME_TEXT.split("; "):
        # One by one: not every driver takes several at once.
        connection.exec_driver_sql(statement)


class PostgreSQLSession(Session):
    """PostgreSQL: a server, whose sessions have a search path each."""

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
