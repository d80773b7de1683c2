"""Single values: names and their keys, times, the order of keys, what a row takes from others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from reading.declaration import Absorb, Row, Time

__all__ = ["OLDEST", "absorbed", "instant", "is_blank", "key", "moment"]

OLDEST = -(10**30)
TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|([+-])(\d\d):(\d\d))?", re.ASCII
)
PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}
"""Microseconds of each unit."""


def key(name: str) -> str:
    """The form in which names match where they are folded."""
    return name.strip().lower()


def is_blank(value: object) -> bool:
    """Whether a value matches nothing."""
    return value is None or (isinstance(value, str) and value.strip() == "")


def instant(stored: object, unit: str | None = None) -> int:
    """Microseconds since the epoch of a stored time; NULL and an empty text are the oldest."""
    if stored is None or (isinstance(stored, str) and stored.strip(" ") == ""):
        return OLDEST
    if unit is not None:
        return int(stored) * PER_UNIT[unit]  # type: ignore[call-overload]  # a column of numbers holds numbers
    time = _read(stored) if isinstance(stored, str) else stored
    if not isinstance(time, datetime):
        raise ValueError(f"no time: {stored!r}")
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment(row: Row, time: Time | None) -> int:
    """When a row was written last, as far as that decides anything."""
    return 0 if time is None else instant(row[time.column], time.unit)


def absorbed(how: Absorb, values: Iterable[Any]) -> Any:
    """What a row holds that takes from others: its own value first, then theirs, first to last."""
    held = [value for value in values if value is not None]
    if not held:
        return None
    return {Absorb.COALESCE: lambda found: found[0], Absorb.SUM: sum, Absorb.MIN: min, Absorb.MAX: max}[how](held)


def _read(text: str) -> datetime | None:
    found = TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    *whole, fraction, zone, sign, hours, minutes = found.groups()
    offset = timedelta(0)
    if zone not in (None, "Z"):
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    year, month, day, hour, minute, second = map(int, whole)
    return datetime(year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")), timezone(offset))
