"""Locks of PostgreSQL, taken without a deadlock with any writer; what its planner is told before they are held long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, Executable, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler

from alembic_rekey.sql.dialects.postgresql.plpgsql import filled, plpgsql

__all__ = ["Analyze", "LockTables"]

TURN_MILLISECONDS = 250
"""How long we may wait for locks at one go, and so how long a writer waits behind us.

Shorter than PostgreSQL's `deadlock_timeout`, after which it ends one of those that wait for each other.
"""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1


class LockTables(Executable, ClauseElement):
    """Takes all of `tables` or none: whoever waits while it holds one lets it go, and takes another turn.

    The database locks one table after the other. An application that wrote to a later one first, and wants an
    earlier one next, would wait for us as we wait for it. And whoever wants a table that we wait for waits behind
    us: so turns are short, and the pauses between them grow, in which others go on. `lock_timeout` is the patience
    of all turns together, 0 has no end.

    Of `referred`, rows may go or be renamed. No foreign key may lead a new row to one of them between the guard and
    the change: nobody may lock rows there either, which is what the check of a foreign key does. So it waits here,
    holding nothing, for those who have such rows under way, and none come after.
    """

    inherit_cache = False

    def __init__(self, tables: Sequence[Table], referred: Sequence[Table]) -> None:
        self.tables = tables
        self.referred = referred


@compiles(LockTables, "postgresql")
def _lock_tables(element: LockTables, compiler: SQLCompiler, **_: Any) -> str:
    # The dialect's quoting made per cent signs safe already; a literal of SQLAlchemy's would once more.
    quote = compiler.preparer.format_table
    modes = {table: f"{'' if table in element.referred else 'SHARE ROW '}EXCLUSIVE MODE" for table in element.tables}
    named = (f"{quote(table)} IN {mode}".replace("'", "''") for table, mode in modes.items())
    taken = filled((f"'{one}'" for one in named), 8)
    return plpgsql(f"""DECLARE
  patience CONSTANT bigint := (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout');
  last CONSTANT timestamp with time zone := CASE WHEN patience = 0 THEN 'infinity'
    ELSE clock_timestamp() + patience * interval '1 millisecond' END;
  until timestamp with time zone;
  wanted text;
  pause double precision := {FIRST_PAUSE_SECONDS};
BEGIN LOOP
  until := least(clock_timestamp() + interval '{TURN_MILLISECONDS} milliseconds', last);
  BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        {taken}] LOOP
      PERFORM set_config('lock_timeout',
        greatest(1, extract(epoch FROM until - clock_timestamp()) * 1000)::integer::text, true);
      EXECUTE 'LOCK TABLE ' || wanted;
    END LOOP;
    PERFORM set_config('lock_timeout', patience::text, true);
    RETURN;
  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    IF clock_timestamp() >= last THEN RAISE; END IF;
  END;
  PERFORM pg_sleep_until(least(clock_timestamp() + pause * (0.5 + random()) * interval '1 second', last));
  pause := least(pause * 1.5, {LONGEST_PAUSE_SECONDS});
END LOOP; END""")  # noqa: S608  # names that the dialect quoted, and constants


class Analyze(ExecutableDDLElement):
    """ANALYZE of some columns of a table: a journal's rows are wide, and nothing else of them decides."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self.name = name
        self.columns = columns


@compiles(Analyze, "postgresql")
def _analyze(element: Analyze, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    return f"ANALYZE {quote(element.name)} ({', '.join(map(quote, element.columns))})"
