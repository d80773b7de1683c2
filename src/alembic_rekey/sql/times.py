"""Times as the databases keep them: read so that they sort in time, told from what is no time, and written.

A text without a zone is read as UTC. What is read: `2024-01-31`, `2024-01-31 10:00`, `2024-01-31T10:00:00.123456789`,
each with `Z`, `+02`, `+0200` or `+02:00` behind a time of day. An empty text says as little as NULL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, String, Text
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.spec.stamp import Epoch, Stamp

__all__ = ["Counted", "Day", "Moment", "Spelled", "Unread", "written_time"]


def _is_text(stamp: Stamp) -> bool:
    return isinstance(stamp.type, String)


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


class Day(_Stored):
    """The day of a stored time in UTC, as a text; NULL where it holds no time."""

    inherit_cache = False
    type = Text()


class Unread(_Stored):
    """Whether a stored value is neither NULL, nor empty, nor a time that `Moment` reads."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True


def written_time(
    moment: ColumnElement[Any], stamp: Stamp, before: ColumnElement[Any] | None = None
) -> ColumnElement[Any]:
    """Return `moment`, a run's own time, as the column `stamp` keeps times; `before` is what the row had there.

    A text gets the form of the text that it replaces.
    """
    if isinstance(stamp, Epoch):
        return Counted(moment, stamp)
    return Spelled(moment, stamp, before) if _is_text(stamp) else moment


class Counted(ColumnElement[Any]):
    """A run's time as an integer since 1970."""

    inherit_cache = False

    def __init__(self, moment: ColumnElement[Any], of: Epoch) -> None:
        self.moment = moment
        self.type = of.type
        self.per_second = of.per_second


class Spelled(ColumnElement[Any]):
    """A run's time as a text, in UTC: as precise as the one before it, with the same separator and kind of zone."""

    inherit_cache = False
    type = Text()

    def __init__(self, moment: ColumnElement[Any], of: Any, before: ColumnElement[Any] | None) -> None:
        self.moment = moment
        self.before = before
        self.of = of
