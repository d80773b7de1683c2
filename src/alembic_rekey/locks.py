"""Keeping writers out of the tables until the transaction ends, without a deadlock with any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, Executable, Table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.expressions import plpgsql
from alembic_rekey.spec import Spec
from alembic_rekey.steps import Statement, Step

__all__ = ["LockTables", "lock"]

FIRST_TURN_MILLISECONDS = 200
"""Shorter than PostgreSQL's `deadlock_timeout`, after which it ends one of those that wait for each other."""


class LockTables(Executable, ClauseElement):
    """Takes all of `tables` or none: whoever waits while it holds one lets it go, and takes another turn.

    The database locks one table after the other. An application that wrote to a later one first, and wants an
    earlier one next, would wait for us as we wait for it. Each turn is twice as long as the one before, so that a
    writer that takes long is waited for too; `lock_timeout` is the patience of all turns together, 0 has no end.
    """

    inherit_cache = False

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables


@compiles(LockTables, "postgresql")
def _lock_tables(element: LockTables, compiler: SQLCompiler, **_: Any) -> str:
    names = ", ".join(compiler.preparer.format_table(table) for table in element.tables)
    return plpgsql(f"""DECLARE
  patience CONSTANT bigint := (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout');
  begun CONSTANT timestamp with time zone := clock_timestamp();
  turn bigint := {FIRST_TURN_MILLISECONDS};
  rest bigint := patience;
BEGIN
  LOOP
    BEGIN
      PERFORM set_config('lock_timeout', CASE WHEN patience = 0 THEN turn ELSE least(turn, rest) END::text, true);
      LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE;
      PERFORM set_config('lock_timeout', patience::text, true);
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      rest := patience - extract(epoch FROM clock_timestamp() - begun) * 1000;
      IF patience > 0 AND rest < 1 THEN
        RAISE;
      END IF;
    END;
    PERFORM pg_sleep(0.02 + random() * 0.05);
    turn := turn * 2;
  END LOOP;
END""")  # noqa: S608  # names that the dialect quoted, and a constant


def lock(spec: Spec, dialect: str) -> list[Step]:
    """Return the statements that keep writers out of the tables until the transaction ends.

    SQLite needs none: BEGIN IMMEDIATE keeps every other writer out.
    """
    if dialect != "postgresql":
        return []
    return [
        Statement(
            "Keep writers out of the tables until the end; readers go on.",
            LockTables([part.table for part in spec.parts]),
        ),
        Statement("Write times in UTC, whatever the session says.", text("SET LOCAL TIME ZONE 'UTC'")),
    ]
