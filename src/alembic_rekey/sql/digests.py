"""The digest of rows by SQL: of a value, of a row, of all rows in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, column

__all__ = ["ListDigest", "RowDigest", "Told"]


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
