"""What deferred constraints ask for, asked before the commit: in the run that changed the rows, which can say so."""

from __future__ import annotations

from sqlalchemy import text

from alembic_rekey.sql.expressions import plpgsql
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["settled"]

# Immediate for ALL, and deferred again where the database's schema says so: there is no statement for "as they were".
# Of two constraints with one name in one schema neither can be named alone; such a pair stays immediate.
_SETTLED = plpgsql("""DECLARE
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


def settled(dialect: str) -> list[Step]:
    """Return what asks deferred constraints and triggers now, so that no event of theirs is left pending.

    A later revision of the same transaction could not alter a table with one. SQLite defers nothing here: foreign
    keys are off and asked as a whole.
    """
    if dialect != "postgresql":
        return []
    return [Statement("Ask now what deferred constraints would ask at COMMIT.", text(_SETTLED))]
