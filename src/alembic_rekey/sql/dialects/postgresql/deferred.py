"""What deferred constraints of PostgreSQL ask for, asked before the commit."""

from __future__ import annotations

from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql

__all__ = ["SETTLED"]

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
