"""What SQLite asks of a row: CHECK constraints, which only the text of the table tells, of values as columns keep them.

A column converts what it is given as its type says (its affinity), and compares with that in mind. A cast does both,
but changes what would be kept as it is: of such a value nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    Numeric,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    text,
    true,
)
from sqlalchemy.types import TypeEngine

from alembic_rekey.sql.dialects.constraints import Condition, Conditions, Kept
from alembic_rekey.sql.dialects.sqlite.catalog.pieces import divided, grouped, unquoted, words
from alembic_rekey.sql.expressions import quoted

__all__ = ["as_kept", "conditions"]

_TABLES = text(
    """
    SELECT asked.key AS place, known.sql, (
             SELECT json_group_array(json_array(name, type, hidden, "notnull")) FROM pragma_table_xinfo(known.name)
           ) AS columns
    FROM json_each(:tables) AS asked
    JOIN sqlite_master AS known
      ON known.type = 'table' AND lower(known.name) = lower(asked.value)
    """
)
_TYPES: Mapping[str, TypeEngine[Any]] = {"TEXT": Text(), "REAL": Float(), "NUMERIC": Numeric()}
_ROW_NUMBER = {"rowid", "_rowid_", "oid"}
_AFFINITIES = (
    ("NUMERIC", ("INT",)),
    ("TEXT", ("CHAR", "CLOB", "TEXT")),
    ("", ("BLOB",)),
    ("REAL", ("REAL", "FLOA", "DOUB")),
)


def conditions(connection: Connection, sources: Sequence[Table]) -> list[Conditions]:
    """Return the CHECK constraints of each of `sources`, and how its columns keep values."""
    asked = {"tables": json.dumps([str(source.name) for source in sources])}
    found = {place: told for place, *told in connection.execute(_TABLES, asked)}
    return [
        _conditions(source, *found[place]) if place in found else Conditions() for place, source in enumerate(sources)
    ]


def _conditions(source: Table, sql: str, told: str) -> Conditions:
    # A column has one name for us, which the database may spell in other letters.
    declared = {known.name.lower(): str(known.name) for known in source.columns}
    columns = [(declared.get(each.lower(), each), *more) for each, *more in json.loads(told)]
    known = {each.lower(): each for each, *_ in columns}
    generated = {each for each, _, hidden, _ in columns if hidden}
    terms, behind = divided(sql)
    is_strict = "strict" in (piece.lower() for piece in behind)
    collated, asked = dict[str, str](), list[Condition]()
    for pieces in map(grouped, terms):
        for place, (one, other) in enumerate(pairwise(pieces)):
            if one.lower() == "collate":
                collated[unquoted(pieces[0]).lower()] = quoted(unquoted(other))
            elif one.lower() == "check":
                said = other[1:-1].strip()
                read = words(said)
                covered = frozenset(known[word] for word in read & known.keys())
                is_named = place > 1 and pieces[place - 2].lower() == "constraint"
                if covered.isdisjoint(generated) and not (_ROW_NUMBER & read) - known.keys():
                    asked.append(Condition(unquoted(pieces[place - 1]) if is_named else said, said, covered))
    kept = {
        each: Kept("" if is_strict and type_ == "ANY" else _affinity(type_), collation=collated.get(each.lower(), ""))
        for each, type_, *_ in columns
    }
    required = tuple(each for each, *_, takes_none in columns if takes_none and each not in generated)
    return Conditions(tuple(asked), kept, required)


def _affinity(type_: str) -> str:
    said = type_.upper()
    return next((name for name, signs in _AFFINITIES if any(sign in said for sign in signs)), "NUMERIC" if said else "")


def as_kept(value: ColumnElement[Any], kept: Kept) -> tuple[ColumnElement[Any], ColumnElement[bool]]:
    """Return `value` as a column with that affinity keeps it, and whether it does."""
    kind = func.typeof(value)
    number = cast(value, Numeric())
    surely = {
        "TEXT": kind != "blob",
        "": kind.in_(("text", "blob", "null")),
        "REAL": kind.in_(("integer", "real", "null")),
        "NUMERIC": or_(
            kind.in_(("integer", "null")),
            # 5.0 is kept as 5.
            and_(kind == "real", cast(value, Integer) != value),
            and_(kind == "text", cast(number, Text) == value),
        ),
    }
    made = cast(value, _TYPES[kept.type]) if kept.type else case((true(), value))
    return made.op("COLLATE")(literal_column(kept.collation)) if kept.collation else made, surely[kept.type]
