"""When two stored values, or two rows, are the same: NULL included, and in every type that a database has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.sql.expressions import Asserted
from alembic_rekey.sql.values import comparable

__all__ = ["AsText", "NotAmong", "Same", "SameRow", "SameSlot", "SoughtByNumber", "as_text"]


class Same(Asserted):
    """Both sides are equal, or both are NULL. SQLAlchemy's own construct leaves a constant unbound in a script."""

    inherit_cache = False

    def __init__(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.left = comparable(left)
        self.right = comparable(right)


class SameRow(Asserted):
    """All columns of `left` hold the very same as those of `right`, NULL included; each pair has one type.

    PostgreSQL compares what is stored, byte for byte, so a type needs no equality (json, xml, point). On SQLite the
    left column's collation decides; an expression of one level, since 1,000 levels are all that it takes.
    """

    inherit_cache = False

    def __init__(self, left: Sequence[ColumnElement[Any]], right: Sequence[ColumnElement[Any]]) -> None:
        self.left = left
        self.right = right


class SameSlot(Asserted):
    """Two stored values of one column are one slot: equal, or both NULL, as `PARTITION BY` takes them.

    In a form that a join can be made of: PostgreSQL finds no row by IS NOT DISTINCT FROM, SQLite does by IS.
    """

    inherit_cache = False

    def __init__(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.left = left
        self.right = right


class SoughtByNumber(Asserted):
    """What always holds where `kept` is the text of `number`: SQLite seeks by it, which has no index of texts.

    It makes one by itself of a column, and of no expression.
    """

    inherit_cache = False

    def __init__(self, number: ColumnElement[Any], kept: ColumnElement[Any]) -> None:
        self.number = number
        self.kept = kept


class NotAmong(Asserted):
    """Some keys are none of those of a relation: as `sought` on SQLite, as `joined` on PostgreSQL.

    SQLite makes an index of what IN asks, and of what EXISTS asks it reads all for each key. PostgreSQL makes a join of
    NOT EXISTS, of any size, and of what NOT IN asks it reads all for each key where that is too big for its memory.
    """

    inherit_cache = False

    def __init__(self, sought: ColumnElement[bool], joined: ColumnElement[bool]) -> None:
        self.sought = sought
        self.joined = joined


def as_text(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a stored text, of whatever type it is kept in (an enum, CHAR, a domain), as plain text on PostgreSQL."""
    return AsText(stored)


class AsText(ColumnElement[Any]):
    """A stored text as plain text."""

    inherit_cache = False
    type = Text()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
