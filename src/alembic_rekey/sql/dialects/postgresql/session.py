"""What a session of PostgreSQL says: values are the same texts, upgrades wait for each other, nothing is deferred."""

from __future__ import annotations

from sqlalchemy import Connection

from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql

__all__ = ["LOCK", "SAME_TEXT", "SETTLED", "same_text"]

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
