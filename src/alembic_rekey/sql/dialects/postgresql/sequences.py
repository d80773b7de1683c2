"""The numbers that PostgreSQL makes keys of: rows that came with keys of their own do not move them on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import OID, REGCLASS

from alembic_rekey.spec import Relation
from alembic_rekey.sql.expressions import quoted

__all__ = ["numbered_on"]

_FIELDS = ("seqstart", "seqincrement", "seqmax")
_SEQUENCES = table(
    "pg_sequence", column("seqrelid", OID), *(column(name, BigInteger) for name in _FIELDS), schema="pg_catalog"
).alias("rekey_sequence")


def numbered_on(key: Column[Any], creating: ColumnElement[bool]) -> Relation:
    """Return what sets the sequence of `key` to the highest key, where the next number would not be above that.

    Who may not do so finds out where a row is made: the number may be free after all.
    """
    own = _SEQUENCES.c
    place = literal(quoted(key.table.name, key.table.schema), Text())
    named = cast(func.pg_get_serial_sequence(place, literal(str(key.name), Text())), REGCLASS)
    highest = select(cast(func.max(key), BigInteger).label("key")).subquery("rekey_highest")
    last = case((_allowed("USAGE"), func.pg_sequence_last_value(own.seqrelid)))
    behind = highest.c.key >= func.coalesce(last + own.seqincrement, own.seqstart)
    return (
        select(func.setval(cast(own.seqrelid, REGCLASS), highest.c.key))
        .join_from(_SEQUENCES, highest, true())
        .where(own.seqrelid == named, own.seqincrement > 0, highest.c.key < own.seqmax)
        .where(behind, _allowed("UPDATE"), creating)
    )


def _allowed(right: str) -> ColumnElement[bool]:
    return func.has_sequence_privilege(_SEQUENCES.c.seqrelid, literal(right, Text()))
