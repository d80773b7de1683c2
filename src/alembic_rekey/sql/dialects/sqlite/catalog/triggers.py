"""What SQLite is asked about triggers of the tables of a spec: only their texts tell when they fire."""

from __future__ import annotations

from alembic_rekey.sql.dialects.question import FIRED, Question

__all__ = ["TRIGGERS"]

_HEADS = Question(
    """SELECT known."table", known.called, CASE instr(upper(known.said), 'BEGIN ') WHEN 0 THEN known.said
            ELSE substr(known.said, 1, instr(upper(known.said), 'BEGIN ') - 1) END AS head
        FROM (
          SELECT part."table", made.name AS called, replace(replace(replace(
            substr(made.sql, instr(made.sql, made.name) + length(made.name)),
            char(9), ' '), char(10), ' '), char(13), ' ') AS said
          FROM (SELECT DISTINCT "table" FROM rekey_part) AS part
          JOIN sqlite_master AS made ON made.type = 'trigger' AND lower(made.tbl_name) = lower(part."table")
        ) AS known""",
    ("table", "called", "head"),
    name="rekey_head",
)
"""Triggers, and what stands before that which they do."""

_CONDITIONS = Question(
    """SELECT made."table", made.called, 0 AS place, replace(replace(replace(replace(replace(replace(replace(replace(
            lower(substr(made.head, instr(upper(made.head), 'WHEN') + 4)),
            ' ', ''), '"', ''), 'isnotdistinctfrom', '='), 'isdistinctfrom', '='), 'isnot', '='), '<>', '='),
            '!=', '='), '==', '=') AS said
        FROM rekey_head AS made WHERE instr(upper(made.head), 'WHEN') > 0
        UNION ALL
        SELECT one."table", one.called, one.place + 1, replace(replace(replace(replace(one.said,
            'old.' || lower(known.name) || '=' || 'new.' || lower(known.name), ''),
            'new.' || lower(known.name) || '=' || 'old.' || lower(known.name), ''),
            'old.' || lower(known.name) || 'is' || 'new.' || lower(known.name), ''),
            'new.' || lower(known.name) || 'is' || 'old.' || lower(known.name), '')
        FROM rekey_condition AS one JOIN pragma_table_xinfo(one."table") AS known ON known.cid = one.place""",
    ("table", "called", "place", "said"),
    (_HEADS,),
    "rekey_condition",
)
"""What is left of the condition of a trigger without what asks whether a column changes, column by column."""

TRIGGERS = Question(
    """SELECT made."table", made.called, event.value AS event, event.value AS change, '' AS "column",
            EXISTS (
              SELECT 1 FROM rekey_condition AS whole JOIN rekey_condition AS rest
                ON rest."table" = whole."table" AND rest.called = whole.called
                AND rest.place = (SELECT count(*) FROM pragma_table_xinfo(made."table"))
              WHERE whole."table" = made."table" AND whole.called = made.called AND whole.place = 0
                AND (instr(whole.said, 'old.') > 0 OR instr(whole.said, 'new.') > 0)
                AND trim(replace(replace(replace(rest.said, 'and', ''), 'or', ''), 'not', ''), '()') <> ''
            ) AS one_way
        FROM rekey_head AS made
        JOIN json_each('["INSERT", "UPDATE", "DELETE"]') AS event ON instr(upper(made.head), event.value) > 0""",
    FIRED,
    (_HEADS, _CONDITIONS),
)
"""Only their texts tell when triggers fire: one that speaks of an event may."""
