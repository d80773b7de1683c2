"""Whether the database has a foreign key between two columns, asked where a statement runs: online and in a script."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement

__all__ = ["Refers"]


class Refers(ColumnElement[bool]):
    """There is a foreign key of the column `child` alone that leads to the column `parent`."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True

    def __init__(self, child: Column[Any], parent: Column[Any]) -> None:
        self.child = child
        self.parent = parent
