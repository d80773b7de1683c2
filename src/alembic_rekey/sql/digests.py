"""The digest of rows by SQL: of a value, of a row, of all rows in their order."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, column

__all__ = ["ListDigest", "RowDigest", "Told", "told"]


class Told(ColumnElement[str]):
    """One stored value as a short text: what kind it is, and its number, its bytes or the digest of its text."""

    inherit_cache = False
    type = Text()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


class RowDigest(ColumnElement[str]):
    """The digest of a row's action and values."""

    inherit_cache = False
    type = Text()

    def __init__(self, values: Sequence[ColumnElement[Any]]) -> None:
        self.told = [column("rekey_action", Text()), *map(Told, values)]


class ListDigest(ColumnElement[str]):
    """The digest of the digests of rows, in the order of `place`."""

    inherit_cache = False
    type = Text()

    def __init__(self, digest: ColumnElement[str], place: ColumnElement[int]) -> None:
        self.digest = digest
        self.place = place


def told(value: Any, digest: Callable[[bytes], Any]) -> str:
    """Return one value of a report as `Told` has it. Numbers and truth are no texts there; see each database."""
    if value is None:
        return "n"
    if isinstance(value, dict) and "$bytes" in value:
        return f"b{value['$bytes']}"
    if isinstance(value, dict):
        value = float(value["$real"])
    if isinstance(value, float):
        return f"r{struct.pack('>d', value).hex()}"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"t{digest(str(value).encode('utf-8', 'surrogateescape')).hexdigest()}"
