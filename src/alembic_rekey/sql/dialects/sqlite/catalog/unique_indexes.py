"""Unique indexes as the catalog of SQLite has them: of what they compare it has only the text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import Connection, Table, text

from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.dialects.sqlite.catalog.pieces import divided, grouped, unquoted
from alembic_rekey.sql.expressions import quoted

__all__ = ["unique_indexes"]

_INDEXES = text(
    """
    SELECT made.name, known.sql, made.partial, (
             SELECT json_group_array(json_array(found.name, found.coll)) FROM (
               SELECT name, coll FROM pragma_index_xinfo(made.name) WHERE "key" = 1 ORDER BY seqno
             ) AS found
           ) AS columns
    FROM pragma_index_list(:name) AS made
    LEFT JOIN sqlite_master AS known ON known.type = 'index' AND known.name = made.name
    WHERE made."unique" = 1
    ORDER BY 1
    """
)


_ROWID = text(
    """
    SELECT name FROM pragma_table_xinfo(:name)
    WHERE pk = 1 AND upper(type) = 'INTEGER' AND (SELECT max(pk) FROM pragma_table_xinfo(:name)) = 1
      AND NOT EXISTS (SELECT 1 FROM pragma_index_list(:name) WHERE origin = 'pk')
    """
)
"""The key that is the number of the row: no index stands for it."""


_TABLE = text(
    """
    SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(:name)
      AND EXISTS (SELECT 1 FROM pragma_table_xinfo(:name) WHERE hidden IN (2, 3))
    """
)


def unique_indexes(connection: Connection, source: Table) -> Iterator[UniqueIndex]:
    """Yield the unique indexes and constraints of `source`, that of its key included."""
    for name in connection.execute(_ROWID, {"name": source.name}).scalars():
        key = frozenset([name])
        yield UniqueIndex("PRIMARY KEY", (quoted(name),), None, key, key, nulls_differ=True)
    generated = _generated(connection, source)
    for name, sql, partial, found in connection.execute(_INDEXES, {"name": source.name}):
        columns = json.loads(found)
        terms, condition = _terms(sql) if sql else ([], None)
        expressions = [
            f"{f'({terms[place]})' if column is None else quoted(column)} COLLATE {quoted(collation)}"
            for place, (column, collation) in enumerate(columns)
        ]
        plain = frozenset(column for column, collation in columns if column is not None and collation == "BINARY")
        only_text = bool(partial) or any(column is None for column, _ in columns)
        covered = None if only_text else frozenset(column for column, _ in columns)
        made = tuple(each for each in generated if covered is None or each[0] in covered)
        yield UniqueIndex(name, tuple(expressions), condition, plain, covered, nulls_differ=True, generated=made)


def _generated(connection: Connection, source: Table) -> list[tuple[str, str]]:
    """Return the columns that SQLite makes of others, and what it says how: `AS` and brackets."""
    sql = connection.execute(_TABLE, {"name": source.name}).scalar()
    columns = map(grouped, divided(sql)[0] if sql else ())
    return [
        (unquoted(pieces[0]), other)
        for pieces in columns
        for one, other in pairwise(pieces)
        if one.lower() == "as" and other.startswith("(")
    ]


_ORDER = ("asc", "desc")


def _terms(sql: str) -> tuple[list[str], str | None]:
    """Return what `CREATE INDEX … ON table (…) WHERE …` says between its brackets, and behind them."""
    terms, behind = divided(sql)
    condition = "".join(behind).strip()
    return [_without_order(term) for term in terms], condition[len("WHERE") :].strip() or None


def _without_order(term: list[str]) -> str:
    said = [piece for piece in term if piece.strip()]
    # A column may be named so.
    end = len(term) - term[::-1].index(said[-1]) - 1 if len(said) > 1 and said[-1].lower() in _ORDER else len(term)
    return "".join(term[:end]).strip()
