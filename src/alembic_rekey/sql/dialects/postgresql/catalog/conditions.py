"""What PostgreSQL asks of a row: how long its values are, the domains that they belong to, and CHECK constraints."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Connection, Table, text

from alembic_rekey.sql.dialects.constraints import Condition, Conditions, Kept, Room
from alembic_rekey.sql.expressions import quoted

__all__ = ["conditions"]

# A cast to a domain refuses, one to its base type does not: `kept` is the type behind all domains.
# Not asked: what a generated column or the table as a whole is compared with, what a function computes that may read
# other rows, and what is not inherited where rows of heirs are changed too. What one partition alone has is asked of
# the rows that would stand there, and whether there is a partition for them.
_CONDITIONS = text(
    """
    WITH RECURSIVE asked AS (
      SELECT named.place, CAST(to_regclass(named.name) AS oid) AS member
      FROM json_array_elements_text(CAST(:tables AS json)) WITH ORDINALITY AS named (name, place)
    ), tree (place, root, member, holds) AS (
      SELECT asked.place, asked.member, asked.member, CAST(NULL AS text) FROM asked
      UNION ALL
      SELECT tree.place, tree.root, known.oid, coalesce(pg_get_partition_constraintdef(known.oid), 'true')
      FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member
      JOIN pg_catalog.pg_class AS known ON known.oid = below.inhrelid AND known.relispartition
    ), telling AS (
      SELECT DISTINCT tree.place, known.attname
      FROM tree JOIN pg_catalog.pg_partitioned_table AS parted ON parted.partrelid = tree.member
      JOIN pg_catalog.pg_attribute AS known
        ON known.attrelid = parted.partrelid AND known.attnum > 0 AND NOT known.attisdropped
          AND (known.attnum = ANY (parted.partattrs) OR 0 = ANY (parted.partattrs))
    ), typed (place, attnum, attname, type, modifier, rules) AS (
      SELECT asked.place, known.attnum, known.attname, known.atttypid, known.atttypmod, known.attcollation
      FROM asked JOIN pg_catalog.pg_attribute AS known
        ON known.attrelid = asked.member AND known.attnum > 0 AND NOT known.attisdropped
      UNION ALL
      SELECT typed.place, typed.attnum, typed.attname, domain.typbasetype, domain.typtypmod, typed.rules
      FROM typed JOIN pg_catalog.pg_type AS domain ON domain.oid = typed.type AND domain.typtype = 'd'
    ), told AS (
      SELECT typed.place, 0 AS kind, typed.attname AS name, format_type(typed.type, typed.modifier) AS said,
             CASE WHEN base.oid IN (CAST('varchar' AS regtype), CAST('bpchar' AS regtype)) AND typed.modifier > 4
               THEN typed.modifier - 4 END AS length,
             CAST(NULL AS json) AS covered, typed.attnum AS nth, (
               SELECT quote_ident(space.nspname) || '.' || quote_ident(rules.collname)
               FROM pg_catalog.pg_collation AS rules
               JOIN pg_catalog.pg_namespace AS space ON space.oid = rules.collnamespace
               WHERE rules.oid = typed.rules AND rules.oid <> base.typcollation
             ) AS collation
      FROM typed JOIN pg_catalog.pg_type AS base ON base.oid = typed.type AND base.typtype <> 'd'
      UNION ALL
      SELECT typed.place, 1, 'of the domain ' || format_type(typed.type, NULL),
             quote_ident(typed.attname) || ' IS NOT NULL', NULL, json_build_array(typed.attname), typed.attnum, NULL
      FROM typed JOIN pg_catalog.pg_type AS domain ON domain.oid = typed.type AND domain.typnotnull
      UNION ALL
      SELECT typed.place, 1, made.conname || ' of the domain ' || format_type(typed.type, NULL),
             '(SELECT ' || pg_get_expr(made.conbin, 0) || ' FROM (SELECT ' || quote_ident(typed.attname)
             || ' AS value) AS rekey_domain)',
             NULL, json_build_array(typed.attname), typed.attnum, NULL
      FROM typed JOIN pg_catalog.pg_constraint AS made ON made.contypid = typed.type AND made.contype = 'c'
      WHERE NOT EXISTS (SELECT 1 FROM reading WHERE reading.made = made.oid)
      UNION ALL
      SELECT asked.place, 2, made.conname, pg_get_expr(made.conbin, made.conrelid), NULL,
             (SELECT json_agg(known.attname) FROM pg_catalog.pg_attribute AS known
              WHERE known.attrelid = made.conrelid AND known.attnum = ANY (made.conkey)), 0, NULL
      FROM asked JOIN pg_catalog.pg_constraint AS made ON made.conrelid = asked.member AND made.contype = 'c'
      WHERE coalesce(to_jsonb(made) ->> 'conenforced', 'true') = 'true' AND NOT 0 >= ANY (made.conkey)
        AND NOT (made.connoinherit AND EXISTS (
          SELECT 1 FROM pg_catalog.pg_inherits AS below WHERE below.inhparent = made.conrelid
        ))
        AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_attribute AS known
          WHERE known.attrelid = made.conrelid AND known.attnum = ANY (made.conkey) AND known.attgenerated <> ''
        )
        AND NOT EXISTS (SELECT 1 FROM reading WHERE reading.made = made.oid)
      UNION ALL
      SELECT tree.place, 2, made.conname || ' of the partition ' || CAST(CAST(tree.member AS regclass) AS text),
             'NOT (' || tree.holds || ') OR (' || pg_get_expr(made.conbin, made.conrelid) || ')', NULL,
             (SELECT json_agg(own.attname) FROM (
                SELECT known.attname FROM pg_catalog.pg_attribute AS known
                WHERE known.attrelid = made.conrelid AND known.attnum = ANY (made.conkey)
                UNION SELECT telling.attname FROM telling WHERE telling.place = tree.place
              ) AS own), 0, NULL
      FROM tree JOIN pg_catalog.pg_constraint AS made
        ON made.conrelid = tree.member AND made.contype = 'c' AND made.coninhcount = 0
      WHERE tree.holds IS NOT NULL AND coalesce(to_jsonb(made) ->> 'conenforced', 'true') = 'true'
        AND NOT 0 >= ANY (made.conkey)
        AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_attribute AS known
          WHERE known.attrelid = made.conrelid AND known.attnum = ANY (made.conkey) AND known.attgenerated <> ''
        )
        AND NOT EXISTS (SELECT 1 FROM reading WHERE reading.made = made.oid)
      UNION ALL
      SELECT tree.place, 2, 'of its partitions, none of which takes such a row',
             coalesce(string_agg('(' || tree.holds || ')', ' OR ') FILTER (WHERE leaf.relkind <> 'p'), 'false'), NULL,
             (SELECT json_agg(telling.attname) FROM telling WHERE telling.place = tree.place), 0, NULL
      FROM tree JOIN pg_catalog.pg_class AS root ON root.oid = tree.root AND root.relkind = 'p'
      JOIN pg_catalog.pg_class AS leaf ON leaf.oid = tree.member
      GROUP BY tree.place
      UNION ALL
      SELECT asked.place, 3, known.attname, NULL, NULL, NULL, known.attnum, NULL
      FROM asked JOIN pg_catalog.pg_attribute AS known
        ON known.attrelid = asked.member AND known.attnum > 0 AND known.attnotnull AND known.attgenerated = ''
    ), reading AS (
      SELECT needs.objid AS made
      FROM pg_catalog.pg_depend AS needs
      JOIN pg_catalog.pg_proc AS called ON called.oid = needs.refobjid AND called.provolatile <> 'i'
      WHERE needs.classid = CAST('pg_catalog.pg_constraint' AS regclass)
        AND needs.refclassid = CAST('pg_catalog.pg_proc' AS regclass)
    )
    SELECT asked.place - 1, told.kind, CAST(told.name AS text), told.said, told.length, CAST(told.covered AS text),
           told.collation, NOT EXISTS (
             SELECT 1 FROM pg_catalog.pg_trigger AS fires
             WHERE fires.tgrelid = asked.member AND fires.tgtype & 7 = 7 AND fires.tgenabled <> 'D'
           )
    FROM asked JOIN told ON told.place = asked.place
    ORDER BY asked.place, told.kind, told.nth, told.name COLLATE "C"
    """
)
_COLUMN, _REQUIRED = 0, 3
_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_DIGITS = re.compile(r"numeric\((\d+),(-?\d+)\)")


def conditions(connection: Connection, sources: Sequence[Table]) -> list[Conditions]:
    """Return what a row of each of `sources` must be, and the types behind its columns."""
    names = json.dumps([quoted(source.name, source.schema) for source in sources])
    asked: list[list[Condition]] = [[] for _ in sources]
    kept: list[dict[str, Kept]] = [{} for _ in sources]
    required: list[list[str]] = [[] for _ in sources]
    as_given = [True] * len(sources)
    for place, kind, name, said, length, covered, collation, given in connection.execute(
        _CONDITIONS, {"tables": names}
    ):
        as_given[place] = given
        if kind == _COLUMN:
            kept[place][name] = Kept(said, length, _room(said), collation or "")
        elif kind == _REQUIRED:
            required[place].append(name)
        else:
            asked[place].append(Condition(name, said, frozenset(json.loads(covered))))
    told = zip(asked, kept, required, as_given, strict=True)
    return [Conditions(tuple(each), of, tuple(needs), given) for each, of, needs, given in told]


def _room(said: str) -> Room | None:
    """Return what fits into a type as the catalog says it, `integer` or `numeric(5,2)`; None of all others."""
    if said in _BITS:
        most = 2 ** _BITS[said] - 1
        return Room(Decimal(-most - 1), Decimal(most), 0)
    if (digits := _DIGITS.fullmatch(said)) is None:
        return None
    precision, scale = map(int, digits.groups())
    most_of_all = Decimal(10**precision - 1).scaleb(-scale)
    return Room(-most_of_all, most_of_all, scale)
