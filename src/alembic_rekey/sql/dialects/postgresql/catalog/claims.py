"""What PostgreSQL is asked about the tables of a spec: SQL behind a `WITH` that lists them as `rekey_part`."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_rekey.sql.dialects.question import Question

__all__ = ["DEFAULTS", "TABLE_CLAIMS", "TREE", "UNIQUE_COLUMNS", "UNIQUE_KEYS", "UNIQUE_NAMES"]

_NAMED = Question(
    "SELECT part.*, CAST(to_regclass(part.quoted) AS oid) AS member FROM rekey_part AS part",
    ("noun", "table", "quoted", "keys", "name", "deletable", "apart", "member"),
    name="rekey_named",
)
"""The parts with their tables in the catalog."""

TREE = Question(
    """SELECT named."table", named.deletable, named.member AS root, named.member FROM rekey_named AS named
      UNION
      SELECT tree."table", tree.deletable, tree.root, below.inhrelid
      FROM rekey_tree AS tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member""",
    ("table", "deletable", "root", "member"),
    (_NAMED,),
    "rekey_tree",
)
"""The same, with all tables that are partitions of one or inherit from it."""

TABLE_CLAIMS: Mapping[str, Question] = {
    "not_a_table": Question(
        """SELECT part."table", CASE known.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
          WHEN 'f' THEN 'a foreign table' ELSE 'no table' END AS what
        FROM rekey_named AS part JOIN pg_catalog.pg_class AS known ON known.oid = part.member
        WHERE known.relkind NOT IN ('r', 'p')""",
        ("table", "what"),
        (_NAMED,),
    ),
    "not_text": Question(
        """SELECT part.noun, part."table", known.attname AS "column",
          format_type(known.atttypid, known.atttypmod) AS type
        FROM rekey_named AS part
        JOIN pg_catalog.pg_attribute AS known
          ON known.attrelid = part.member AND known.attname = part.name AND known.attnum > 0
        JOIN pg_catalog.pg_type AS type ON type.oid = known.atttypid AND type.typcategory <> 'S'""",
        ("noun", "table", "column", "type"),
        (_NAMED,),
    ),
    # About each table and all that are partitions of it or inherit from it.
    "foreign_partition": Question(
        """SELECT tree."table", tree.member::regclass::text AS partition
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'f'
        WHERE tree.member <> tree.root""",
        ("table", "partition"),
        (TREE,),
    ),
    "inherited": Question(
        """SELECT DISTINCT tree."table", tree.member::regclass::text AS heir
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND NOT known.relispartition
        WHERE tree.member <> tree.root AND known.relkind <> 'f' AND tree.deletable <> ''""",
        ("table", "heir"),
        (TREE,),
    ),
    "rewritten": Question(
        """SELECT tree.member::regclass::text AS "table", rule.rulename AS rule
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind IN ('r', 'p')
        JOIN pg_catalog.pg_rewrite AS rule
          ON rule.ev_class = tree.member AND rule.ev_type <> '1' AND rule.ev_enabled <> 'D'""",
        ("table", "rule"),
        (TREE,),
    ),
    "row_security": Question(
        """SELECT seen.member::regclass::text AS "table", current_user::text AS account
        FROM (
          SELECT root AS member FROM rekey_tree
          UNION
          SELECT fk.conrelid FROM rekey_tree AS tree
          JOIN pg_catalog.pg_constraint AS fk ON fk.contype = 'f' AND fk.confrelid = tree.member
        ) AS seen
        WHERE seen.member IS NOT NULL AND row_security_active(seen.member)""",
        ("table", "account"),
        (TREE,),
    ),
    "not_validated": Question(
        """SELECT DISTINCT tree.member::regclass::text AS "table", made.conname::text AS constraint
        FROM rekey_tree AS tree
        JOIN pg_catalog.pg_constraint AS made ON made.conrelid = tree.member AND NOT made.convalidated
          AND coalesce(to_jsonb(made) ->> 'conenforced', 'true') = 'true'""",
        ("table", "constraint"),
        (TREE,),
    ),
    "no_replica_identity": Question(
        r"""SELECT DISTINCT tree.member::regclass::text AS "table", made.pubname::text AS publication,
          'it has no replica identity' AS what
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
        )
        UNION
        SELECT told."table", told.publication, CASE
            WHEN told.whole THEN 'it lists columns, which no table with REPLICA IDENTITY FULL may have listed'
            ELSE concat(CASE WHEN told.identifies THEN 'the columns that it lists lack ' ELSE 'its WHERE reads ' END,
              quote_ident(told.attname), ', which is ', CASE WHEN NOT told.identifies THEN 'not ' END,
              'of the replica identity')
          END AS what
        FROM (
          SELECT tree.member::regclass::text AS "table", made.pubname::text AS publication, field.attname,
            known.relreplident = 'f' OR EXISTS (
              SELECT 1 FROM pg_catalog.pg_index AS found JOIN pg_catalog.pg_attribute AS own
                ON own.attrelid = found.indrelid AND own.attnum = ANY (found.indkey) AND own.attname = field.attname
              WHERE found.indrelid = known.oid
                AND CASE known.relreplident WHEN 'd' THEN found.indisprimary ELSE found.indisreplident END
            ) AS identifies,
            CASE WHEN to_jsonb(of_it) ->> 'prattrs' IS NOT NULL
              THEN known.relreplident <> 'f' AND to_jsonb(of_it) ->> 'prattrs' ~ concat('\m', field.attnum, '\M')
            END AS listed, known.relreplident = 'f' AS whole, EXISTS (
              SELECT 1 FROM pg_catalog.pg_depend AS needs
              WHERE needs.classid = CAST('pg_catalog.pg_publication_rel' AS regclass) AND needs.objid = of_it.oid
                AND needs.refobjid = of_it.prrelid AND needs.refobjsubid = field.attnum
            ) AS needed
          FROM rekey_tree AS tree
          JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'r'
            AND known.relreplident <> 'n'
          JOIN pg_catalog.pg_publication AS made ON made.pubupdate OR (made.pubdelete AND tree.deletable <> '')
          JOIN pg_catalog.pg_publication_rel AS of_it ON of_it.prpubid = made.oid
            AND (of_it.prrelid = known.oid OR of_it.prrelid IN (SELECT pg_partition_ancestors(known.oid)))
          JOIN pg_catalog.pg_attribute AS field
            ON field.attrelid = of_it.prrelid AND field.attnum > 0 AND NOT field.attisdropped
        ) AS told
        WHERE CASE WHEN told.identifies THEN NOT told.listed ELSE told.needed AND told.listed IS NOT TRUE END""",
        ("table", "publication", "what"),
        (TREE,),
    ),
}

# The index of a table knows no rows of those that inherit from it.
UNIQUE_KEYS = Question(
    """SELECT part.noun FROM rekey_named AS part
        JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member
        WHERE made.indisunique AND made.indisvalid AND made.indpred IS NULL
          AND NOT EXISTS (
            SELECT 1 FROM unnest(made.indkey) WITH ORDINALITY AS at (number, place)
            LEFT JOIN pg_catalog.pg_attribute AS of ON of.attrelid = made.indrelid AND of.attnum = at.number
              AND of.attname IN (SELECT jsonb_array_elements_text(CAST(part."keys" AS jsonb)))
            WHERE at.place <= made.indnkeyatts AND of.attnum IS NULL
          )
          AND NOT EXISTS (
            SELECT 1 FROM pg_catalog.pg_inherits AS below
            JOIN pg_catalog.pg_class AS heir ON heir.oid = below.inhrelid AND NOT heir.relispartition
            WHERE below.inhparent = made.indrelid
          )""",
    ("noun",),
    (_NAMED,),
)
"""The parts whose key is one, as a constraint says."""

UNIQUE_COLUMNS = Question(
    """SELECT part.noun, CAST(CAST(made.indexrelid AS regclass) AS text) AS called, of.attname AS "column"
        FROM rekey_named AS part
        JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique AND made.indisvalid
          AND made.indimmediate AND made.indpred IS NULL
        CROSS JOIN LATERAL unnest(made.indkey) WITH ORDINALITY AS at (number, place)
        LEFT JOIN pg_catalog.pg_attribute AS of ON of.attrelid = made.indrelid AND of.attnum = at.number
        WHERE at.place <= made.indnkeyatts""",
    ("noun", "called", "column"),
    (_NAMED,),
)
"""What the unique indexes compare that are asked row by row and about all, a line per column; NULL: an expression."""

_TERMS = Question(
    """SELECT made.indexrelid, made.indrelid, at.number
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
             AND needs.refobjid = made.indrelid""",
    ("indexrelid", "indrelid", "number"),
    (_NAMED,),
    "rekey_term",
)
"""The columns that the unique indexes cover."""

UNIQUE_NAMES = Question(
    """SELECT part.noun, part."table", made.indexrelid, CAST(made.indpred IS NOT NULL AS integer) AS partial,
            (SELECT count(*) FROM unnest(made.indkey) WITH ORDINALITY AS at (number, place)
             WHERE at.place <= made.indnkeyatts AND NOT EXISTS (
               SELECT 1 FROM pg_catalog.pg_attribute AS term
               WHERE term.attrelid = made.indrelid AND term.attnum = at.number
                 AND term.attname IN (SELECT jsonb_array_elements_text(CAST(part.apart AS jsonb)))
             )) AS parts,
            CAST(bool_or(
              known.attname <> part.name
              AND known.attname NOT IN (SELECT jsonb_array_elements_text(CAST(part.apart AS jsonb)))
            ) AS integer) AS others,
            CAST(bool_or(known.attname = part.name) AS integer) AS names,
            CAST(bool_or(
              known.attname IN (SELECT jsonb_array_elements_text(CAST(part."keys" AS jsonb)))
            ) AS integer) AS keyed,
            (SELECT string_agg(pg_get_indexdef(made.indexrelid, place, true), ', ' ORDER BY place)
             FROM generate_series(1, made.indnkeyatts) AS place) AS columns
          FROM rekey_named AS part
          JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique
          JOIN rekey_term AS term ON term.indexrelid = made.indexrelid
          JOIN pg_catalog.pg_attribute AS known ON known.attrelid = term.indrelid AND known.attnum = term.number
          GROUP BY part.noun, part."table", part.apart, made.indexrelid, made.indrelid, made.indkey,
            made.indpred IS NOT NULL, made.indnkeyatts""",
    ("noun", "table", "indexrelid", "partial", "parts", "others", "names", "keyed", "columns"),
    (_NAMED, _TERMS),
    "rekey_unique",
)
"""The unique indexes, as `rekey_unique`."""

DEFAULTS = Question(
    """SELECT DISTINCT part."table", CAST(known.attname AS text) AS "column",
              coalesce(pg_get_expr(made.adbin, made.adrelid), 'NULL') AS said
            FROM rekey_named AS part
            JOIN pg_catalog.pg_attribute AS known
              ON known.attrelid = part.member AND known.attnum > 0 AND NOT known.attisdropped
                AND known.attgenerated = '' AND known.attidentity = ''
            JOIN pg_catalog.pg_type AS of_type ON of_type.oid = known.atttypid AND of_type.typdefault IS NULL
            LEFT JOIN pg_catalog.pg_attrdef AS made ON made.adrelid = known.attrelid AND made.adnum = known.attnum
            WHERE NOT EXISTS (
              SELECT 1 FROM pg_catalog.pg_trigger AS fires
              WHERE fires.tgrelid = part.member AND fires.tgtype & 4 <> 0 AND NOT fires.tgisinternal
                AND fires.tgenabled <> 'D'
            )""",
    ("table", "column", "said"),
    (_NAMED,),
)
"""A domain may have a default of its own."""
