"""The numbers that PostgreSQL makes keys of: rows that came with keys of their own do not move them on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Numeric,
    SmallInteger,
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

_NUMBERS = ("seqstart", "seqincrement", "seqmax", "seqmin")
_SEQUENCES = table(
    "pg_sequence",
    column("seqrelid", OID),
    column("seqcycle", Boolean),
    *(column(name, BigInteger) for name in _NUMBERS),
    schema="pg_catalog",
).alias("rekey_sequence")
_FIELDS_OF = table(
    "pg_attribute",
    column("attrelid", OID),
    column("attname", Text),
    column("attlen", SmallInteger),
    schema="pg_catalog",
).alias("rekey_key_field")


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
    """Return the number that the sequence of `key` gives next, once `numbered_on` has set it, its step, and how many.

    The column may have room for less than the sequence.
    """
    own, (highest, behind) = _SEQUENCES.c, _behind(key)
    before = case((behind, highest.c.key), else_=_last())
    most = case((_FIELDS_OF.c.attlen == 2, 2**15 - 1), (_FIELDS_OF.c.attlen == 4, 2**31 - 1), else_=own.seqmax)
    last = case((own.seqincrement > 0, func.least(most, own.seqmax)), else_=own.seqmin)
    # As numbers of any size: between the ends of 64 bits there is room for more than 64.
    so_far = func.coalesce(cast(before, Numeric), cast(own.seqstart, Numeric) - own.seqincrement)
    left = case((own.seqcycle, own.seqmax), else_=func.floor((last - so_far) / own.seqincrement))
    following = func.coalesce(before + own.seqincrement, own.seqstart)
    mine = and_(_FIELDS_OF.c.attrelid == func.to_regclass(_place(key)), _FIELDS_OF.c.attname == str(key.name))
    return (
        select(
            case((left > 0, following)).label("first"),
            own.seqincrement.label("step"),
            left.label("left"),
        )
        .join_from(_SEQUENCES, highest, true())
        .join(_FIELDS_OF, mine)
        .where(_is_of(key), _allowed("USAGE"))
    )


def _is_of(key: Column[Any]) -> ColumnElement[bool]:
    named = cast(func.pg_get_serial_sequence(_place(key), literal(str(key.name), Text())), REGCLASS)
    return _SEQUENCES.c.seqrelid == named


def _place(key: Column[Any]) -> ColumnElement[str]:
    return literal(quoted(key.table.name, key.table.schema), Text())


def _behind(key: Column[Any]) -> tuple[FromClause, ColumnElement[bool]]:
    """Return the highest `key`, and whether the sequence is behind that and may be set."""
    own = _SEQUENCES.c
    highest = select(cast(func.max(key), BigInteger).label("key")).subquery("rekey_highest")
    return highest, and_(
        own.seqincrement > 0,
        highest.c.key < own.seqmax,
        # No sum, which the last number of all would be too large for.
        case((_last().is_(None), highest.c.key >= own.seqstart), else_=highest.c.key - own.seqincrement >= _last()),
        _allowed("UPDATE"),
    )


def _last() -> ColumnElement[int]:
    return case((_allowed("USAGE"), func.pg_sequence_last_value(_SEQUENCES.c.seqrelid)))


def _allowed(right: str) -> ColumnElement[bool]:
    return func.has_sequence_privilege(_SEQUENCES.c.seqrelid, literal(right, Text()))
