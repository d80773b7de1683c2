"""What a spec claims about its tables, asked of the catalog: that they are tables, whole, seen whole, and of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from alembic_rekey.guard.catalog import NAMED, TREE, about
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.plan import Part
from alembic_rekey.spec import Check, Identity

__all__ = ["table_claims"]

_SQLITE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "not_a_table": (
        """ SELECT part."table", 'a view' AS what FROM rekey_part AS part
        JOIN sqlite_master AS known ON known.type = 'view' AND lower(known.name) = lower(part."table")""",
        ("table", "what"),
    ),
    "not_text": (
        """ SELECT part."table", known.name AS "column", known.type
        FROM rekey_part AS part JOIN pragma_table_xinfo(part."table") AS known ON lower(known.name) = lower(part.name)
        WHERE upper(known.type) LIKE '%INT%' OR (
          NOT (upper(known.type) LIKE '%CHAR%' OR upper(known.type) LIKE '%CLOB%' OR upper(known.type) LIKE '%TEXT%')
          AND (upper(known.type) LIKE '%REAL%' OR upper(known.type) LIKE '%FLOA%' OR upper(known.type) LIKE '%DOUB%'
            OR upper(known.type) LIKE '%BLOB%')
        )""",
        ("table", "column", "type"),
    ),
    # A table without the word has no such constraint, and is not read.
    "check_broken": (
        """ SELECT part."table" FROM rekey_part AS part
        JOIN sqlite_master AS known ON known.type = 'table' AND lower(known.name) = lower(part."table")
          AND known.sql LIKE '%check%'
        JOIN pragma_quick_check(known.name) AS found ON found.quick_check LIKE 'CHECK constraint failed%'
        WHERE part.deletable <> ''""",
        ("table",),
    ),
}
_POSTGRESQL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "not_a_table": (
        """ SELECT part."table", CASE known.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
          WHEN 'f' THEN 'a foreign table' ELSE 'no table' END AS what
        FROM rekey_named AS part JOIN pg_catalog.pg_class AS known ON known.oid = part.member
        WHERE known.relkind NOT IN ('r', 'p')""",
        ("table", "what"),
    ),
    "not_text": (
        """ SELECT part."table", known.attname AS "column", format_type(known.atttypid, known.atttypmod) AS type
        FROM rekey_named AS part
        JOIN pg_catalog.pg_attribute AS known
          ON known.attrelid = part.member AND known.attname = part.name AND known.attnum > 0
        JOIN pg_catalog.pg_type AS type ON type.oid = known.atttypid AND type.typcategory <> 'S'""",
        ("table", "column", "type"),
    ),
}
_TREES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "foreign_partition": (
        """ SELECT tree."table", tree.member::regclass::text AS partition
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'f'
        WHERE tree.member <> tree.root""",
        ("table", "partition"),
    ),
    "inherited": (
        """ SELECT DISTINCT tree."table", tree.member::regclass::text AS heir
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND NOT known.relispartition
        WHERE tree.member <> tree.root AND known.relkind <> 'f' AND tree.deletable <> ''""",
        ("table", "heir"),
    ),
    "rewritten": (
        """ SELECT tree.member::regclass::text AS "table", rule.rulename AS rule
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind IN ('r', 'p')
        JOIN pg_catalog.pg_rewrite AS rule
          ON rule.ev_class = tree.member AND rule.ev_type <> '1' AND rule.ev_enabled <> 'D'""",
        ("table", "rule"),
    ),
    "row_security": (
        """ SELECT seen.member::regclass::text AS "table", current_user::text AS account
        FROM (
          SELECT root AS member FROM rekey_tree
          UNION
          SELECT fk.conrelid FROM rekey_tree AS tree
          JOIN pg_catalog.pg_constraint AS fk ON fk.contype = 'f' AND fk.confrelid = tree.member
        ) AS seen
        WHERE seen.member IS NOT NULL AND row_security_active(seen.member)""",
        ("table", "account"),
    ),
    "not_validated": (
        """ SELECT DISTINCT tree.member::regclass::text AS "table", made.conname::text AS constraint
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_constraint AS made ON made.conrelid = tree.member AND NOT made.convalidated""",
        ("table", "constraint"),
    ),
    "no_replica_identity": (
        """ SELECT DISTINCT tree.member::regclass::text AS "table", made.pubname::text AS publication
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'r'
        JOIN pg_catalog.pg_publication AS made ON made.pubupdate OR (made.pubdelete AND tree.deletable <> '')
        WHERE (known.relreplident = 'n' OR known.relreplident IN ('d', 'i') AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_index AS found
          WHERE found.indrelid = known.oid AND found.indisvalid
            AND CASE known.relreplident WHEN 'd' THEN found.indisprimary ELSE found.indisreplident END
        )) AND EXISTS (
          SELECT 1 FROM pg_catalog.pg_publication_tables AS published
          JOIN pg_catalog.pg_class AS named ON named.relname = published.tablename
          JOIN pg_catalog.pg_namespace AS space
            ON space.oid = named.relnamespace AND space.nspname = published.schemaname
          WHERE published.pubname = made.pubname
            AND (named.oid = known.oid OR named.oid IN (SELECT pg_partition_ancestors(known.oid)))
        )""",
        ("table", "publication"),
    ),
}
"""For PostgreSQL too, about each table and all that are partitions of it or inherit from it (`catalog.TREE`)."""

_TENANTS = {
    "sqlite": """, rekey_unique AS (
          SELECT part."table", made.name AS index_name, made.partial, count(*) AS parts,
            max(lower(coalesce(of.name, '')) = lower(part.name)
              OR of.cid = -2 AND instr(lower(known.sql), lower(part.name)) > 0) AS names,
            max(lower(coalesce(of.name, '')) = lower(part."key")) AS keyed,
            group_concat(coalesce(of.name, '(expression)'), ', ') AS columns
          FROM rekey_part AS part
          JOIN pragma_index_list(part."table") AS made ON made."unique" = 1
          JOIN pragma_index_info(made.name) AS of
          LEFT JOIN sqlite_master AS known ON known.type = 'index' AND known.name = made.name
          GROUP BY part."table", made.name, made.partial
        )""",
    "postgresql": "".join(
        (
            NAMED,
            """, rekey_term AS (
          SELECT made.indexrelid, made.indrelid, at.number
          FROM rekey_named AS part
          JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique
          CROSS JOIN LATERAL unnest(made.indkey) WITH ORDINALITY AS at (number, place)
          WHERE at.place <= made.indnkeyatts
          UNION
          SELECT made.indexrelid, made.indrelid, needs.refobjsubid
          FROM rekey_named AS part
          JOIN pg_catalog.pg_index AS made
            ON made.indrelid = part.member AND made.indisunique AND made.indexprs IS NOT NULL
          JOIN pg_catalog.pg_depend AS needs
            ON needs.classid = CAST('pg_catalog.pg_class' AS regclass) AND needs.objid = made.indexrelid
            AND needs.refobjid = made.indrelid
        ), rekey_unique AS (
          SELECT part."table", made.indexrelid, CAST(made.indpred IS NOT NULL AS integer) AS partial,
            made.indnkeyatts AS parts,
            CAST(bool_or(known.attname = part.name) AS integer) AS names,
            CAST(bool_or(known.attname = part."key") AS integer) AS keyed,
            (SELECT string_agg(pg_get_indexdef(made.indexrelid, place, true), ', ' ORDER BY place)
             FROM generate_series(1, made.indnkeyatts) AS place) AS columns
          FROM rekey_named AS part
          JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique
          JOIN rekey_term AS term ON term.indexrelid = made.indexrelid
          JOIN pg_catalog.pg_attribute AS known ON known.attrelid = term.indrelid AND known.attnum = term.number
          GROUP BY part."table", made.indexrelid, made.indpred IS NOT NULL, made.indnkeyatts
        )""",
        )
    ),
}
_SEVERAL = """ SELECT "table", columns FROM rekey_unique AS several
    WHERE several.names = 1 AND several.parts > 1 AND several.keyed = 0 AND NOT EXISTS (
      SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0
    )"""


def table_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks of what the catalog alone tells, each asked once for all tables."""
    for name, (sql, columns) in (_POSTGRESQL if dialect == "postgresql" else _SQLITE).items():
        yield check(name, "", about(parts, NAMED + sql if dialect == "postgresql" else sql, *columns))
    for name, (sql, columns) in (_TREES if dialect == "postgresql" else {}).items():
        yield check(name, "", about(parts, TREE + sql, *columns))
    if identities := [part for part in parts if isinstance(part, Identity)]:
        yield check("name_of_several", "", about(identities, _TENANTS[dialect] + _SEVERAL, "table", "columns"))
