"""What the catalog of SQLite says of columns and foreign keys: its pragmas, as tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Executable,
    Integer,
    Table,
    TableClause,
    Text,
    and_,
    cast,
    column,
    exists,
    false,
    func,
    intersect,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    true,
)

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.lines import as_number, place_in
from alembic_rekey.sql.references import Followed

__all__ = ["as_made", "columns", "foreign_keys", "leading_nowhere", "needed"]

_LAST: ColumnElement[int] = literal_column("9223372036854775807", Integer())
"""The highest number that a row can have."""
_FIELDS = ("table", "rowid", "parent", "fkid")
_KEYS = text(
    """
    SELECT NULL AS schema, child.name AS child, NULL AS parent_schema, :parent AS parent, fk.id AS number,
           (SELECT group_concat(key) FROM json_each(:children) WHERE lower(value) = lower(child.name)) AS belongs,
           fk."from" AS field, coalesce(fk."to", pk.name) AS target
    FROM sqlite_master AS child
    JOIN pragma_foreign_key_list(child.name) AS fk
    LEFT JOIN pragma_table_info(fk."table") AS pk ON fk."to" IS NULL AND pk.pk = fk.seq + 1
    WHERE child.type = 'table' AND lower(fk."table") = lower(:parent)
    ORDER BY child.name, fk.id, fk.seq
    """
)


def columns(asked: CTE) -> Relation:
    """Return the columns of the tables that are asked for."""
    # The journal of SQLite keeps affinities, not type names: types cannot be compared by name.
    found = func.pragma_table_xinfo(asked.c.table).table_valued("cid", "name", "hidden", name="rekey_info")
    return (
        select(
            asked.c.table,
            cast(found.c.name, Text).label("name"),
            place_in(asked, found.c.cid),
            *(literal("").label(name) for name in ("type", "plain", "kind")),
            *(as_number(found.c.hidden.in_((2, 3))).label(name) for name in ("generated", "always")),
        )
        .join_from(asked, found, true())
        .where(found.c.hidden != 1)
    )


def needed(source: Table, keys: Sequence[str]) -> Relation:
    """Return the columns that take no NULL or are `keys`, and which of them the database fills."""
    place = literal(source.name, Text())
    known = func.pragma_table_xinfo(place).table_valued("name", "notnull", "dflt_value", "pk", name="rekey_needed_info")
    index = func.pragma_index_list(place).table_valued("origin", name="rekey_key_index")
    # The one kind of key that SQLite makes itself is the number of the row, and needs no index.
    made = and_(known.c.pk == 1, ~exists(select(literal_column("1")).where(index.c.origin == "pk")))
    name = cast(known.c.name, Text)
    wanted = or_(known.c.notnull == 1, known.c.pk > 0, name.in_(keys))
    filled = or_(known.c.dflt_value.is_not(None), made)
    return select(name.label("name"), as_number(filled).label("filled")).where(wanted)


def foreign_keys(parent: Table, children: Sequence[Table]) -> Executable:
    """Return the question for the foreign keys that lead to `parent`."""
    return _KEYS.bindparams(parent=parent.name, children=json.dumps([str(child.name) for child in children]))


def leading_nowhere(tables: Sequence[Table], followed: Sequence[Followed]) -> Relation:
    """Return the rows that refer to nothing; a table without row numbers tells only how many they are.

    Not asked are the `followed` tables, as far as their foreign keys are those.
    """
    folded = [func.lower(literal(str(source.name))) for source in tables]
    known = table("sqlite_master", column("type"), column("name")).alias("rekey_known")
    key = func.pragma_foreign_key_list(known.c.name).table_valued("table", name="rekey_key")
    refers = exists(select(literal_column("1")).select_from(key).where(func.lower(key.c.table).in_(folded)))
    settled = (and_(_same(known.c.name, one.child), not_(_refers_otherwise(one, folded))) for one in followed)
    related = (
        select(known.c.name)
        .where(known.c.type == "table", or_(func.lower(known.c.name).in_(folded), refers), not_(or_(false(), *settled)))
        .cte("rekey_related")
    )
    found = func.pragma_foreign_key_check(related.c.name).table_valued(*_FIELDS, name="rekey_found")
    fields = [found.c[name] for name in _FIELDS]
    counted = select(*fields, func.count().label("rows")).select_from(related.join(found, true()))
    return counted.group_by(*fields)


def next_keys(key: Column[Any]) -> Relation:
    """Return the row number behind the highest, but where higher ones of old are remembered: then it may be another.

    Behind the last of all there is none: SQLite would take one at random, or say of the others that the disk is full.
    """
    known = table("sqlite_master", column("type"), column("name"), column("sql")).alias("rekey_known")
    remembers = func.instr(func.upper(known.c.sql), "AUTOINCREMENT") > 0
    mine = exists(select(literal(1)).select_from(known).where(_same(known.c.name, key.table.name), remembers))
    highest = select(func.coalesce(func.max(key), 0).label("key")).subquery("rekey_highest")
    left = _LAST - func.max(highest.c.key, 0)
    return select((highest.c.key + 1).label("first"), literal(1).label("step"), left.label("left")).where(
        or_(not_(mine), left == 0)
    )


def _refers_otherwise(one: Followed, folded: Sequence[ColumnElement[str]]) -> ColumnElement[bool]:
    """Tell whether a foreign key is none of the declared ones, and a run changes a side of it."""
    key = func.pragma_foreign_key_list(literal(one.child, Text())).table_valued(
        "table", "from", "to", name="rekey_other"
    )
    declared = [
        and_(
            _same(key.c["from"], owner),
            _same(key.c.table, parent),
            _same(func.coalesce(key.c.to, literal("", Text())), referred),
        )
        for owner, parent, referred in one.owners
    ]
    stays = and_(func.lower(key.c.table).not_in(folded), *(not_(_same(key.c["from"], name)) for name in one.written))
    return exists(select(literal_column("1")).select_from(key).where(not_(or_(*declared, stays))))


def _same(name: ColumnElement[str], other: str) -> ColumnElement[bool]:
    return func.lower(name) == func.lower(literal(other, Text()))


def as_made(keys: Sequence[Column[Any]], made: TableClause) -> Relation:
    """Return the keys of the rows that are as they were made, whatever columns they have."""
    # The made rows first: the first table's collation decides, and theirs tells every letter apart.
    rows: list[Relation] = [select(literal_column("*")).select_from(source) for source in (made, keys[0].table)]
    both = intersect(*rows).subquery("rekey_as_made")
    return select(*(column(str(key.name)) for key in keys)).select_from(both)
