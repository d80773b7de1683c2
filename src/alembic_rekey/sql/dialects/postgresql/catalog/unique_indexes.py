"""Unique indexes as the catalog of PostgreSQL has them, and what a revision declares of exclusion constraints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, Table, TextClause, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint, dialect
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.expressions import quoted

__all__ = ["declared_exclusions", "unique_indexes"]

# What one partition alone has is asked of the rows that would stand there.
_INDEXES = text(
    """
    WITH RECURSIVE tree (member, holds) AS (
      SELECT CAST(to_regclass(CAST(:quoted AS text)) AS oid), CAST(NULL AS text)
      UNION ALL
      SELECT known.oid, coalesce(pg_get_partition_constraintdef(known.oid), 'true')
      FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member
      JOIN pg_catalog.pg_class AS known ON known.oid = below.inhrelid AND known.relispartition
    )
    SELECT CAST(CAST(made.indexrelid AS regclass) AS text) AS name, (
             SELECT CAST(json_agg(
               '(' || pg_get_indexdef(made.indexrelid, CAST(place AS integer), false) || ')'
               || coalesce(' COLLATE ' || quote_ident(space.nspname) || '.' || quote_ident(rules.collname), '')
               ORDER BY place
             ) AS text)
             FROM generate_series(1, made.indnkeyatts) AS place
             LEFT JOIN pg_catalog.pg_collation AS rules ON rules.oid = made.indcollation[place - 1]
             LEFT JOIN pg_catalog.pg_namespace AS space ON space.oid = rules.collnamespace
           ) AS expressions,
           concat_ws(' AND ', tree.holds, '(' || pg_get_expr(made.indpred, made.indrelid) || ')') AS condition, (
             SELECT CAST(json_agg(known.attname) AS text)
             FROM generate_series(1, made.indnkeyatts) AS place
             JOIN pg_catalog.pg_attribute AS known
               ON known.attrelid = made.indrelid AND known.attnum = made.indkey[place - 1]
             LEFT JOIN pg_catalog.pg_collation AS rules ON rules.oid = made.indcollation[place - 1]
             WHERE coalesce(rules.collisdeterministic, true) AND known.atttypid <> coalesce(to_regtype('citext'), 0)
           ) AS plain, (
             SELECT CAST(json_agg(known.attname) AS text)
             FROM pg_catalog.pg_attribute AS known
             WHERE known.attrelid = made.indrelid AND (known.attnum = ANY (made.indkey) OR EXISTS (
               SELECT 1 FROM pg_catalog.pg_depend AS needs
               WHERE needs.classid = CAST('pg_catalog.pg_class' AS regclass) AND needs.objid = made.indexrelid
                 AND needs.refobjid = made.indrelid AND needs.refobjsubid = known.attnum
             ) OR tree.holds IS NOT NULL AND EXISTS (
               SELECT 1 FROM pg_partition_ancestors(made.indrelid) AS above
               JOIN pg_catalog.pg_partitioned_table AS parted ON parted.partrelid = above.relid
               LEFT JOIN pg_catalog.pg_attribute AS telling
                 ON telling.attrelid = above.relid AND telling.attnum = ANY (parted.partattrs)
               WHERE 0 = ANY (parted.partattrs) OR telling.attname = known.attname
             ))
           ) AS covered,
           coalesce(to_jsonb(made) ->> 'indnullsnotdistinct', 'false') = 'false' AS nulls_differ, (
             SELECT CAST(json_agg(json_build_array(known.attname, pg_get_expr(text.adbin, text.adrelid))) AS text)
             FROM pg_catalog.pg_attribute AS known
             JOIN pg_catalog.pg_attrdef AS text ON text.adrelid = known.attrelid AND text.adnum = known.attnum
             WHERE known.attrelid = made.indrelid AND known.attgenerated <> ''
           ) AS generated, EXISTS (
             SELECT 1 FROM pg_catalog.pg_inherits AS below
             JOIN pg_catalog.pg_class AS whole ON whole.oid = below.inhparent AND whole.relkind = 'r'
             WHERE below.inhparent = made.indrelid
           ) AS has_heirs, (
             SELECT CAST(json_agg(
               'OPERATOR(' || quote_ident(space.nspname) || '.' || own.oprname || ')' ORDER BY each.place
             ) AS text)
             FROM pg_catalog.pg_constraint AS excluding
             CROSS JOIN LATERAL unnest(excluding.conexclop) WITH ORDINALITY AS each (operator, place)
             JOIN pg_catalog.pg_operator AS own ON own.oid = each.operator
             JOIN pg_catalog.pg_namespace AS space ON space.oid = own.oprnamespace
             WHERE excluding.conindid = made.indexrelid
           ) AS operators, made.indimmediate AS immediate
    FROM tree JOIN pg_catalog.pg_index AS made ON made.indrelid = tree.member
    WHERE made.indisvalid AND (made.indisunique OR made.indisexclusion) AND (tree.holds IS NULL OR NOT EXISTS (
      SELECT 1 FROM pg_catalog.pg_inherits AS of_all WHERE of_all.inhrelid = made.indexrelid
    ))
    ORDER BY 1
    """
)


def unique_indexes(connection: Connection, source: Table) -> Iterator[UniqueIndex]:
    """Yield the unique indexes and constraints of `source`, that of its key included, and exclusion constraints.

    Of its partitions those that they do not share, about the rows that belong there.
    """
    asked = {"quoted": quoted(source.name, source.schema)}
    found = connection.execute(_INDEXES, asked)
    for name, expressions, condition, plain, covered, nulls_differ, made, has_heirs, excluding, immediate in found:
        compared, needed = (frozenset(json.loads(names or "[]")) for names in (plain, covered))
        generated = tuple((column, said) for column, said in json.loads(made or "[]") if column in needed)
        only = asked["quoted"] if has_heirs else ""
        terms = tuple(json.loads(expressions))
        yield UniqueIndex(
            name,
            terms,
            condition or None,
            compared,
            needed,
            nulls_differ,
            generated,
            tuple(json.loads(excluding or "[]")),
            immediate,
            only,
        )


def declared_exclusions(source: Table) -> list[UniqueIndex]:
    """Return the exclusion constraints that `source` is declared with."""
    return [_declared(one) for one in source.constraints if isinstance(one, ExcludeConstraint)]


def _declared(constraint: ExcludeConstraint) -> UniqueIndex:
    # SQLAlchemy itself compiles it of these: what is no plain column stands nowhere else.
    terms: Any = constraint._render_exprs
    where: Any = constraint.where
    read = [expression for expression, _, _ in terms] + ([] if where is None else [where])
    elements = [element for each in read for element in iterate(each)]
    only_text = any(isinstance(each, TextClause) for each in elements)
    return UniqueIndex(
        str(constraint.name or "EXCLUDE"),
        tuple(f"({_said(expression)})" for expression, _, _ in terms),
        None if where is None else _said(where),
        frozenset(),
        None if only_text else frozenset(str(each.name) for each in elements if isinstance(each, Column)),
        nulls_differ=True,
        operators=tuple(operator for _, _, operator in terms),
    )


def _said(expression: ClauseElement) -> str:
    how = {"literal_binds": True, "include_table": False}
    # What would stand for a parameter is written as it is.
    return str(expression.compile(dialect=dialect(paramstyle="named"), compile_kwargs=how))  # type: ignore[no-untyped-call]  # SQLAlchemy's own
