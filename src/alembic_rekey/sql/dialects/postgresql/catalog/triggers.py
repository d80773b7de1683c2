"""What PostgreSQL is asked about triggers, of the tables of a spec and of their partitions."""

from __future__ import annotations

from alembic_rekey.sql.dialects.postgresql.catalog.claims import TREE
from alembic_rekey.sql.dialects.question import FIRED, Question

__all__ = ["TRIGGERS"]

_MOVES = Question(
    """SELECT DISTINCT tree."table", coalesce(CAST(known.attname AS text), '') AS "column"
            FROM rekey_tree AS tree
            JOIN pg_catalog.pg_partitioned_table AS parted ON parted.partrelid = tree.member
            CROSS JOIN LATERAL unnest(parted.partattrs) AS at (number)
            LEFT JOIN pg_catalog.pg_attribute AS known
              ON known.attrelid = parted.partrelid AND known.attnum = at.number AND at.number <> 0""",
    ("table", "column"),
    (TREE,),
    "rekey_moves",
)
"""The columns by which rows are told into partitions; '' where an expression does."""

_FIRED = Question(
    r"""SELECT tree."table", CAST(made.tgname AS text) AS called, event.name AS event,
              made.tgtype & 1 <> 0 AS each_row,
              tree.member <> tree.root AND coalesce(to_jsonb(made) ->> 'tgparentid', '0') = '0' AS of_member,
              coalesce(regexp_replace(
                substring(pg_get_triggerdef(made.oid) FROM ' WHEN (.*) EXECUTE (FUNCTION|PROCEDURE) '),
                '\((\(?)(old|new)\.("[^"]+"|[\w*]+)((\)::[\w ]+)?) (IS DISTINCT FROM|=|<>) \1(old|new)\.\3\4\)', '', 'g'
              ) ~ '\m(old|new)\.', false) AS by_value
            FROM rekey_tree AS tree
            JOIN pg_catalog.pg_trigger AS made
              ON made.tgrelid = tree.member AND NOT made.tgisinternal AND made.tgenabled <> 'D'
            JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS event (bit, name)
              ON made.tgtype & event.bit <> 0""",
    ("table", "called", "event", "each_row", "of_member", "by_value"),
    (TREE,),
    "rekey_firing",
)
"""Triggers that are not the database's own.

`of_member`: one partition has it, and not the whole table. `by_value`: a condition asks a row for more than whether a
column of it changes, so it may hold on one way and not on the other.
"""

TRIGGERS = Question(
    """SELECT DISTINCT fires."table", fires.called, fires.event, fires.event AS change, '' AS "column",
              CAST(fires.by_value AS integer) AS one_way
            FROM rekey_firing AS fires
            UNION
            SELECT fires."table", fires.called, fires.event, 'UPDATE', moves."column",
              CAST(fires.event <> 'UPDATE' OR fires.by_value OR fires.of_member AS integer)
            FROM rekey_firing AS fires JOIN rekey_moves AS moves ON moves."table" = fires."table"
            WHERE fires.each_row""",
    FIRED,
    (_FIRED, _MOVES),
)
"""A row that moves to another partition is deleted from one and inserted into the other."""
