"""Times as the databases keep them: read so that they sort in time, told from what is no time, and written.

A text without a zone is read as UTC. What is read: `2024-01-31`, `2024-01-31 10:00`, `2024-01-31T10:00:00.123456789`,
each with `Z`, `+02`, `+0200` or `+02:00` behind a time of day. An empty text says as little as NULL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.spec.stamp import Epoch, Stamp

__all__ = ["Moment", "Unread", "may_be_unread", "written_time"]

_MICROSECOND = 1_000_000
_DAY = (
    "[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    "[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])|"
    "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
)
_CLOCK = "[ Tt]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
_USUAL_DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*"
_USUAL_CLOCK = "[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*"
_TIME = f"^(?!0000)({_DAY})({_CLOCK} *(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$"
"""What PostgreSQL can cast without an error, whatever its version: 14 cannot ask it."""


def _is_text(stamp: Stamp) -> bool:
    return isinstance(stamp.type, String)


def may_be_unread(stamp: Stamp, dialect: str) -> bool:
    """Tell whether a column of times may hold what is no time; a type of PostgreSQL keeps that out."""
    return dialect == "sqlite" or not (isinstance(stamp.type, Integer) or _is_native(stamp))


def _is_native(stamp: Stamp) -> bool:
    return not isinstance(stamp, Epoch) and not _is_text(stamp)


class _Stored(ColumnElement[Any]):
    """Something about a stored time: `of` is the column of times, `stored` where its value is read, if not there."""

    inherit_cache = False

    def __init__(self, of: Stamp, stored: ColumnElement[Any] | None = None) -> None:
        self.of = of
        own: ColumnElement[Any] = of.column if isinstance(of, Epoch) else of
        self.stored = own if stored is None else stored


class Moment(_Stored):
    """A stored time as a value that sorts in time; NULL where it holds no time.

    On SQLite a text becomes microseconds since 1970, on PostgreSQL a time of its own type.
    """

    inherit_cache = False
    type = BigInteger()


class Unread(_Stored):
    """Whether a stored value is neither NULL, nor empty, nor a time that `Moment` reads."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True


@compiles(Moment, "sqlite")
def _moment_sqlite(element: Moment, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    if isinstance(element.of, Epoch):
        is_number = f"typeof({stored}) IN ('integer', 'real') AND {stored} BETWEEN -9.2e18 AND 9.2e18"
        return f"CASE WHEN {is_number} THEN {stored} END"
    return _sqlite_microseconds(stored)


def _sqlite_zone(stored: str) -> str:
    return f"ltrim(substr({stored}, 17), ':.0123456789 ')"


def _sqlite_usual(stored: str) -> str:
    return (
        f"{stored} GLOB '{_USUAL_DAY}' AND substr({stored}, 11) GLOB '{_USUAL_CLOCK}' "
        f"AND substr({stored}, 9, 2) BETWEEN '01' AND '28' AND substr({stored}, 12, 2) < '24' "
        f"AND substr({stored}, 6, 2) BETWEEN '01' AND '12' AND typeof({stored}) = 'text' "
        f"AND ltrim(substr({stored}, 20), '.0123456789') IN ('', 'Z', '+00:00')"
    )


def _sqlite_microseconds(stored: str) -> str:
    # strftime() takes numbers and 'now' for times, 30 February for 1 March and 24:30 for the next day; it knows a zone
    # in one form, and rounds to milliseconds, so the fraction is read from the text.
    zone, day = _sqlite_zone(stored), f"substr({stored}, 1, 10)"
    length = f"CASE WHEN substr({stored}, 17, 1) = ':' THEN 8 ELSE 5 END"
    return (
        # What nearly every row holds, for a third of the time.
        f"CASE WHEN {_sqlite_usual(stored)} THEN "
        f"CAST(strftime('%s', substr({stored}, 1, 19)) AS INTEGER) * {_MICROSECOND} + "
        f"CASE WHEN substr({stored}, 20, 1) = '.' THEN "
        f"CAST(round(CAST('0' || substr({stored}, 20, 7) AS REAL) * {_MICROSECOND}) AS INTEGER) ELSE 0 END "
        f"WHEN typeof({stored}) = 'text' AND {stored} >= '0001' AND {stored} NOT GLOB '*[^ -~]*' "
        f"AND {stored} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' "
        f"AND (substr({stored}, 9, 2) < '29' OR date({day}, '+0 days') = {day}) "
        f"AND (length({stored}) = 10 OR substr({stored}, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]') "
        f"AND substr({stored}, 12, 2) < '24' AND (length({stored}) - length({zone}) IN (10, 16, 19) "
        "OR strftime('%s', '2000-01-01T' || "
        f"substr({stored}, 12, length({stored}) - 11 - length({zone}))) IS NOT NULL) "
        f"THEN CAST(strftime('%s', {day} || 'T' || substr({stored}, 12, {length}) || CASE "
        f"WHEN {zone} GLOB '[+-][0-9][0-9]' THEN {zone} || ':00' "
        f"WHEN {zone} GLOB '[+-][0-9][0-9][0-9][0-9]' THEN substr({zone}, 1, 3) || ':' || substr({zone}, 4) "
        f"ELSE {zone} END) AS INTEGER) * {_MICROSECOND} + CASE WHEN substr({stored}, 20, 1) = '.' "
        f"THEN CAST(round(CAST('0' || substr({stored}, 20, 7) AS REAL) * {_MICROSECOND}) AS INTEGER) ELSE 0 END END"
    )


@compiles(Moment, "postgresql")
def _moment_postgresql(element: Moment, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    if _is_native(element.of) or isinstance(element.of.type, Integer):
        return stored
    text = f"CAST({stored} AS TEXT)"
    if isinstance(element.of, Epoch):
        return f"CASE WHEN {text} NOT IN ('NaN', 'Infinity', '-Infinity') THEN {stored} END"
    # Digits beyond microseconds go, for PostgreSQL reads no text of any length.
    whole = f"regexp_replace({text}, '(?<=[.][0-9]{{6}})[0-9]+', '')"
    zone = f"CASE WHEN length({text}) = 10 THEN ' 00:00+00' WHEN {text} ~* ':.*[Z+-]' THEN '' ELSE '+00' END"
    return f"CASE WHEN {text} ~* '{_TIME}' THEN CAST({whole} || {zone} AS TIMESTAMP WITH TIME ZONE) END"


@compiles(Unread, "sqlite")
def _unread_sqlite(element: Unread, compiler: SQLCompiler, **kw: Any) -> str:
    stored, unread = compiler.process(element.stored, **kw), _unread(element, compiler, **kw)
    # Nearly every row is done with at once.
    return unread if isinstance(element.of, Epoch) else f"NOT ({_sqlite_usual(stored)}) AND {unread}"


@compiles(Unread, "postgresql")
def _unread(element: Unread, compiler: SQLCompiler, **kw: Any) -> str:
    stored, moment = compiler.process(element.stored, **kw), Moment(element.of, element.stored)
    blank = f"trim(CAST({stored} AS TEXT)) <> ''"
    return f"({stored} IS NOT NULL AND {blank} AND ({compiler.process(moment, **kw)}) IS NULL)"


def written_time(
    moment: ColumnElement[Any], stamp: Stamp, before: ColumnElement[Any] | None = None
) -> ColumnElement[Any]:
    """Return `moment`, a run's own time, as the column `stamp` keeps times; `before` is what the row had there.

    A text gets the form of the text that it replaces.
    """
    if isinstance(stamp, Epoch):
        return _Counted(moment, stamp)
    return _Spelled(moment, stamp, before) if _is_text(stamp) else moment


class _Counted(ColumnElement[Any]):
    """A run's time as an integer since 1970."""

    inherit_cache = False

    def __init__(self, moment: ColumnElement[Any], of: Epoch) -> None:
        self.moment = moment
        self.type = of.type
        self.per_second = of.per_second


@compiles(_Counted, "sqlite")
def _counted_sqlite(element: _Counted, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    seconds = f"CAST(strftime('%s', {moment}) AS INTEGER)"
    digits = len(str(element.per_second)) - 1
    if not digits:
        return seconds
    return f"({seconds} * {element.per_second} + CAST(substr({moment}, 21, {digits}) AS INTEGER))"


@compiles(_Counted, "postgresql")
def _counted_postgresql(element: _Counted, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    return f"CAST(floor(extract(epoch FROM {moment}) * {element.per_second}) AS BIGINT)"


class _Spelled(ColumnElement[Any]):
    """A run's time as a text, in UTC: as precise as the one before it, with the same separator and kind of zone."""

    inherit_cache = False
    type = Text()

    def __init__(self, moment: ColumnElement[Any], of: Any, before: ColumnElement[Any] | None) -> None:
        self.moment = moment
        self.before = before
        self.of = of


@compiles(_Spelled, "sqlite")
def _spelled_sqlite(element: _Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    if element.before is None:
        return moment
    before = compiler.process(element.before, **kw)
    zone = _sqlite_zone(before)
    length = f"length(rtrim(substr({before}, 1, length({before}) - length({zone}))))"
    return (
        f"CASE WHEN ({_sqlite_microseconds(before)}) IS NULL THEN {moment} ELSE "
        f"substr({moment}, 1, 10) || substr({before}, 11, 1) || substr({moment}, 12, max(0, {length} - 11)) || "
        f"substr({before}, 1 + {length}, length({before}) - {length} - length({zone})) || "
        f"CASE length({zone}) WHEN 3 THEN '+00' WHEN 5 THEN '+0000' WHEN 6 THEN '+00:00' ELSE {zone} END END"
    )


@compiles(_Spelled, "postgresql")
def _spelled_postgresql(element: _Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    whole = f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    room = element.of.type.length
    new = f"{whole} || '+00'" if room is None or room >= len("YYYY-MM-DD HH:MM:SS.ffffff+00") else f"left({whole}, 19)"
    if element.before is None:
        return new
    before = f"CAST({compiler.process(element.before, **kw)} AS TEXT)"
    # From the first letter behind the clock on: digits become 0 there, and any offset UTC's own.
    zone = f"regexp_replace({before}, '^.{{11}}[0-9:.]*', '')"
    return (
        f"CASE WHEN {before} ~* '{_TIME}' THEN "
        f"CASE WHEN length({before}) = 10 THEN left({whole}, 10) ELSE left({whole}, 10) || substr({before}, 11, 1) || "
        f"substr({whole}, 12, length({before}) - 11 - length({zone})) || "
        f"replace(regexp_replace({zone}, '[0-9]', '0', 'g'), '-', '+') END ELSE {new} END"
    )
