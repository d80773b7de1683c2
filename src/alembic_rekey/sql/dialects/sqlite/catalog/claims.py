"""What SQLite is asked about the tables of a spec: SQL behind a `WITH` that lists them as `rekey_part`."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_rekey.sql.dialects.question import Question

__all__ = ["DEFAULTS", "TABLE_CLAIMS", "UNIQUE_COLUMNS", "UNIQUE_KEYS", "UNIQUE_NAMES"]

TABLE_CLAIMS: Mapping[str, Question] = {
    "not_a_table": Question(
        """SELECT part."table", 'a view' AS what FROM rekey_part AS part
        JOIN sqlite_master AS known ON known.type = 'view' AND lower(known.name) = lower(part."table")""",
        ("table", "what"),
    ),
    "not_text": Question(
        """SELECT part.noun, part."table", known.name AS "column", known.type
        FROM rekey_part AS part JOIN pragma_table_xinfo(part."table") AS known ON lower(known.name) = lower(part.name)
        WHERE upper(known.type) LIKE '%INT%' OR (
          NOT (upper(known.type) LIKE '%CHAR%' OR upper(known.type) LIKE '%CLOB%' OR upper(known.type) LIKE '%TEXT%')
          AND (upper(known.type) LIKE '%REAL%' OR upper(known.type) LIKE '%FLOA%' OR upper(known.type) LIKE '%DOUB%'
            OR upper(known.type) LIKE '%BLOB%')
        )""",
        ("noun", "table", "column", "type"),
    ),
    # A table without the word has no such constraint, and is not read.
    "check_broken": Question(
        """SELECT part."table" FROM rekey_part AS part
        JOIN sqlite_master AS known ON known.type = 'table' AND lower(known.name) = lower(part."table")
          AND known.sql LIKE '%check%'
        JOIN pragma_quick_check(known.name) AS found ON found.quick_check LIKE 'CHECK constraint failed%'
        WHERE part.deletable <> ''""",
        ("table",),
    ),
}

UNIQUE_KEYS = Question(
    """SELECT part.noun FROM rekey_part AS part
        WHERE EXISTS (
          SELECT 1 FROM pragma_table_xinfo(part."table") AS known
          WHERE known.pk = 1 AND upper(known.type) = 'INTEGER'
            AND (SELECT max(pk) FROM pragma_table_xinfo(part."table")) = 1
            AND lower(known.name) IN (SELECT lower(value) FROM json_each(part."keys"))
        ) OR EXISTS (
          SELECT 1 FROM pragma_index_list(part."table") AS made
          WHERE made."unique" = 1 AND made.partial = 0 AND NOT EXISTS (
            SELECT 1 FROM pragma_index_info(made.name) AS of
            WHERE of.name IS NULL OR lower(of.name) NOT IN (SELECT lower(value) FROM json_each(part."keys"))
          )
        )""",
    ("noun",),
)
"""The parts whose key is one, as a constraint says."""

UNIQUE_COLUMNS = Question(
    """SELECT part.noun, made.name AS called, of.name AS "column" FROM rekey_part AS part
        JOIN pragma_index_list(part."table") AS made ON made."unique" = 1 AND made.partial = 0
        JOIN pragma_index_info(made.name) AS of""",
    ("noun", "called", "column"),
)
"""What the unique indexes of all rows compare, a line per column; an expression has no name."""

UNIQUE_NAMES = Question(
    """SELECT part.noun, part."table", made.name AS index_name, made.partial,
            sum(lower(coalesce(of.name, '')) NOT IN (SELECT lower(value) FROM json_each(part.apart))) AS parts,
            max(EXISTS (
              SELECT 1 FROM pragma_table_xinfo(part."table") AS other
              WHERE lower(other.name) <> lower(part.name)
                AND lower(other.name) NOT IN (SELECT lower(value) FROM json_each(part.apart))
                AND (lower(other.name) = lower(coalesce(of.name, ''))
                  OR of.cid = -2 AND instr(substr(lower(known.sql), instr(known.sql, '(')), lower(other.name)) > 0)
            )) AS others,
            max(lower(coalesce(of.name, '')) = lower(part.name)
              OR of.cid = -2 AND instr(lower(known.sql), lower(part.name)) > 0) AS names,
            max(lower(coalesce(of.name, '')) IN (SELECT lower(value) FROM json_each(part."keys"))) AS keyed,
            group_concat(coalesce(of.name, '(expression)'), ', ') AS columns
          FROM rekey_part AS part
          JOIN pragma_index_list(part."table") AS made ON made."unique" = 1
          JOIN pragma_index_info(made.name) AS of
          LEFT JOIN sqlite_master AS known ON known.type = 'index' AND known.name = made.name
          GROUP BY part.noun, part."table", made.name, made.partial""",
    ("noun", "table", "index_name", "partial", "parts", "others", "names", "keyed", "columns"),
    name="rekey_unique",
)
"""The unique indexes, as `rekey_unique`."""

DEFAULTS = Question(
    """SELECT part."table", known.name AS "column", coalesce(known.dflt_value, 'NULL') AS said
        FROM (SELECT DISTINCT "table" FROM rekey_part) AS part
        JOIN pragma_table_xinfo(part."table") AS known ON known.hidden = 0 AND known.pk = 0
        WHERE NOT EXISTS (
          SELECT 1 FROM sqlite_master AS made
          WHERE made.type = 'trigger' AND lower(made.tbl_name) = lower(part."table")
            AND instr(upper(made.sql), 'INSERT') > 0
        )""",
    ("table", "column", "said"),
)
"""A key may be the number of the row, which the database makes."""
