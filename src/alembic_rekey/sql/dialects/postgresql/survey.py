"""Looking at a database of PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    Enum,
    FromClause,
    String,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, JSONB
from sqlalchemy.types import JSON, TypeEngine

from alembic_rekey.sql.dialects.survey import Standing, Survey, Unindexed
from alembic_rekey.sql.expressions import quoted

__all__ = ["PostgreSQLSurvey"]

_TABLES = text(
    """
    WITH RECURSIVE tree (root, member) AS (
      SELECT known.oid, known.oid FROM pg_catalog.pg_class AS known
      JOIN pg_catalog.pg_namespace AS space ON space.oid = known.relnamespace
      WHERE known.relkind IN ('r', 'p') AND NOT known.relispartition
        AND space.nspname <> 'information_schema' AND left(space.nspname, 3) <> 'pg_'
        AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_depend AS needs
          WHERE needs.classid = CAST('pg_catalog.pg_class' AS regclass) AND needs.objid = known.oid
            AND needs.deptype = 'e'
        )
      UNION ALL
      SELECT tree.root, below.inhrelid FROM tree
      JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member
      JOIN pg_catalog.pg_class AS part ON part.oid = below.inhrelid AND part.relispartition
    ), members AS (
      SELECT tree.root, member.oid,
             CASE WHEN pg_table_is_visible(member.oid) THEN NULL ELSE space.nspname END AS schema,
             member.relname AS name,
             CASE WHEN member.relkind <> 'r' THEN 0
                  WHEN member.reltuples > 0 AND member.relpages > 0
                  THEN member.reltuples / member.relpages * (pg_relation_size(member.oid) / 8192.0)
                  ELSE pg_relation_size(member.oid) / 100.0 END AS rows
      FROM tree JOIN pg_catalog.pg_class AS member ON member.oid = tree.member
      JOIN pg_catalog.pg_namespace AS space ON space.oid = member.relnamespace
    )
    SELECT root.schema, root.name, CAST(sum(members.rows) AS bigint) AS rows,
           CAST(json_agg(json_build_array(members.schema, members.name) ORDER BY members.schema, members.name)
             FILTER (WHERE members.oid <> members.root) AS text) AS parts,
           CASE WHEN NOT has_table_privilege(root.oid, 'SELECT') THEN 'this account may not read it'
                WHEN row_security_active(root.oid) THEN 'row security hides rows of it from this account'
                ELSE '' END AS unread
    FROM members JOIN members AS root ON root.oid = members.root AND root.root = root.oid
    JOIN pg_catalog.pg_class AS known ON known.oid = root.oid
    WHERE has_schema_privilege(known.relnamespace, 'USAGE')
    GROUP BY root.oid, root.schema, root.name
    ORDER BY root.schema NULLS FIRST, CAST(root.name AS text) COLLATE "C"
    """
)
_TRIGGERS = text(
    """
    SELECT lower(string_agg(made.prosrc || ' ' || encode(known.tgargs, 'escape'), ' '))
    FROM pg_catalog.pg_trigger AS known JOIN pg_catalog.pg_proc AS made ON made.oid = known.tgfoid
    WHERE known.tgrelid = to_regclass(CAST(:quoted AS text)) AND NOT known.tgisinternal AND known.tgenabled <> 'D'
      AND (known.tgtype & 16) <> 0
    """
)
_UNINDEXED = text(
    """
    SELECT CAST(CAST(fk.conrelid AS regclass) AS text) AS child,
           (SELECT string_agg(field.attname, ', ' ORDER BY at.place)
            FROM unnest(fk.conkey) WITH ORDINALITY AS at (number, place)
            JOIN pg_catalog.pg_attribute AS field ON field.attrelid = fk.conrelid AND field.attnum = at.number
           ) AS columns,
           pg_relation_size(fk.conrelid) / CAST(current_setting('block_size') AS bigint) AS pages
    FROM pg_catalog.pg_constraint AS fk
    WHERE fk.contype = 'f' AND fk.confrelid = to_regclass(CAST(:quoted AS text))
      AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_index AS made
        WHERE made.indrelid = fk.conrelid AND made.indisvalid AND made.indpred IS NULL
          AND made.indkey[0] = ANY (fk.conkey)
      )
    ORDER BY 3 DESC, 1, 2
    """
)
_SEED = 5
_STRING = r'"([^"\\]|\\.)*"'
_LIST = r'(["[{].*|(-?\d[\d.eE+-]*|true|false|null)\s*,.*)?'
_DOCUMENT = rf"^\s*(\{{\s*({_STRING}\s*:.*)?\}}|\[\s*{_LIST}\]|{_STRING})\s*$"
"""What looks like a document with texts; one that is none all the same ends the question."""


class PostgreSQLSurvey(Survey):
    """PostgreSQL: schemas, partitions, rights, statistics, arrays, documents of their own types."""

    def tables(self, connection: Connection) -> Iterator[Standing]:
        """Ask `pg_class`; statistics, else the size, tell about how many rows there are."""
        for schema, name, rows, parts, unread in connection.execute(_TABLES).all():
            partitions = tuple((of, part) for of, part in json.loads(parts or "[]"))
            yield Standing((schema, name), int(rows), partitions, unread)

    def sampled(self, connection: Connection, source: Table, rows: int | None, most: int) -> FromClause:
        """Take pages by TABLESAMPLE, always the same."""
        if rows is None or rows <= most:
            return source
        share = max(100 * most / rows, 0.0001)
        return source.tablesample(func.system(literal(share)), name="rekey_sample", seed=literal(_SEED))

    @contextmanager
    def limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Set the limit of a savepoint, so that what is too long ends alone."""
        with connection.begin_nested():
            connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
            yield
            connection.execute(text("SET LOCAL statement_timeout = DEFAULT"))

    def texts_of(self, type_: TypeEngine[object]) -> frozenset[str]:
        """Tell by the type, or by the one that a domain is of; a text may hold documents too."""
        while isinstance(type_, DOMAIN):
            type_ = type_.data_type
        if isinstance(type_, ARRAY):
            return frozenset(["array"]) if self.texts_of(type_.item_type) else frozenset()
        if isinstance(type_, JSON):
            return frozenset(["document"])
        kinds = ("text",) if isinstance(type_, Enum) else ("text", "document") if isinstance(type_, String) else ()
        return frozenset(kinds)

    def elements(self, source: FromClause, name: str) -> FromClause:
        """Read arrays by unnest()."""
        item = func.unnest(cast(source.c[name], ARRAY(Text))).table_valued("value", name="rekey_item").render_derived()
        return select(item.c.value.label("value")).select_from(source.join(item, true())).subquery("rekey_within")

    def documents(self, stored: FromClause) -> FromClause:
        """Read documents level by level."""
        is_one = stored.c.value.regexp_match(_DOCUMENT)
        document = case((is_one, cast(stored.c.value, JSONB)))
        whole = select(stored.c.number, literal("$", Text()).label("path"), document.label("value"))
        walk = whole.select_from(stored).where(is_one).cte(recursive=True)
        is_a = func.jsonb_typeof(walk.c.value)
        fields = func.jsonb_each(case((is_a == "object", walk.c.value), else_=cast(literal("{}"), JSONB)))
        entries = func.jsonb_array_elements(case((is_a == "array", walk.c.value), else_=cast(literal("[]"), JSONB)))
        field = fields.table_valued("key", "value", name="rekey_field")
        entry = entries.table_valued("value", name="rekey_entry")
        below = union_all(
            select((literal(".") + cast(field.c.key, Text)).label("step"), cast(field.c.value, JSONB).label("value")),
            select(literal("[*]").label("step"), cast(entry.c.value, JSONB).label("value")),
        ).lateral("rekey_below")
        walk = walk.union_all(
            select(walk.c.number, (walk.c.path + below.c.step).label("path"), below.c.value).select_from(
                walk.join(below, true())
            )
        )
        text_of = walk.c.value.op("#>>")(cast(literal("{}"), ARRAY(Text)))
        return (
            select(walk.c.number, walk.c.path, text_of.label("value"))
            .where(func.jsonb_typeof(walk.c.value) == "string")
            .subquery("rekey_within")
        )

    def written_by_trigger(self, connection: Connection, source: Table, columns: Sequence[str]) -> frozenset[str]:
        """Read the functions that triggers of UPDATE call."""
        said = connection.execute(_TRIGGERS, {"quoted": quoted(source.name, source.schema)}).scalar() or ""
        return frozenset(name for name in columns if name.lower() in said)

    def unindexed(self, connection: Connection, parent: Table) -> list[Unindexed]:
        """Ask which foreign keys have no index that begins with a column of theirs."""
        found = connection.execute(_UNINDEXED, {"quoted": quoted(parent.name, parent.schema)})
        return [Unindexed(child, columns, pages) for child, columns, pages in found]
