"""One entry of a report: by what its row is known, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from types import NoneType
from typing import Any

from sqlalchemy import Column

from alembic_rekey.spec import Identity, Part, Slots

__all__ = ["json_value", "json_values", "row_key", "row_name", "row_status", "row_value"]

_PLAIN = frozenset({str, int, bool, NoneType})
_NUMBERS = frozenset({float, int, bool, NoneType})


def row_key(part: Part, before: Mapping[str, Any]) -> Any:
    """Return the key of a row: its value, or the values of its columns as one text."""
    values = [before[str(known.name)] for known in part.keys]
    return values[0] if len(values) == 1 else ", ".join(map(str, values))


def row_name(identity: Identity, before: Mapping[str, Any]) -> Any:
    """Return what a row of the identity is called: its name, or its key where it has none."""
    return row_key(identity, before) if identity.name is None else before[str(identity.name.name)]


def row_value(slots: Slots, before: Mapping[str, Any]) -> Any:
    """Return what a row of a slot says; nothing where all of a slot say the same."""
    return _of(slots.value, before)


def row_status(slots: Slots, before: Mapping[str, Any]) -> Any:
    """Return the status of a row of a slot; nothing where all are active."""
    return _of(slots.status, before)


def _of(known: Column[Any] | None, before: Mapping[str, Any]) -> Any:
    return None if known is None else before[str(known.name)]


def json_value(value: Any) -> Any:
    """Return a value of the database as a report writes it."""
    if isinstance(value, float) and not isfinite(value):
        return {"$real": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    return value


def json_values(values: Sequence[Any]) -> Sequence[Any]:
    """Return values of one column as a report writes them: mostly as they are."""
    kinds = set(map(type, values))
    if kinds <= _PLAIN or (kinds <= _NUMBERS and all(map(isfinite, filter(None, values)))):
        return values
    return [json_value(value) for value in values]
