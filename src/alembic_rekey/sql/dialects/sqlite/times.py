"""Times on SQLite: texts, whose microseconds since 1970 sort, and integers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.spec.stamp import Epoch
from alembic_rekey.sql.dialects.alike import unread
from alembic_rekey.sql.times import Counted, Day, Moment, Spelled, Unread

_MICROSECOND = 1_000_000
_USUAL_DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*"
_USUAL_CLOCK = "[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*"


@compiles(Moment, "sqlite")
def _moment(element: Moment | Day, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    if isinstance(element.of, Epoch):
        is_number = f"typeof({stored}) IN ('integer', 'real') AND {stored} BETWEEN -9.2e18 AND 9.2e18"
        return f"CASE WHEN {is_number} THEN {stored} END"
    return _microseconds(stored)


@compiles(Day, "sqlite")
def _day(element: Day, compiler: SQLCompiler, **kw: Any) -> str:
    per_second = element.of.per_second if isinstance(element.of, Epoch) else _MICROSECOND
    return f"date(({_moment(element, compiler, **kw)}) / {per_second}, 'unixepoch')"


def _zone(stored: str) -> str:
    return f"ltrim(substr({stored}, 17), ':.0123456789 ')"


def _plain(stored: str) -> str:
    """Return the condition that `stored` is what CURRENT_TIMESTAMP writes: it reads back as it stands."""
    # Through the number of its day: 30 February and 24:30 alone may read back as they stand too.
    return f"datetime(julianday({stored})) IS {stored} AND {stored} > '0001'"


def _usual(stored: str) -> str:
    return (
        f"{stored} GLOB '{_USUAL_DAY}' AND substr({stored}, 11) GLOB '{_USUAL_CLOCK}' "
        f"AND substr({stored}, 9, 2) BETWEEN '01' AND '28' AND substr({stored}, 12, 2) < '24' "
        f"AND substr({stored}, 6, 2) BETWEEN '01' AND '12' AND typeof({stored}) = 'text' "
        f"AND ltrim(substr({stored}, 20), '.0123456789') IN ('', 'Z', '+00:00')"
    )


def _microseconds(stored: str) -> str:
    # strftime() takes numbers and 'now' for times, 30 February for 1 March and 24:30 for the next day; it knows a zone
    # in one form, and rounds to milliseconds, so the fraction is read from the text.
    zone, day = _zone(stored), f"substr({stored}, 1, 10)"
    length = f"CASE WHEN substr({stored}, 17, 1) = ':' THEN 8 ELSE 5 END"
    return (
        # What nearly every row holds, for a tenth and for a third of the time; strftime() alone takes half of that.
        f"CASE WHEN {_plain(stored)} "
        f"THEN CAST(round((julianday({stored}) - 2440587.5) * 86400) AS INTEGER) * {_MICROSECOND} "
        f"WHEN {_usual(stored)} THEN "
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


@compiles(Unread, "sqlite")
def _unread(element: Unread, compiler: SQLCompiler, **kw: Any) -> str:
    if isinstance(element.of, Epoch):
        return unread(element, compiler, **kw)
    # Nearly every row is done with at once.
    stored = compiler.process(element.stored, **kw)
    return f"NOT ({_plain(stored)}) AND NOT ({_usual(stored)}) AND {unread(element, compiler, **kw)}"


@compiles(Counted, "sqlite")
def _counted(element: Counted, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    seconds = f"CAST(strftime('%s', {moment}) AS INTEGER)"
    digits = len(str(element.per_second)) - 1
    if not digits:
        return seconds
    return f"({seconds} * {element.per_second} + CAST(substr({moment}, 21, {digits}) AS INTEGER))"


@compiles(Spelled, "sqlite")
def _spelled(element: Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    if element.before is None:
        return moment
    before = compiler.process(element.before, **kw)
    zone = _zone(before)
    length = f"length(rtrim(substr({before}, 1, length({before}) - length({zone}))))"
    return (
        f"CASE WHEN ({_microseconds(before)}) IS NULL THEN {moment} ELSE "
        f"substr({moment}, 1, 10) || substr({before}, 11, 1) || substr({moment}, 12, max(0, {length} - 11)) || "
        f"substr({before}, 1 + {length}, length({before}) - {length} - length({zone})) || "
        f"CASE length({zone}) WHEN 3 THEN '+00' WHEN 5 THEN '+0000' WHEN 6 THEN '+00:00' ELSE {zone} END END"
    )
