"""Times on PostgreSQL: of its own types, texts that are cast to one, and numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.spec.stamp import Epoch, Stamp
from alembic_rekey.sql.dialects.alike import unread
from alembic_rekey.sql.times import Counted, Day, Moment, Spelled, Unread

__all__ = ["may_be_unread"]

compiles(Unread, "postgresql")(unread)


_DAY = (
    "[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    "[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])|"
    "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
)
_CLOCK = "[ Tt]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
_TIME = f"^(?!0000)({_DAY})({_CLOCK} *(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$"
"""What PostgreSQL can cast without an error, whatever its version: 14 cannot ask it."""
_FORMS = (len("YYYY-MM-DD HH:MM:SS"), len("YYYY-MM-DD HH:MM"), len("YYYY-MM-DD"))


def _is_native(stamp: Stamp) -> bool:
    return not isinstance(stamp, Epoch) and not isinstance(stamp.type, String)


@compiles(Moment, "postgresql")
def _moment(element: Moment | Day, compiler: SQLCompiler, **kw: Any) -> str:
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


@compiles(Day, "postgresql")
def _day(element: Day, compiler: SQLCompiler, **kw: Any) -> str:
    moment = _moment(element, compiler, **kw)
    if isinstance(element.of, Epoch):
        moment = f"to_timestamp(({moment}) / {element.of.per_second})"
    elif _is_native(element.of) and not getattr(element.of.type, "timezone", False):
        return f"to_char({moment}, 'YYYY-MM-DD')"
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(Counted, "postgresql")
def _counted(element: Counted, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    return f"CAST(floor(extract(epoch FROM {moment}) * {element.per_second}) AS BIGINT)"


@compiles(Spelled, "postgresql")
def _spelled(element: Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.moment, **kw)
    whole = f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    room = element.of.type.length
    new = f"{whole} || '+00'"
    if room is not None and room < len("YYYY-MM-DD HH:MM:SS.ffffff+00"):
        new = f"left({whole}, {next((form for form in _FORMS if form <= room), min(_FORMS))})"
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


def may_be_unread(stamp: Stamp) -> bool:
    """Tell whether a column of times may hold what is no time; a type of its own keeps that out."""
    return not (isinstance(stamp.type, Integer) or _is_native(stamp))
