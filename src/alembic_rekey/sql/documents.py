"""Documents as relations: the registry and the answers, handed to a plan that may write nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text

__all__ = ["Item"]


class Item(ColumnElement[str]):
    """One text of a JSON list of texts, by its place."""

    inherit_cache = False
    type = Text()

    def __init__(self, listed: ColumnElement[Any], place: int) -> None:
        self.listed = listed
        self.place = place
