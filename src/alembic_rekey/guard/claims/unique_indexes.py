"""Unique indexes as the catalog has them: what must differ from row to row, as SQL over the columns of the table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, text

from alembic_rekey.sql.expressions import quoted

__all__ = ["UniqueIndex", "unique_indexes"]


@dataclass(frozen=True)
class UniqueIndex:
    """One unique index or constraint."""

    name: str
    expressions: tuple[str, ...]
    condition: str | None
    """Which rows it is about, as SQL."""
    plain: frozenset[str]
    """The columns that are compared as they are, letter by letter."""
    covered: frozenset[str] | None
    """The columns that it depends on; None where only its text tells."""
    nulls_differ: bool


_POSTGRESQL = text(
    """
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
           pg_get_expr(made.indpred, made.indrelid) AS condition, (
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
             ))
           ) AS covered,
           coalesce(to_jsonb(made) ->> 'indnullsnotdistinct', 'false') = 'false' AS nulls_differ
    FROM pg_catalog.pg_index AS made
    WHERE made.indrelid = to_regclass(CAST(:quoted AS text)) AND made.indisunique AND made.indisvalid
    ORDER BY 1
    """
)
_SQLITE = text(
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


def unique_indexes(connection: Connection, source: Table) -> Iterator[UniqueIndex]:
    """Yield the unique indexes and constraints of `source`, that of its key included."""
    if connection.dialect.name == "postgresql":
        asked = {"quoted": quoted(source.name, source.schema)}
        for name, expressions, condition, plain, covered, nulls_differ in connection.execute(_POSTGRESQL, asked):
            compared, needed = (frozenset(json.loads(names or "[]")) for names in (plain, covered))
            yield UniqueIndex(name, tuple(json.loads(expressions)), condition, compared, needed, nulls_differ)
        return
    for name, sql, partial, found in connection.execute(_SQLITE, {"name": source.name}):
        columns = json.loads(found)
        terms, condition = _terms(sql) if sql else ([], None)
        expressions = [
            f"{terms[place] if column is None else quoted(column)} COLLATE {quoted(collation)}"
            for place, (column, collation) in enumerate(columns)
        ]
        plain = frozenset(column for column, collation in columns if column is not None and collation == "BINARY")
        only_text = bool(partial) or any(column is None for column, _ in columns)
        covered = None if only_text else frozenset(column for column, _ in columns)
        yield UniqueIndex(name, tuple(expressions), condition, plain, covered, nulls_differ=True)


_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | --[^\n]* | /\*.*?\*/ | \w+ | .""", re.X | re.S
)
_ORDER = ("asc", "desc")


def _terms(sql: str) -> tuple[list[str], str | None]:
    """Return what `CREATE INDEX … ON table (…) WHERE …` says between its brackets, and behind them."""
    pieces = [" " if piece.startswith(("--", "/*")) else piece for piece in _TOKEN.findall(sql)]
    depth, terms, behind = 0, list[list[str]](), list[str]()
    for piece in pieces:
        depth += (piece == "(") - (piece == ")")
        if (depth == 1 and piece == "(" and not terms) or (terms and depth == 1 and piece == ","):
            terms.append([])
        elif depth > 0:
            terms[-1].append(piece)
        elif terms and not (piece == ")" and not behind):
            behind.append(piece)
    condition = "".join(behind).strip()
    return [_without_order(term) for term in terms], condition[len("WHERE") :].strip() or None


def _without_order(term: list[str]) -> str:
    words = "".join(term).strip()
    last = words.rsplit(None, 1)
    return last[0] if len(last) > 1 and last[1].lower() in _ORDER else words
