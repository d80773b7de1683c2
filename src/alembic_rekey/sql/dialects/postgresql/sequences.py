"""The numbers that PostgreSQL makes keys of: rows that came with keys of their own do not move them on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Text,
    and_,
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

__all__ = ["next_keys", "numbered_on"]

_FIELDS = ("seqstart", "seqincrement", "seqmax")
_SEQUENCES = table(
    "pg_sequence", column("seqrelid", OID), *(column(name, BigInteger) for name in _FIELDS), schema="pg_catalog"
).alias("rekey_sequence")


def numbered_on(key: Column[Any], creating: ColumnElement[bool]) -> Relation:
    """Return what sets the sequence of `key` to the highest key, where the next number would not be above that.

    Who may not do so finds out where a row is made: the number may be free after all.
    """
    highest, behind = _behind(key)
    return (
        select(func.setval(cast(_SEQUENCES.c.seqrelid, REGCLASS), highest.c.key))
        .join_from(_SEQUENCES, highest, true())
        .where(_is_of(key), behind, creating)
    )


def next_keys(key: Column[Any]) -> Relation:
    """Return the number that the sequence of `key` gives next, once `numbered_on` has set it, and its step."""
    own, (highest, behind) = _SEQUENCES.c, _behind(key)
    following = func.coalesce(_last() + own.seqincrement, own.seqstart)
    return (
        select(
            case((behind, highest.c.key + own.seqincrement), else_=following).label("first"),
            own.seqincrement.label("step"),
        )
        .join_from(_SEQUENCES, highest, true())
        .where(_is_of(key), _allowed("USAGE"))
    )


def _is_of(key: Column[Any]) -> ColumnElement[bool]:
    place = literal(quoted(key.table.name, key.table.schema), Text())
    named = cast(func.pg_get_serial_sequence(place, literal(str(key.name), Text())), REGCLASS)
    return _SEQUENCES.c.seqrelid == named


def _behind(key: Column[Any]) -> tuple[FromClause, ColumnElement[bool]]:
    """Return the highest `key`, and whether the sequence is behind that and may be set."""
    own = _SEQUENCES.c
    highest = select(cast(func.max(key), BigInteger).label("key")).subquery("rekey_highest")
    return highest, and_(
        own.seqincrement > 0,
        highest.c.key < own.seqmax,
        highest.c.key >= func.coalesce(_last() + own.seqincrement, own.seqstart),
        _allowed("UPDATE"),
    )


def _last() -> ColumnElement[int]:
    return case((_allowed("USAGE"), func.pg_sequence_last_value(_SEQUENCES.c.seqrelid)))


def _allowed(right: str) -> ColumnElement[bool]:
    return func.has_sequence_privilege(_SEQUENCES.c.seqrelid, literal(right, Text()))
