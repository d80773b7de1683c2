"""What the catalog of PostgreSQL says of columns and foreign keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    Column,
    ColumnElement,
    Executable,
    String,
    Table,
    TableClause,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.spec import Relation
from alembic_rekey.spec.stamp import Epoch, Stamp
from alembic_rekey.sql.dialects.lines import as_number, place_in
from alembic_rekey.sql.expressions import quoted
from alembic_rekey.sql.references import Refers
from alembic_rekey.sql.registry_text import RegistryText

__all__ = ["as_made", "columns", "foreign_keys", "mistyped_times", "needed", "strange_labels"]

_FIELDS = "attname attnum attrelid atttypid atttypmod attgenerated attidentity attnotnull atthasdef attisdropped"
_ATTRIBUTES = table("pg_attribute", *map(column, _FIELDS.split()), schema="pg_catalog").alias("rekey_attribute")
_TYPES = table("pg_type", *map(column, ("oid", "typcategory")), schema="pg_catalog")
# As one join of ten tables it takes longer to plan than all else that an upgrade asks about foreign keys.
_KEYS = text(
    """
    WITH RECURSIVE tree (member) AS (
      SELECT CAST(to_regclass(CAST(:parent AS TEXT)) AS oid)
      UNION
      SELECT below.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member
    ),
    fk AS MATERIALIZED (
      SELECT made.oid, made.conrelid, made.confrelid, made.conkey, made.confkey
      FROM pg_catalog.pg_constraint AS made
      WHERE made.contype = 'f' AND made.confrelid IN (SELECT member FROM tree) AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint AS made_for
        WHERE made_for.oid = made.conparentid AND made_for.confrelid IN (SELECT member FROM tree)
      )
    )
    SELECT namespace.nspname AS schema, child.relname AS child, of_parent.nspname AS parent_schema,
           parent.relname AS parent, fk.oid AS number, (
             WITH RECURSIVE above (member) AS (
               SELECT fk.conrelid
               UNION
               SELECT up.inhparent FROM above JOIN pg_catalog.pg_inherits AS up ON up.inhrelid = above.member
             )
             SELECT string_agg(CAST(named.place - 1 AS TEXT), ',')
             FROM json_array_elements_text(CAST(:children AS json)) WITH ORDINALITY AS named (name, place)
             JOIN above ON above.member = to_regclass(named.name)
           ) AS belongs,
           (
             SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = fk.conrelid AND attnum = pair.field
           ) AS field,
           (
             SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = fk.confrelid AND attnum = pair.target
           ) AS target
    FROM fk
    JOIN pg_catalog.pg_class AS child ON child.oid = fk.conrelid
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = child.relnamespace
    JOIN pg_catalog.pg_class AS parent ON parent.oid = fk.confrelid
    JOIN pg_catalog.pg_namespace AS of_parent ON of_parent.oid = parent.relnamespace
    CROSS JOIN LATERAL unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair(field, target, place)
    ORDER BY namespace.nspname, child.relname, fk.oid, pair.place
    """
)


def columns(asked: CTE) -> Relation:
    """Return the columns of the tables that are asked for."""
    attribute, of_type = _ATTRIBUTES, _TYPES.alias("rekey_type")
    return (
        select(
            asked.c.table,
            cast(attribute.c.attname, Text).label("name"),
            place_in(asked, attribute.c.attnum),
            func.format_type(attribute.c.atttypid, attribute.c.atttypmod).label("type"),
            func.format_type(attribute.c.atttypid, None).label("plain"),
            cast(of_type.c.typcategory, Text).label("kind"),
            as_number(cast(attribute.c.attgenerated, Text) != "").label("generated"),
            as_number(
                or_(cast(attribute.c.attgenerated, Text) != "", cast(attribute.c.attidentity, Text) == "a")
            ).label("always"),
        )
        .join_from(asked, attribute, _of_table(asked.c.quoted))
        .join(of_type, of_type.c.oid == attribute.c.atttypid)
    )


def needed(source: Table, keys: Sequence[str]) -> Relation:
    """Return the columns that take no NULL or are `keys`, and which of them the database fills."""
    attribute = _ATTRIBUTES
    there = _of_table(literal(quoted(source.name, source.schema), Text()))
    filled = or_(attribute.c.atthasdef, cast(attribute.c.attidentity, Text) != "")
    name = cast(attribute.c.attname, Text)
    columns = select(name.label("name"), as_number(filled).label("filled"))
    return columns.where(there, or_(attribute.c.attnotnull, name.in_(keys)))


def foreign_keys(parent: Table, children: Sequence[Table]) -> Executable:
    """Return the question for the foreign keys that lead to `parent`."""
    names = json.dumps([quoted(child.name, child.schema) for child in children])
    return _KEYS.bindparams(parent=quoted(parent.name, parent.schema), children=names)


@compiles(Refers, "postgresql")
def _refers(element: Refers, compiler: SQLCompiler, **kw: Any) -> str:
    child, column, parent, target = (
        compiler.process(literal(str(name), Text()), **kw)
        for name in (
            quoted(element.child.table.name, element.child.table.schema),
            element.child.name,
            quoted(element.parent.table.name, element.parent.table.schema),
            element.parent.name,
        )
    )
    place = "(SELECT array_agg(attnum) FROM pg_catalog.pg_attribute WHERE attrelid = {} AND attname = {})"
    return (
        "EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS fk WHERE fk.contype = 'f' "  # noqa: S608  # the same
        f"AND fk.conrelid = to_regclass({child}) AND fk.confrelid = to_regclass({parent}) "
        f"AND fk.conkey = {place.format('fk.conrelid', column)} "
        f"AND fk.confkey = {place.format('fk.confrelid', target)})"
    )


def mistyped_times(stamps: Sequence[tuple[Table, Stamp]], stored: CTE) -> list[Relation]:
    """Return the columns of times whose type is of another kind than the declared one."""
    if not stamps:
        return []
    times = values(*(column(name, RegistryText()) for name in ("table", "column", "kind", "declared"))).data(
        [(str(source.name), str(stamp.name), *_category(stamp)) for source, stamp in stamps]
    )
    declared = times.cte("rekey_time")
    same = and_(stored.c.table == declared.c.table, stored.c.name == declared.c.column)
    found = select(declared.c.table, declared.c.column, declared.c.declared, stored.c.plain.label("type"))
    return [found.join_from(declared, stored, same).where(stored.c.kind != declared.c.kind)]


def strange_labels(words: Sequence[tuple[Table, str, str]], stored: CTE) -> list[Relation]:
    """Return the words that their columns, of an enum, have no label for."""
    if not words:
        return []
    given = (
        values(*(column(name, RegistryText()) for name in ("table", "column", "word")))
        .data([(str(source.name), name, word) for source, name, word in words])
        .cte("rekey_word")
    )
    names = ("enumtypid", "enumlabel", "enumsortorder")
    label = table("pg_enum", *map(column, names), schema="pg_catalog").alias("rekey_label")
    said = cast(label.c.enumlabel, Text)
    in_order = aggregate_order_by(literal(", ", Text()), label.c.enumsortorder)
    found = (
        select(given, stored.c.plain.label("type"), func.string_agg(said, in_order).label("labels"))
        .join_from(given, stored, and_(stored.c.table == given.c.table, stored.c.name == given.c.column))
        # A domain has no labels of its own.
        .join(label, label.c.enumtypid == func.to_regtype(stored.c.plain))
        .where(stored.c.kind == "E")
        .group_by(*given.c, stored.c.plain)
    )
    return [found.having(not_(func.bool_or(said == given.c.word)))]


def _category(stamp: Stamp) -> tuple[str, str]:
    """Return what the catalog calls the kind of type that a column of times is declared with, and what we do."""
    if isinstance(stamp, Epoch):
        return "N", "a number"
    return ("S", "a text") if isinstance(stamp.type, String) else ("D", "a time")


def _of_table(quoted: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a line of PostgreSQL's catalog is a column of a table, `quoted` with its schema."""
    known = _ATTRIBUTES.c
    return and_(known.attrelid == func.to_regclass(quoted), known.attnum > 0, ~known.attisdropped)


def as_made(keys: Sequence[Column[Any]], made: TableClause) -> Relation:
    """Return the keys of the rows that are as they were made, whatever columns they have."""
    now = keys[0].table.alias("rekey_now")
    stored = [made.c[str(key.name)] for key in keys]
    same = and_(*(mine == now.c[key.key] for mine, key in zip(stored, keys, strict=True)))
    # Not every type has an equality, but every row has a text.
    whole = literal_column(f"CAST(ROW({made.name}.*) AS TEXT) = CAST(ROW(rekey_now.*) AS TEXT)", Boolean())
    generated = (
        select(func.array_agg(cast(_ATTRIBUTES.c.attname, Text)))
        .where(_of_table(literal(quoted(keys[0].table.name, keys[0].table.schema), Text())))
        .where(cast(_ATTRIBUTES.c.attgenerated, Text) != "")
        .scalar_subquery()
    )
    # The database changes these itself. Not every row is JSON as it stands: only where there are some.
    rows = (literal_column(f"to_jsonb({name}.*)", JSONB()).op("-")(generated) for name in (made.name, now.name))
    written = (cast(row, Text) for row in rows)
    alike = case((generated.is_(None), whole), else_=next(written) == next(written))
    return select(*stored).join_from(made, now, same).where(alike)
